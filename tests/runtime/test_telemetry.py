"""Log lines are JSON, carry the correlation, and hold no personal data."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from loanstream.runtime.telemetry import REDACTED, configure_logging, correlated, metrics_text, redact


@pytest.fixture
def lines() -> io.StringIO:
    """What was logged."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    return stream


def _only(lines: io.StringIO) -> dict[str, object]:
    (line,) = lines.getvalue().splitlines()
    parsed: dict[str, object] = json.loads(line)
    return parsed


def test_a_line_is_json_with_level_time_and_correlation(lines: io.StringIO) -> None:
    with correlated(correlation="c-1"):
        structlog.get_logger("loanstream.x").info("something happened", loan="l-1")
    line = _only(lines)
    assert line["event"] == "something happened"
    assert (line["level"], line["correlation"], line["loan"], line["logger"]) == ("info", "c-1", "l-1", "loanstream.x")
    assert str(line["timestamp"]).endswith("Z")


def test_lines_of_libraries_are_json_too_and_redacted(lines: io.StringIO) -> None:
    logging.getLogger("library").warning("mail to %s failed", "wang@example.com")
    assert _only(lines)["event"] == f"mail to {REDACTED} failed"


def test_lines_below_the_level_are_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("loanstream.x").debug("detail")
    assert lines.getvalue() == ""


def test_a_traceback_stands_in_the_line_redacted(lines: io.StringIO) -> None:
    try:
        raise ValueError("no account for 13800138000")
    except ValueError:
        structlog.get_logger("loanstream.x").exception("failed")
    line = _only(lines)
    assert "ValueError" in str(line["exception"])
    assert "13800138000" not in str(line)


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln",
        "wang.xiaoming@mail.example.cn",
        "11010519491231002X",
        "13800138000",
        "6222021234567890123",
    ],
)
@given(before=st.sampled_from(["", "for ", "（", "x="]), after=st.sampled_from(["", " failed", "）", ","]))
def test_secrets_are_found_by_their_shape(secret: str, before: str, after: str) -> None:
    event = redact(None, "info", {"event": before + secret + after, "nested": {"list": [before + secret]}})
    assert secret not in str(event)


def test_an_address_with_a_password_keeps_the_host_only() -> None:
    event = redact(None, "info", {"event": "cannot reach smtp://user:pa55@mail:25"})
    assert event["event"] == f"cannot reach smtp://{REDACTED}@mail:25"


def test_fields_with_telling_names_are_blanked() -> None:
    event = redact(None, "info", {"event": "e", "Password": "p", "headers": {"Authorization": "Basic x"}, "token": ""})
    assert event == {"event": "e", "Password": REDACTED, "headers": {"Authorization": REDACTED}, "token": ""}


@pytest.mark.parametrize(
    "harmless",
    [
        "0b5f1c9e-1d1e-5b7e-9d6e-3f0a2b1c4d5e",
        "party-abcdefghijklmnopqrstuvwxyz",
        "2026-01-05T09:00:00.000001Z",
        "12345678.90",
    ],
)
def test_ids_references_times_and_amounts_stay_readable(harmless: str) -> None:
    assert redact(None, "info", {"event": harmless})["event"] == harmless


def test_metrics_are_in_prometheus_text() -> None:
    assert b"# TYPE loanstream_http_requests_total counter" in metrics_text()
