"""The running period of a loan on a day: what interest is earned, what is paid ahead, what the rest of the period asks for."""

from datetime import date
from typing import NamedTuple

from schemas.agreement import Prepayment, RunningInterest
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import (
    Loan,
    balance,
    changes_of,
    due_date,
    months_of,
    schedule_of,
    terms_of,
)

PLAIN = Prepayment()
"""Nothing agreed about early repayment."""


class Ahead(NamedTuple):
    """A row that is not due yet."""

    asked_principal: int
    asked_interest: int
    unpaid: Balance

    @property
    def settled_principal(self) -> int:
        """Paid or waived ahead."""
        return self.asked_principal - self.unpaid.principal

    @property
    def settled_interest(self) -> int:
        """Paid or waived ahead."""
        return self.asked_interest - self.unpaid.interest

    @property
    def charges(self) -> int:
        """Fees, costs and other charges that stand on it."""
        return self.unpaid.total - self.unpaid.principal - self.unpaid.interest

    @property
    def free(self) -> bool:
        """Whether nothing was paid of it and nothing else stands on it: a change may replace it."""
        return not (self.settled_principal or self.settled_interest or self.charges)


class Running(NamedTuple):
    """A loan on a day, as far as rows go that are not due yet; minor units."""

    day: date
    first: int
    """Number of the first row that is not due; one more than there are when all are."""
    ahead: tuple[Ahead, ...]
    opening: int
    """Principal on which the running period's interest is scheduled."""
    earned: int
    """Of the running row's interest, to the day, exclusive."""
    deferred: int
    """In the interest of later rows, what was earned in a payment holiday: more than a month's on their principal."""

    @property
    def interest(self) -> int:
        """The running row's interest."""
        return self.ahead[0].asked_interest if self.ahead else 0

    @property
    def principal(self) -> int:
        """Unpaid, not yet due."""
        return sum(row.unpaid.principal for row in self.ahead)

    @property
    def paid_ahead(self) -> int:
        """Interest of rows not yet due that is paid."""
        return sum(row.settled_interest for row in self.ahead)

    @property
    def unused(self) -> int:
        """Interest paid ahead that is not earned, as far as there is principal for it to pay."""
        return min(max(0, self.paid_ahead - self.earned), self.principal)

    @property
    def owed(self) -> int:
        """Interest earned and not paid."""
        return max(0, self.earned - self.paid_ahead)

    @property
    def owed_in_all(self) -> int:
        """Interest earned and not paid, that of a holiday included."""
        return self.owed + self.deferred

    @property
    def free(self) -> tuple[Ahead, ...]:
        """The rows that a change may replace."""
        return self.ahead[self.free_from - self.first :]

    @property
    def free_principal(self) -> int:
        """Their principal."""
        return sum(row.unpaid.principal for row in self.free)

    @property
    def charges(self) -> int:
        """Fees, costs and other charges on rows that are not due."""
        return sum(row.charges for row in self.ahead)

    @property
    def free_from(self) -> int:
        """Number of the first row after which every row may be replaced."""
        taken = [row.unpaid.number for row in self.ahead if not row.free]
        return taken[-1] + 1 if taken else self.first

    def rest(self, principal: int) -> int:
        """What the days to come of the period earn on ``principal``: in proportion, half-up, so never more than before."""
        left = self.interest - self.earned
        return half_up(left * principal, self.opening) if self.opening else 0


def running(loan: Loan, day: date) -> Running:
    """The loan on ``day``, which is no earlier than the last row that became due."""
    schedule = schedule_of(loan)
    count = months_of(loan)
    first = next((n for n in range(loan.announced + 1, count + 1) if due_date(loan, n) > day), count + 1)
    ahead = tuple(
        Ahead(schedule.principal[n - 1], schedule.interest[n - 1], balance(loan, n)) for n in range(first, count + 1)
    )
    opening = sum(row.asked_principal for row in ahead)
    if not ahead:
        return Running(day, first, ahead, 0, 0, 0)
    return Running(day, first, ahead, opening, _earned(loan, first, opening, day), _deferred(loan, ahead, opening))


def _deferred(loan: Loan, ahead: tuple[Ahead, ...], opening: int) -> int:
    numerator, denominator = terms_of(loan).annual_rate.as_integer_ratio()
    found, left = 0, opening
    for index, row in enumerate(ahead):
        if index and row.free:
            found += max(0, row.asked_interest - half_up(left * numerator, denominator * 12))
        left -= row.asked_principal
    return found


def _earned(loan: Loan, first: int, opening: int, day: date) -> int:
    """By day from the due date before, or from the last change; never more than the row's interest."""
    terms = terms_of(loan)
    whole = schedule_of(loan).interest[first - 1]
    start = due_date(loan, first - 1) if first > 1 else loan.value_date
    facts, before = changes_of(loan), 0
    if facts.accrued_to is not None and facts.accrued_to >= start:
        start, before = facts.accrued_to, facts.accrued
    agreed = terms.agreement.prepayment or PLAIN
    if agreed.running_interest is RunningInterest.WHOLE_PERIOD:
        return whole if day > start else min(whole, before)
    days = max(0, (day - start).days)
    numerator, denominator = terms.annual_rate.as_integer_ratio()
    return min(whole, before + half_up(opening * numerator * days, denominator * terms.day_basis))


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two non-negative integers, rounded half-up."""
    return (2 * numerator + denominator) // (2 * denominator)


def charges_of(unpaid: Balance) -> dict[str, int]:
    """What is unpaid besides principal and interest, by component."""
    amounts = {name: getattr(unpaid, name) for name in COMPONENT_NAMES}
    return amounts | {"principal": 0, "interest": 0}
