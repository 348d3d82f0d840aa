"""Bytes a loan in a decider host: newly booked, after 36 payments, closed. Run as a process of its own.

What counts is everything that can be reached from the fold, each object once, rounded up as the allocator does: states, ids of
commands within the window, the index of due dates, the loans' own ids. The clock moves a month with each payment, so that older
command ids leave the window.
"""

import gc
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any

from msgspec import Struct, structs

from benchmarks import loans
from benchmarks.measuring import Result
from loanstream.eventlog.port import NewRecord, Record
from loanstream.runtime.decider.days import Days
from loanstream.runtime.decider.deciding import Deciding
from loanstream.runtime.decider.fold import Fold, OpenDay
from loanstream.runtime.definitions import Decider

_MONTHS = 48
_SHORT = 12
_PAYMENTS = 36


def measure(booked: int, paid: int, settled: int) -> list[Result]:
    """The three figures, each taken in a fresh process."""
    new = _in_a_process("booked", booked)
    old = _in_a_process("paid", paid)
    settled_types = _in_a_process("closed", settled)
    closed = sum(settled_types.values())
    return [
        _row("newly booked", 1.0, new, f"{booked:,} loans of {_MONTHS} instalments"),
        _row(
            f"after {_PAYMENTS} payments",
            2.2,
            old,
            f"{paid:,} loans of {_MONTHS} instalments, each paid on its due date",
        ),
        Result(
            "memory a loan, closed",
            "≤ 150 B",
            f"{closed:,.0f} B",
            closed <= 150,
            f"{settled:,} settled loans of {_SHORT} instalments, the dedupe window over",
            "a closed loan keeps its whole state, so that a payment can still be reversed without reading its stream anew; "
            f"{_by_type(settled_types)}",
        ),
    ]


def _row(what: str, kilobytes: float, found: dict[str, float], detail: str) -> Result:
    total = sum(found.values())
    name, target = f"memory a loan, {what}", f"≤ {kilobytes} KB"
    return Result(name, target, f"{total / 1024:.2f} KB", total <= kilobytes * 1024, detail, _by_type(found))


def _by_type(found: dict[str, float]) -> str:
    """The five largest types: bytes are packed schedules and ids of commands, text is ids and references."""
    largest = sorted(found.items(), key=lambda item: -item[1])[:5]
    return "bytes a loan by type: " + ", ".join(f"`{name}` {size:.0f}" for name, size in largest)


def _in_a_process(stage: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", stage, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


class Office:
    """The real deciding, fed record by record; what it writes is thrown away."""

    def __init__(self) -> None:
        self.clock = loans.SteppedClock()
        service = loans.servicing()
        self.fold = Fold(loans.CONTEXT, 0, {decider.aggregate: decider for decider in service.deciders})
        self.fold.day = OpenDay(loans.FIRST_DAY, "every-day/1", False)
        self._deciding = Deciding(self.fold, self.clock.now, _fail)
        self._days = Days(self._deciding)
        self._offset = 0

    def decide(self, commands: Iterable[NewRecord]) -> None:
        """Decide commands one by one."""
        for new in commands:
            found = Record(new.topic, 0, self._offset, new.key, new.type, new.headers, new.value, new.time)
            self._deciding.decide(found, self._days.answer)
            self._offset += 1

    def move(self, day: date) -> None:
        """Another day is open; each aggregate is brought up to it by its next command."""
        self.clock.advance(timedelta(days=(day - (self.fold.day.business_date or day)).days))
        self.fold.day.business_date = day
        self.fold.due.until(day)  # as every business day does: dates that have passed are dropped
        self.fold.forget_expired(self.clock.now())


def _fail(error_id: str, error: Exception | str, about: Mapping[str, str]) -> None:
    raise RuntimeError(f"{error_id}: {about}") from error if isinstance(error, Exception) else None


def _book(office: Office, count: int, months: int = _MONTHS) -> None:
    office.decide(loans.bookings(range(count), office.clock.now(), months))


def _pay(office: Office, count: int) -> None:
    _book(office, count)
    amounts = [loans.instalment(n, _MONTHS) for n in range(count)]
    for nth in range(1, _PAYMENTS + 1):
        year, month = divmod(nth, 12)
        day = date(loans.FIRST_DAY.year + year, month + 1, 1)
        office.move(day)
        office.decide(
            loans.record(loans.loan_id(n), loans.payment(n, nth, amount, day), office.clock.now(), "pay", nth)
            for n, amount in enumerate(amounts)
        )


def _close(office: Office, count: int) -> None:
    _book(office, count, _SHORT)
    office.decide(
        loans.record(loans.loan_id(n), loans.payment(n, 1, 100_000_000, loans.FIRST_DAY), office.clock.now(), "settle")
        for n in range(count)
    )
    office.move(loans.FIRST_DAY + timedelta(days=100))


STAGES: dict[str, Callable[[Office, int], None]] = {"booked": _book, "paid": _pay, "closed": _close}


def _bytes_a_loan(stage: str, count: int) -> dict[str, float]:
    """Bytes of the fold a loan, by type."""
    office = Office()
    STAGES[stage](office, count)
    gc.collect()
    fold = office.fold
    found = _reachable([fold.aggregates, fold.window, fold.due])
    return {name: total / count for name, total in found.most_common()}


_SHARED = (type, FunctionType, ModuleType, Decider, Enum)
"""What all aggregates share: code and definitions."""


def _reachable(roots: list[Any]) -> Counter[str]:
    """Bytes of all objects behind ``roots`` by type, each once; small ones in the allocator's steps of 16."""
    seen: set[int] = set()
    waiting = list(roots)
    found: Counter[str] = Counter()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _SHARED):
            continue
        seen.add(id(one))
        found[type(one).__name__] += -(-sys.getsizeof(one) // 16) * 16
        waiting += structs.astuple(one) if isinstance(one, Struct) else gc.get_referents(one)
    return found


if __name__ == "__main__":
    print(json.dumps(_bytes_a_loan(sys.argv[1], int(sys.argv[2]))))
