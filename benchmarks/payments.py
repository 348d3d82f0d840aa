"""Payments on one loan in the pure engine: one after the other, and one that comes late, before eleven others."""

import cProfile
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

from benchmarks.measuring import Result, top_functions
from services.servicing.domain.schedule.dates import plus
from services.servicing.domain.terms import (
    Allocation,
    Component,
    DayCount,
    Due,
    Family,
    Method,
    Rate,
    Recalculation,
    Slot,
    Span,
    Terms,
    Unit,
)
from services.servicing.domain.transactions import Disbursed, Entry, Paid, run

TURNS = 5
_TARGET = 0.050
_START = date(2026, 1, 31)
_MONTH = Span(1, Unit.MONTH)
_TERMS = Terms(
    family=Family.PROGRESSIVE,
    method=Method.EQUAL_INSTALMENT,
    currency="CNY",
    principal=12_345_678,
    rate=Rate(Decimal("14.4")),
    instalments=36,
    frequency=_MONTH,
    day_count=DayCount(360, 30),
    recalculation=Recalculation(),
    allocations=(Allocation(None, tuple(Slot(due, part) for due in Due for part in Component)),),
)


def measure() -> list[Result]:
    """36 payments on their days, with interest recalculated and without; the twelfth payment that was back-dated."""
    with_interest, plain = (_payments(terms) for terms in (_TERMS, replace(_TERMS, recalculation=None)))
    late, why = _back_dated()
    return [
        Result(
            "payments on one loan of 36 instalments",
            "–",
            f"{36 / with_interest:,.0f} a second",
            None,
            f"with interest recalculated; {36 / plain:,.0f} without",
        ),
        Result(
            "a back-dated payment before eleven later ones",
            "< 50 ms",
            f"{late * 1000:.1f} ms",
            late < _TARGET,
            "36 instalments, interest recalculated",
            why="" if late < _TARGET else why,
        ),
    ]


def _entries(terms: Terms, count: int) -> list[Entry]:
    """The disbursement, and the instalments paid on their days."""
    disbursed = Disbursed(known=_START, value_date=_START, amount=terms.principal)
    instalment = run(terms, [disbursed]).lines[1].due
    days = [plus(_START, _MONTH, number) for number in range(1, count + 1)]
    return [disbursed, *(Paid(known=day, value_date=day, amount=instalment) for day in days)]


def _payments(terms: Terms) -> float:
    entries = _entries(terms, 36)
    return min(_seconds(terms, entries) for _ in range(TURNS)) - min(_seconds(terms, entries[:1]) for _ in range(TURNS))


def _back_dated() -> tuple[float, str]:
    """What one more entry costs: the loan with it, less the loan without."""
    entries = _entries(_TERMS, 12)
    known = plus(_START, _MONTH, 12)
    late = Paid(known=known, value_date=plus(_START, _MONTH, 1), amount=500_000)
    before, after = [entries[0], *entries[2:]], [entries[0], *entries[2:], late]
    cost = min(_seconds(_TERMS, after) for _ in range(TURNS)) - min(_seconds(_TERMS, before) for _ in range(TURNS))
    profile = cProfile.Profile()
    profile.runcall(run, _TERMS, after)
    return cost, top_functions(profile)


def _seconds(terms: Terms, entries: list[Entry]) -> float:
    began = time.process_time()
    run(terms, entries)
    return time.process_time() - began
