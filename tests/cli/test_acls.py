"""``loanstream topics acls``: rights for the installation at hand, without making one."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from loanstream.cli.main import app

ROOT = Path(__file__).parents[2]


def printed(data: Path, *options: str) -> str:
    """What the command prints for a data folder."""
    result = CliRunner().invoke(app, ["topics", "acls", "--data", str(data), *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def read_by(rights: dict[str, list[dict[str, Any]]], principal: str) -> set[str]:
    """Names that the principal may read."""
    return {right["name"] for right in rights[principal] if "Read" in right["operations"]}


def test_an_installation_without_subscribers_has_the_rights_that_are_committed(tmp_path: Path) -> None:
    data = tmp_path / "none"
    assert printed(data, "--json") == (ROOT / "deploy/kafka/access.json").read_text(encoding="utf-8")
    assert not data.exists()


def test_what_a_webhook_subscriber_wants_notify_may_read(tmp_path: Path) -> None:
    (tmp_path / "ledger.secret").write_text("a secret that is long enough\n")
    subscriber = {"name": "ledger", "url": "https://ledger.example", "secret_file": "ledger.secret"}
    (tmp_path / "webhooks.json").write_text(json.dumps([{**subscriber, "types": ["loanstream.funding.*"]}]))
    rights = json.loads(printed(tmp_path, "--json"))
    assert "loanstream.funding.events.v1" in read_by(rights, "notify")


def test_users_can_have_a_prefix_and_everything_else_stays(tmp_path: Path) -> None:
    plain, prefixed = printed(tmp_path), printed(tmp_path, "--principal-prefix", "new-")
    assert plain.startswith("#!/bin/sh\n")
    assert prefixed == plain.replace("User:", "User:new-")


def test_a_subscribers_file_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "webhooks.json").write_text('[{"name": "Ledger"}]')
    result = CliRunner().invoke(app, ["topics", "acls", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert result.output.startswith(f"✗ {tmp_path / 'webhooks.json'}: ")
