"""The resources for Strimzi grant what the committed rights say, to the same users."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from loanstream.cli.main import app

COMMITTED = Path(__file__).parents[2] / "deploy/kafka/access.json"


def users(*options: str) -> dict[str, dict[str, Any]]:
    """The resources that the command prints, by name."""
    result = CliRunner().invoke(app, ["topics", "acls", "--strimzi", "events", *options])
    assert result.exit_code == 0, result.output
    return {user["metadata"]["name"]: user for user in json.loads(result.stdout)["items"]}


def granted(user: dict[str, Any]) -> set[tuple[str, ...]]:
    """(kind, pattern, name, operation) of a resource, in the words of the committed rights."""
    assert user["spec"]["authorization"]["type"] == "simple"
    kinds, patterns = {"transactionalId": "transactional-id"}, {"prefix": "prefixed"}
    return {
        (
            kinds.get(resource["type"], resource["type"]),
            patterns.get(resource.get("patternType", "literal"), "literal"),
            resource.get("name", "kafka-cluster"),
            operation,
        )
        for rule in user["spec"]["authorization"]["acls"]
        for resource in [rule["resource"]]
        for operation in rule["operations"]
    }


def test_every_user_gets_the_rights_that_are_committed_and_no_others(tmp_path: Path) -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    made = users("--data", str(tmp_path / "none"))
    assert {name: granted(user) for name, user in made.items()} == {
        name: {
            (right["kind"], right["pattern"], right["name"], operation)
            for right in rights
            for operation in right["operations"]
        }
        for name, rights in committed.items()
    }


def test_users_belong_to_the_cluster_and_sign_in_by_password(tmp_path: Path) -> None:
    for name, user in users("--data", str(tmp_path / "none"), "--principal-prefix", "loanstream-").items():
        assert name.startswith("loanstream-")
        assert (user["apiVersion"], user["kind"]) == ("kafka.strimzi.io/v1", "KafkaUser")
        assert user["metadata"]["labels"] == {"strimzi.io/cluster": "events"}
        assert user["spec"]["authentication"] == {"type": "scram-sha-512"}


def test_rights_are_printed_in_one_form_only(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["topics", "acls", "--strimzi", "events", "--json", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "either" in result.output
