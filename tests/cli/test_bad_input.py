"""What the command line says to input that it cannot use: one sentence that names the fault, exit code 1 or 2, no traceback."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from loanstream.cli import main
from loanstream.cli.main import app


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the caller's, and lines wide enough not to be broken."""
    for name in [name for name in os.environ if name.startswith("LOANSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(main.console, "_width", 250)
    monkeypatch.setattr(main.errors, "_width", 250)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


def call(*arguments: str, given: str | None = None) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(app, list(arguments), input=given)


def refused(result: Result, *said: str) -> None:
    """The command ended with 1 and said all this on standard error, and nothing was a bug."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert [text for text in said if text not in result.stderr] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--until", "tomorrow"], "--until tomorrow: a date like 2027-01-05"),
        (["--until", "+12"], "--until +12: a date like"),
        (["--until", "2027-13-01"], "--until 2027-13-01: a date like"),
        (["--until", "2020-01-01"], "--until 2020-01-01: a day from 2026-01-05"),
        (["--loans", "0"], "--loans 0: the data has 1 to 1000 applications"),
        (["--loans", "1001"], "--loans 1001: the data has 1 to 1000 applications"),
        (["--seed", "-1"], "--seed -1: a whole number from 0"),
    ],
)
def test_the_demo_names_the_option_it_cannot_use(arguments: list[str], said: str, folder: Path) -> None:
    refused(call("demo", *arguments, "--data", str(folder)), said)
    assert not folder.exists(), "nothing was started"


def test_an_option_that_is_no_number_is_a_usage_error(folder: Path) -> None:
    result = call("demo", "--loans", "many", "--data", str(folder))
    assert result.exit_code == 2
    assert "--loans" in result.stderr
    assert "integer" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "lending"],
        ["rebuild", "lending"],
        ["audit", "verify", "--service", "lending"],
        ["deadletters", "list", "--service", "lending"],
        ["events", "tail", "--service", "lending"],
        ["deadletters", "replay", "lending", "some-error"],
    ],
)
def test_an_unknown_service_is_named_with_those_there_are(arguments: list[str], folder: Path) -> None:
    result = call(*arguments, "--data", str(folder))
    assert result.exit_code == 2
    assert "no service 'lending'; there are origination, servicing" in result.stderr
    assert not folder.exists(), "nothing was opened"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LOANSTREAM_PORT", "eighty", "LOANSTREAM_PORT: 'eighty' is not usable"),
        ("LOANSTREAM_PARTITIONS", "0", "a whole number from 1 to 512"),
        ("LOANSTREAM_HOST", "0.0.0.0", "LOANSTREAM_HOST=0.0.0.0 would listen beyond this machine"),
        ("LOANSTREAM_ZONE", "Mars", "LOANSTREAM_ZONE: 'Mars' is not usable"),
        ("LOANSTREAM_BUSINESS_DAY", "sometimes", "one of manual, clock"),
        ("LOANSTREAM_AUTH", "oidc", "LOANSTREAM_OIDC_ISSUER is empty"),
        ("LOANSTREAM_DATABASE_URL_FILE", "/no/such/file", "LOANSTREAM_DATABASE_URL_FILE=/no/such/file: cannot be read"),
    ],
)
@pytest.mark.parametrize("command", ["up", "doctor"])
def test_a_setting_that_cannot_be_used_is_named(
    command: str, variable: str, value: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    refused(call(command, "--data", str(folder)), said)


def test_a_secret_setting_is_not_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANSTREAM_DATABASE_URL", "mysql://root:hunter2@nowhere/x")
    result = call("topics", "apply", "--data", str(folder))
    assert result.exit_code == 1
    assert "hunter2" not in result.output + result.stderr


def test_without_arguments_the_commands_are_listed() -> None:
    shown = call().output
    for command in ("up", "demo", "rebuild", "doctor", "audit", "events", "loan", "deadletters", "simulate-system"):
        assert command in shown
