"""End of day on PostgreSQL: 1/30 of the loans due, beside the bare append of the records that the day emits."""

import cProfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks import loans
from benchmarks.deciding import Recorded
from benchmarks.measuring import Pair, Result, top_functions
from benchmarks.raw import RawAppend
from loanstream.eventlog.port import NewRecord
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.decider.fold import Aggregate, Fold
from loanstream.runtime.memory_store import MemoryStore

TURNS = 3
_DAYS = 30
_MONTHS = 12
_EVE, _DUE = date(2026, 1, 31), date(2026, 2, 1)
_FEW = 10_000
_KINDS = 4_000
"""Different amounts among the loans of a day: a million loans need no million of them."""


async def measure(dsn: str, count: int) -> list[Result]:
    """A day of ``count`` loans against the raw append, and against a day with fewer loans and as many due."""
    log = PostgresLog(dsn)
    await log.apply(loans.topics(3 * (TURNS + 1), (loans.CONTEXT, "funding")), "bench")
    raw = await RawAppend.open(dsn)
    due = count // _DAYS
    booked = _book(count, due)
    pair, touched, events, why = await _compare(log, raw, booked, 0)
    few = min(due, _FEW // _DAYS)
    small, _, _, _ = await _compare(log, raw, _some(booked, few, _FEW), TURNS + 1)
    large, _, _, _ = await _compare(log, raw, _some(booked, few, count), 2 * TURNS + 2)
    await raw.close()
    await log.close()
    detail = f"{min(pair.ours):.2f} s for {events:,} events of {touched:,} loans, raw append {min(pair.raw):.3f} s"
    flat = min(large.ours) / min(small.ours)
    return [
        Result(
            f"end of day, {count:,} loans, 1/30 due",
            "≤ 3 × a raw append of its events",
            f"{pair.multiple:.1f} ×",
            pair.multiple <= 3,
            detail,
            why,
        ),
        Result(
            "end of day, loans touched",
            "only those due",
            f"{touched:,} of {count:,}, {due:,} due",
            touched == due,
        ),
        Result(
            f"end of day, {few:,} due of {count:,} against of {_FEW:,}",
            "flat in loans not due",
            f"{flat:.2f} ×",
            flat <= 1.25,
            f"{min(large.ours):.3f} s against {min(small.ours):.3f} s",
        ),
    ]


def _book(count: int, due: int) -> "Sequence[tuple[str, Aggregate]]":
    """Loans as the decider books them; the first ``due`` of them fall due on the day, the others on the 29 days after."""
    made = []
    states: dict[tuple[int, date], Any] = {}
    for number in range(count):
        value_date = loans.FIRST_DAY if number < due else loans.FIRST_DAY + timedelta(days=1 + number % (_DAYS - 3))
        target = loans.loan_id(number)
        kind = (number % _KINDS, value_date)
        if kind not in states:
            states[kind] = loans.LOAN.evolve(None, loans.booked(number, value_date, _MONTHS))
        made.append((target, Aggregate(loans.LOAN, states[kind])))
    return made


def _some(booked: "Sequence[tuple[str, Aggregate]]", due: int, count: int) -> "Sequence[tuple[str, Aggregate]]":
    """``due`` of the loans that fall due, and of the others as many as make ``count`` or all."""
    others = [pair for pair in booked if loans.LOAN.due(pair[1].state) != _DUE]
    return [*booked[:due], *others[: count - due]]


async def _compare(
    log: PostgresLog, raw: RawAppend, booked: "Sequence[tuple[str, Aggregate]]", partition: int
) -> tuple[Pair, int, int, str]:
    """The day of these loans, a partition and a fold for each turn; the last turn, unmeasured, is profiled."""
    pair = Pair.empty()
    for turn in range(TURNS):
        host = await _host(log, booked, partition + turn)
        began = time.perf_counter()
        while await host.step():
            pass
        pair.ours.append(time.perf_counter() - began)
        day = [record for records in host.taken() for record in records if "BusinessDay" not in record.type]
        touched = len({record.key for record in day if record.type.endswith("InstallmentDue.v1")})
        events = [record for record in day if ".outcome." not in record.type]
        pair.raw.append(await _appended(raw, events))
    host = await _host(log, booked, partition + TURNS)
    profile = cProfile.Profile()
    profile.enable()
    while await host.step():
        pass
    profile.disable()
    return pair, touched, len(events), top_functions(profile)


async def _appended(raw: RawAppend, events: Sequence[NewRecord]) -> float:
    """The events in calls of a chunk's size; the better of two turns."""
    turns = []
    for _ in range(2):
        turns.append(sum([await raw.seconds(events[at : at + 500]) for at in range(0, len(events), 500)]))
    return min(turns)


async def _host(log: PostgresLog, booked: "Sequence[tuple[str, Aggregate]]", partition: int) -> Recorded:
    """A host whose fold holds the loans, with the day's start command waiting."""
    clock = loans.SteppedClock()
    host = Recorded(loans.servicing(), partition, log, clock, MemoryStore())
    fold = Fold(loans.CONTEXT, partition, host.deciders)
    loan = host.deciders["loan"]
    for target, aggregate in booked:
        fresh = Aggregate()
        fold.aggregates[target] = fresh
        fold.set_state(target, fresh, loan, aggregate.state)
    fold.day.business_date = _EVE
    host.fold = fold
    await host.open()
    await log.send([loans.start_day(_DUE, clock.now(), partition)])
    return host
