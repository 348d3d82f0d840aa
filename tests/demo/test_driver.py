"""The demo from start to end against a stand-in of the system: deterministic, resumable, and silent about outcomes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO
from typing import Any

import httpx
import pytest
from rich.console import Console

from loanstream.demo import applications
from loanstream.demo.applications import Case
from loanstream.demo.client import DemoError
from loanstream.demo.driver import run_demo
from loanstream.demo.options import DemoOptions, until_of
from loanstream.demo.report import DemoReport
from tests.demo.fake_system import FakeSystem, Killed, Problem

SHORT = DemoOptions(loans=12, until=until_of("+8m"), seed=5)


async def run(system: FakeSystem, options: DemoOptions = SHORT, console: Console | None = None) -> DemoReport:
    """One call of the demo."""
    return await run_demo(options, system.client, lambda user: user, console)


def table(report: DemoReport) -> dict[str, Any]:
    """What must be the same for the same seed."""
    shown = report.as_json()
    del shown["events_per_second"]
    return shown


@pytest.fixture(scope="module")
def undisturbed() -> Callable[[DemoOptions], Any]:
    """Tables of runs that nobody disturbed, each made once."""
    known: dict[DemoOptions, dict[str, Any]] = {}

    async def of(options: DemoOptions) -> dict[str, Any]:
        if options not in known:
            known[options] = table(await run(FakeSystem(), options))
        return known[options]

    return of


async def test_every_loan_is_closed_in_the_end_and_the_books_close() -> None:
    report = await run(FakeSystem(), DemoOptions(loans=60))
    counts = report.as_json()["loans"]
    assert report.finished
    assert counts["active"] == counts["overdue"] == counts["in-process"] == 0
    assert counts["settled"] > 30
    assert min(counts["written-off"], counts["refused"], counts["withdrawn"]) > 0
    assert sum(counts.values()) == 60
    assert report.books.balanced
    assert report.events["PaymentReversed"] > 0


async def test_the_json_object_has_exactly_its_members() -> None:
    shown = (await run(FakeSystem())).as_json()
    assert list(shown) == ["loans", "events", "books", "events_per_second", "days"]
    assert shown["days"] == 244
    assert shown["books"]["balanced"] is True
    terms = ("repaid", "outstanding", "written_off", "forgiven", "sold")
    assert float(shown["books"]["disbursed"]) == pytest.approx(sum(float(shown["books"][term]) for term in terms))


async def test_the_same_seed_gives_the_same_table_and_another_seed_another(undisturbed: Any) -> None:
    again = table(await run(FakeSystem()))
    assert again == await undisturbed(SHORT)
    assert again["books"] != (await undisturbed(replace(SHORT, seed=6)))["books"]


async def test_a_second_call_changes_nothing() -> None:
    system = FakeSystem()
    first = await run(system)
    events, receipts = dict(system.events), len(system.receipts)
    second = await run(system)
    assert table(second) == table(first)
    assert (dict(system.events), len(system.receipts)) == (events, receipts)


async def test_a_later_end_goes_on_as_if_there_had_been_no_stop(undisturbed: Any) -> None:
    system = FakeSystem()
    for until in ("+1m", "+100d", "+5m"):
        await run(system, replace(SHORT, until=until_of(until)))
    assert table(await run(system)) == await undisturbed(SHORT)


@pytest.mark.parametrize("answered", [False, True], ids=["before its request is served", "before it sees the answer"])
@pytest.mark.parametrize("after", [3, 9, 20, 31, 47, 60, 80, 110, 150, 200])
async def test_a_demo_killed_anywhere_goes_on_where_it_stopped(after: int, answered: bool, undisturbed: Any) -> None:
    system = FakeSystem()

    def kill(number: int, done: bool) -> None:
        if number == after and done is answered:
            raise Killed

    system.disturb = kill
    with pytest.raises(Killed):
        await run(system)
    assert table(await run(system)) == await undisturbed(SHORT)


async def test_a_demo_killed_again_and_again_comes_to_the_same_end(undisturbed: Any) -> None:
    system, runs, last = FakeSystem(), 0, 0

    def kill(number: int, _done: bool) -> None:
        if number - last > 40:
            raise Killed

    system.disturb = kill
    while True:
        runs += 1
        try:
            report = await run(system)
            break
        except Killed:
            last = len(system.bodies)
    assert runs > 3
    assert table(report) == await undisturbed(SHORT)


async def test_lost_connections_are_tried_again_with_the_same_key(undisturbed: Any) -> None:
    system = FakeSystem()

    def lose(number: int, done: bool) -> None:
        if number % 7 == 0:
            raise httpx.ReadError("lost") if done else httpx.ConnectError("lost")

    system.disturb = lose
    assert table(await run(system)) == await undisturbed(SHORT)


async def test_neither_outcome_nor_protected_columns_leave_the_borrowers(monkeypatch: pytest.MonkeyPatch) -> None:
    system = FakeSystem()
    await run(system, replace(SHORT, loans=60))
    sent = b"\n".join(body for _, body in system.bodies).lower()
    for word in (
        b"creditability",
        b"foreign",
        b"status_and_sex",
        b"male",
        b"divorced",
        b"married",
        b'"good"',
        b'"bad"',
    ):
        assert word not in sent

    other = FakeSystem()
    flipped = tuple(Case(case.declared, not case.repaid) for case in applications.cases())
    monkeypatch.setattr("loanstream.demo.borrowers.cases", lambda: flipped)
    await run(other, replace(SHORT, loans=60, until=date(2026, 1, 7)))
    assert _applications(other) == _applications(system)


async def test_an_application_that_stops_on_its_way_ends_the_demo_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = FakeSystem()
    monkeypatch.setattr(system, "_release", lambda drawdown, _user: drawdown.update(state="failed"))
    with pytest.raises(DemoError, match=r"stopped in state completed.*deadletters list"):
        await run(system)


async def test_an_unexpected_refusal_ends_the_demo_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    system = FakeSystem()

    def refuse(*_: Any) -> None:
        raise Problem(403, "forbidden")

    monkeypatch.setattr(system, "_sign", refuse)
    with pytest.raises(DemoError, match="signatures as borrower was answered 403 forbidden"):
        await run(system)


async def test_the_summary_reads_without_colour() -> None:
    report = await run(FakeSystem(), DemoOptions(loans=60))
    page = StringIO()
    report.show(Console(file=page, no_color=True, width=100))
    text = page.getvalue()
    for words in (
        "Loans 贷款",
        "settled 结清",
        "written-off 核销",
        "Events 事件",
        "Books 账务: balanced 平",
        "every loan is closed",
    ):
        assert words in text
    assert "\x1b[3" not in text


async def test_an_end_before_the_open_day_does_nothing_and_says_so() -> None:
    system = FakeSystem()
    await run(system)
    sent = len(system.bodies)
    report = await run(system, replace(SHORT, until=until_of("+1m")))
    page = StringIO()
    report.show(Console(file=page, no_color=True, width=200))
    assert len([body for _, body in system.bodies[sent:] if body]) == 0
    assert "later than --until 2026-02-05 already: nothing was done" in page.getvalue()
    assert "every loan is closed" not in page.getvalue()


async def test_the_progress_bar_fits_80_columns() -> None:
    page = StringIO()
    await run(FakeSystem(), SHORT, Console(file=page, force_terminal=True, width=80))
    assert "2026-09-05" in page.getvalue()
    assert " refused" in page.getvalue()
    assert "…" not in page.getvalue()


async def test_the_books_read_as_a_sum() -> None:
    page = StringIO()
    (await run(FakeSystem())).show(Console(file=page, no_color=True, width=80))
    lines = [line.strip() for line in page.getvalue().splitlines()]
    terms = [line for line in lines if line.startswith(("disbursed", "= ", "+ "))]
    assert [line.split()[0] for line in terms] == ["disbursed", "=", "+", "+", "+", "+"]


async def test_the_progress_bar_ends_with_all_applicants() -> None:
    page = StringIO()
    await run(FakeSystem(), DemoOptions(loans=5), Console(file=page, force_terminal=True, width=100))
    assert "5/5" in page.getvalue()


def _applications(system: FakeSystem) -> list[bytes]:
    return sorted(body for path, body in system.bodies if path == "/api/origination/applications" and body)
