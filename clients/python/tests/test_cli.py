"""The command without a cluster; with one it is run by the tests of the whole."""

import json
from pathlib import Path

import pytest

from loanstream_client import ConnectionRefused, from_environment
from loanstream_client.cli import main


def test_fake_events_can_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fake", "-n", "5", "--seed", "2", "--type", "LoanBooked"]) == 0
    lines = capsys.readouterr().out
    assert {json.loads(line)["headers"]["ce_type"] for line in lines.splitlines()} == {
        "loanstream.servicing.LoanBooked.v1"
    }
    (tmp_path / "fake.jsonl").write_text(lines)
    assert main(["replay", str(tmp_path / "fake.jsonl")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 5
    assert shown[0].split(" ")[1] == "loanstream.servicing.LoanBooked.v1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fake", "--type", "Nothing"), "no event type Nothing"),
        (("replay", "nowhere.jsonl"), "No such file"),
        (("tail", "servicing", "--servers", "127.0.0.1:1"), "127.0.0.1:1 does not let us in"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    [line] = capsys.readouterr().err.strip().splitlines()
    assert said in line


@pytest.mark.parametrize("arguments", [(), ("tail", "nowhere"), ("tail", "--start", "2026-01-01T00:00")])
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_the_connection_comes_from_the_environment_and_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a-secret\n")
    found = from_environment(
        {
            "LOANSTREAM_KAFKA_SERVERS": "kafka-1.example:9094",
            "LOANSTREAM_KAFKA_PROTOCOL": "SASL_PLAINTEXT",
            "LOANSTREAM_KAFKA_USER": "ledger",
            "LOANSTREAM_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
        }
    )
    assert found.options() == {
        "bootstrap_servers": "kafka-1.example:9094",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "ledger",
        "sasl_plain_password": "a-secret",
    }
    assert "a-secret" not in repr(found)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PROTOCOL": "TLS"}, "one of PLAINTEXT"),
        ({"PROTOCOL": "SASL_SSL"}, "needs a user and a password"),
        ({"PROTOCOL": "SASL_SSL", "MECHANISM": "GSSAPI"}, "one of SCRAM-SHA-512"),
        ({"PROTOCOL": "SSL", "CA_FILE": "nowhere.pem"}, "TLS files cannot be used"),
        ({"PASSWORD_FILE": "nowhere"}, "LOANSTREAM_KAFKA_PASSWORD_FILE"),
    ],
)
def test_settings_that_do_not_fit_are_refused(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConnectionRefused, match=said):
        from_environment({f"LOANSTREAM_KAFKA_{name}": value for name, value in variables.items()}).options()
