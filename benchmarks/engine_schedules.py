"""The loan engine's schedule of n instalments, in both families, beside a loop that makes the dates and one tuple a row."""

import cProfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from benchmarks.measuring import Pair, Result, top_functions
from services.servicing.domain.schedule.months import plus
from services.servicing.domain.schedule.rows import scheduled
from services.servicing.domain.terms import (
    DayCount,
    Family,
    InterestBy,
    Method,
    Rate,
    Rounding,
    RoundingMode,
    Span,
    Terms,
    Unit,
)

TURNS = 9
_START, _PRINCIPAL, _MONTHLY = date(2026, 1, 31), 12_345_678, Span(1, Unit.MONTH)
_SHORT, _LONG = 12, 360


def measure() -> list[Result]:
    """For each family: the multiple at 12 and 360 instalments, and schedules a second."""
    return [_family(family) for family in Family]


def _family(family: Family) -> Result:
    pairs = {months: _compare(family, months) for months in (_SHORT, _LONG)}
    worst = max(pair.multiple for pair in pairs.values())
    detail = "; ".join(
        f"{months}: {pair.multiple:.1f} ×, {1 / min(pair.ours):,.0f} schedules/s" for months, pair in pairs.items()
    )
    return Result(
        f"engine, {family} schedule of n instalments",
        "≤ 3 × a loop of dates and tuples",
        f"{worst:.1f} ×",
        worst <= 3,
        detail,
        "" if worst <= 3 else _profile(_terms(family, _SHORT)),
    )


def _profile(terms: Terms) -> str:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(500):
        _make(terms)
    profile.disable()
    return top_functions(profile)


def _terms(family: Family, months: int) -> Terms:
    cumulative = family is Family.CUMULATIVE
    return Terms(
        family=family,
        method=Method.EQUAL_INSTALMENT,
        currency="CNY",
        principal=_PRINCIPAL,
        rate=Rate(Decimal("14.4")),
        instalments=months,
        frequency=_MONTHLY,
        day_count=DayCount(365),
        interest_by=InterestBy.PERIOD if cumulative else InterestBy.DAY,
        rounding=Rounding(RoundingMode.HALF_UP if cumulative else RoundingMode.HALF_EVEN),
    )


def _make(terms: Terms) -> object:
    return scheduled(terms, _START, [(_START, terms.principal)])


def _compare(family: Family, months: int) -> Pair:
    terms, repeats = _terms(family, months), 3_600 // months

    def raw() -> object:
        return tuple((n, plus(_START, _MONTHLY, n), _PRINCIPAL, n) for n in range(1, months + 1))

    pair = Pair.empty()
    for _ in range(TURNS):
        pair.ours.append(_seconds(lambda: _make(terms), repeats))
        pair.raw.append(_seconds(raw, repeats))
    return pair


def _seconds(make: Callable[[], object], repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        make()
    return (time.process_time() - began) / repeats
