"""A schedule of n instalments beside a loop that makes the dates and one tuple a row."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from benchmarks.measuring import Pair, Result
from schemas.terms import RepaymentMethod
from services.servicing.domain.rules import CN_BANK_1, cn_bank_1, schedule

TURNS = 15
_PRINCIPAL, _RATE, _START = 12_345_678, Decimal("0.144"), date(2026, 1, 31)
_SHORT, _LONG = 12, 360
_RULES = replace(CN_BANK_1, due_date=cn_bank_1.due_date.__wrapped__)
"""Without the memory of due dates: here every date is to be made, by both."""


def measure() -> list[Result]:
    """The multiple at 12, 36 and 360 instalments, and whether time grows as n does."""
    pairs = {months: _compare(months) for months in (_SHORT, 36, _LONG)}
    worst = max(pair.multiple for pair in pairs.values())
    detail = ", ".join(f"{months}: {pair.multiple:.1f} ×" for months, pair in pairs.items())
    growth = (min(pairs[_LONG].ours) / _LONG) / (min(pairs[36].ours) / 36)
    return [
        Result(
            "schedule of n instalments",
            "≤ 3 × a loop of dates and tuples",
            f"{worst:.1f} ×",
            worst <= 3,
            f"{detail}; {min(pairs[_LONG].ours) * 1e6 / _LONG:.2f} µs a row of 360",
        ),
        Result(
            "schedule, time a row at 360 against 36", "linear in n", f"{growth:.2f} ×", growth <= 1.25, "1.0 is linear"
        ),
    ]


def _compare(months: int) -> Pair:
    method, repeats = RepaymentMethod.EQUAL_INSTALMENT, 7_200 // months
    due_date = _RULES.due_date

    def ours() -> object:
        return schedule(_RULES, method, _PRINCIPAL, months, _RATE, _START)

    def raw() -> object:
        return tuple((n, due_date(_START, n), _PRINCIPAL, n) for n in range(1, months + 1))

    pair = Pair.empty()
    for _ in range(TURNS):
        pair.ours.append(_seconds(ours, repeats))
        pair.raw.append(_seconds(raw, repeats))
    return pair


def _seconds(make: Callable[[], object], repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        make()
    return (time.process_time() - began) / repeats
