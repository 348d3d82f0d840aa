"""What the command line says to input that it cannot use: one sentence that names the fault, exit code 1 or 2, no traceback."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from loanstream.cli import main
from loanstream.cli.installation import told_once
from loanstream.cli.main import app
from loanstream.cli.occupancy import occupied
from loanstream.runtime.http.issuer import LocalIssuer


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


def test_a_database_that_does_not_answer_is_named_by_its_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOANSTREAM_DATABASE_URL", "postgresql://root:hunter2@127.0.0.1:1/x")
    result = call("topics", "apply", "--data", str(folder))
    refused(result, "LOANSTREAM_DATABASE_URL: the database does not answer")
    assert "hunter2" not in result.output + result.stderr


def test_ctrl_c_ends_a_command_with_a_word_and_130(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("loanstream.cli.demo.demo", interrupted)
    result = call("demo", "--data", str(folder))
    assert result.exit_code == 130
    assert "stopped; call it again with the same seed to go on" in result.stderr


def test_what_many_topics_differ_in_is_said_once() -> None:
    same = [f"Topic loanstream.{name}.v1 has 6 but should have 12." for name in ("a", "b", "c")]
    assert told_once([*same, "Topic x has 1."]) == [f"{same[0]} The same for 2 other topics.", "Topic x has 1."]


def test_without_arguments_the_commands_are_listed() -> None:
    shown = call().output
    for command in ("up", "demo", "rebuild", "doctor", "audit", "events", "loan", "deadletters", "simulate-system"):
        assert command in shown


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["up", "--port", "0"],
        ["serve", "risk", "--port", "0"],
        ["topics", "apply"],
        ["demo"],
        ["token", "auditor"],
        ["loan", "show", "some-loan"],
        ["rebuild"],
    ],
)
@pytest.mark.parametrize(
    ("below", "why"),
    [
        ("file", "is a file, not a folder"),
        ("file/data", "cannot be made (Not a directory)"),
    ],
)
def test_a_data_folder_that_cannot_be_one_is_named(command: list[str], below: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    wrong = tmp_path / below
    refused(call(*command, "--data", str(wrong)), f"data folder {wrong} {why}", "--data or LOANSTREAM_DATA_DIR")


def test_a_data_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # root, as which tests may run, is let in everywhere
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("LOANSTREAM_DATA_DIR", str(tmp_path))
    refused(call("up"), f"data folder {tmp_path} cannot be read and written by this user")


@pytest.mark.parametrize(
    "command",
    [
        ["token", "auditor"],
        ["rebuild", "--check"],
        ["audit", "verify"],
        ["events", "tail"],
        ["loan", "show", "some-loan"],
        ["loan", "timeline", "some-loan"],
        ["deadletters", "list"],
        ["deadletters", "replay", "servicing", "some-error"],
        ["effects", "list"],
        ["effects", "release", "notify"],
        ["projections", "skip", "servicing", "topic", "0", "1", "--reason", "why"],
    ],
)
def test_who_looks_at_an_empty_folder_is_told_how_to_start_and_nothing_is_made(
    command: list[str], folder: Path
) -> None:
    refused(call(*command, "--data", str(folder)), f"nothing here yet: {folder} holds no installation", "loanstream up")
    assert not folder.exists()


@pytest.mark.parametrize("command", [["up"], ["serve", "risk"]])
def test_a_port_out_of_range_is_a_usage_error(command: list[str], folder: Path) -> None:
    result = call(*command, "--port", "99999", "--data", str(folder))
    assert result.exit_code == 2
    assert "65535" in result.stderr
    assert not folder.exists()


@pytest.mark.parametrize("command", [["up"], ["serve", "risk"]])
def test_a_port_that_another_program_has_is_named_at_once(command: list[str], folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = call(*command, "--port", str(port), "--data", str(folder))
    refused(result, f"cannot listen on 127.0.0.1:{port}", "in use by another program", "--port or LOANSTREAM_PORT")
    assert not (folder / "postgres").exists(), "no database was started for it"


def test_a_host_that_is_not_here_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANSTREAM_HOST", "192.0.2.1")
    monkeypatch.setenv("LOANSTREAM_AUTH", "local")
    refused(call("up", "--data", str(folder)), "cannot listen on 192.0.2.1:8600", "check LOANSTREAM_HOST")


@pytest.mark.parametrize("api", ["notaurl", "localhost:8600", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused_at_once(api: str, folder: Path) -> None:
    refused(call("demo", "--api", api, "--data", str(folder)), f"--api {api}: an address like http://127.0.0.1:8600")


def test_a_demo_elsewhere_makes_no_key_of_its_own(folder: Path) -> None:
    result = call("demo", "--api", "http://127.0.0.1:1", "--data", str(folder))
    refused(result, f"{folder} has no key to sign tokens with", "--data or LOANSTREAM_DATA_DIR")
    assert not folder.exists()


def test_a_demo_with_the_key_of_another_folder_is_told_to_name_the_right_one(folder: Path) -> None:
    LocalIssuer.open(folder)
    with _refusing_every_token() as url:
        result = call("demo", "--loans", "1", "--api", url, "--data", str(folder))
    refused(result, f"{url} does not take tokens signed with the key of {folder}", "--data or LOANSTREAM_DATA_DIR")


def test_a_demo_says_why_the_system_that_it_starts_does_not_start(folder: Path) -> None:
    folder.mkdir()
    with occupied(folder, "loanstream serve risk", alone=False):
        result = call("demo", "--loans", "1", "--data", str(folder))
    refused(result, "the system did not start: Loanstream already runs on", "`loanstream serve risk`")


class _Refusing(BaseHTTPRequestHandler):
    """Takes no token."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"code": "not-authenticated", "detail": "signed by another issuer"}'
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def _refusing_every_token() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
