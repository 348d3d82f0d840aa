"""Contract interest of the running period that has been earned and is not due yet 应计利息."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.terms import Conditions


class Ahead(NamedTuple):
    """An instalment that is not due yet: what is unpaid of it, and the interest that its row asks for."""

    balance: Balance
    interest: int


def running_interest(ahead: Iterable[Ahead], start: date, day: date, terms: Conditions) -> int:
    """Interest from ``start``, the due date before, to ``day``, exclusive, on principal not due yet, minor units.

    By the day at annual rate ÷ day basis, half-up, and never more than the running row asks for, which counts by the month.
    What was paid in advance on interest is taken off.
    """
    rows = list(ahead)
    if not rows or day <= start:
        return 0
    principal = sum(row.balance.principal for row in rows)
    by_day = terms.rules.penalty(principal, terms.annual_rate, terms.day_basis, (day - start).days)
    in_advance = sum(row.interest - row.balance.interest for row in rows)
    return max(0, min(by_day, rows[0].interest) - in_advance)
