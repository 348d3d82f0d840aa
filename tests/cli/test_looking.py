"""Looking at events from the command line: every page, every spelling of an amount, no type that does not exist."""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from loanstream.cli import looking
from loanstream.cli.connection import RequestFailed
from loanstream.runtime.settings import Settings
from schemas.topics import CONTEXTS


def event(number: int, **data: Any) -> dict[str, Any]:
    """An event as the API shows it."""
    return {
        "id": f"e-{number}",
        "type": "loanstream.servicing.PaymentReceived.v1",
        "time": f"2026-01-05T00:{number // 60:02}:{number % 60:02}.000000Z",
        "partitionseq": number,
        "business_date": "2026-01-05",
        "data": data,
    }


class Log:
    """Servicing with so many events behind the API's pages; the other services have none."""

    is_running = True

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        self.events = events
        self.asked: list[dict[str, Any]] = []

    async def get(self, path: str, **asked: Any) -> Any:
        """A page after the cursor, or the newest."""
        self.asked.append(asked)
        after, limit = asked["after"], asked["limit"]
        if "servicing" not in path or asked.get("application_id"):
            return {"events": [], "after": after}
        start = int(after.split(".")[0]) if after else max(0, len(self.events) - limit)
        page = self.events[start : start + limit]
        return {"events": page, "after": f"{start + len(page)}.0.0" if page else after}


@pytest.fixture
def console() -> Console:
    """A console that is read afterwards."""
    return Console(file=io.StringIO(), width=200)


def shown(console: Console) -> str:
    """What was printed."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def connect(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    """Let commands find this log."""

    @asynccontextmanager
    async def connected(_settings: Settings, _user: str = "auditor") -> AsyncIterator[Log]:
        yield log

    monkeypatch.setattr(looking, "connected", connected)


async def test_a_timeline_has_every_page(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    log = Log([event(n, application_id="app-1") for n in range(2_345)])
    connect(monkeypatch, log)
    await looking.show_timeline(Settings(), "loan-1", False, console)
    assert shown(console).count("PaymentReceived") == 2_345


@pytest.mark.parametrize(
    ("given_type", "services", "said"),
    [
        ("overdue", [], "--type overdue: these services have no such event. Did you mean Overdue? There are"),
        ("PaymentRecieved", [], "Did you mean PaymentReceived?"),
        ("Nonsense", [], "--type Nonsense: these services have no such event. There are AccountOpened, "),
        ("LoanApplied", ["risk"], "--type LoanApplied: risk has no such event. There are AggregateHeld"),
    ],
)
async def test_a_type_that_nobody_has_is_named_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, console: Console, given_type: str, services: list[str], said: str
) -> None:
    log = Log([])
    connect(monkeypatch, log)
    with pytest.raises(RequestFailed) as refused:
        await looking.tail_events(Settings(), console, services, [given_type], None, 20, False, False)
    assert said in str(refused.value)
    assert log.asked == []


async def test_a_type_may_be_given_by_name_or_in_full(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    log = Log([event(1, amount={"amount": "1E+1", "currency": "CNY"})])
    connect(monkeypatch, log)
    types = ["PaymentReceived", "loanstream.servicing.PaymentReceived.v1"]
    assert await looking.tail_events(Settings(), console, [], types, None, 20, False, False) == 0
    assert [asked["type"] for asked in log.asked] == [types] * len(CONTEXTS)
    assert "amount 10.00 CNY" in shown(console)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234567.50", "1,234,567.50 CNY"),
        ("-1234.5", "-1,234.50 CNY"),
        ("1E+1", "10.00 CNY"),
        ("10", "10.00 CNY"),
        ("0.001", "0.001 CNY"),
        ("1E+999999", "1E+999999 CNY"),
        ("NaN", "NaN CNY"),
        ("", " CNY"),
    ],
)
def test_an_amount_is_shown_whatever_its_spelling(amount: str, text: str) -> None:
    assert looking._shown({"amount": amount, "currency": "CNY"}) == text


@given(amount=st.one_of(st.text(), st.decimals().map(str), st.integers(), st.none()), currency=st.text(max_size=3))
def test_no_stored_amount_ends_in_a_traceback(amount: Any, currency: str) -> None:
    assert looking._shown({"amount": amount, "currency": currency}).endswith(currency)
