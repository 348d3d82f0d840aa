"""How a loan stood on any value date, as it was known at any time: the facts of two times 双时态.

What is known are its events recorded by then; how it stood is its ledger written anew from them up to the value date. A payment
recorded today with last month's value date is therefore in the answer for last month, unless what was known then is asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from schemas.money import minor
from schemas.servicing.events import (
    ClaimSold,
    InstallmentDue,
    LoanBooked,
    PenaltyCharged,
    Settled,
    WrittenOff,
)
from services.servicing.domain.loan.arrears import accruing, days_past_due, past_due
from services.servicing.domain.loan.daily.overdue_interest import COMPOUND
from services.servicing.domain.loan.evolve import evolve
from services.servicing.domain.loan.money import component_units
from services.servicing.domain.loan.packing import Allocation, Balance, unpack_base
from services.servicing.domain.loan.rewriting import Entry, Happened, counts_from, entries, rewrite
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    months_of,
    outstanding_principal,
    terms_of,
)

_COMPONENTS = Allocation._fields[1:]


class Known(NamedTuple):
    """An event of the loan and the business day on which it was decided."""

    event: Any
    business_date: date


class Line(NamedTuple):
    """A line of a statement 对账单: what was charged or paid on a day, minor units by component."""

    day: date
    kind: str
    """``disbursement``, ``instalment``, ``penalty``, ``compound``, ``charge``, ``payment`` or ``waiver``."""
    number: int
    """Of the instalment or of the payment, counted from 1; 0 where there is none."""
    amounts: Allocation
    outstanding: int
    """Principal outstanding after it."""


class AsOf(NamedTuple):
    """A loan on one value date."""

    loan: Loan
    day: date
    lines: tuple[Line, ...]
    """From the day of disbursement, or from the day from which the present schedule counts."""

    @property
    def balances(self) -> list[Balance]:
        """Every instalment with what was unpaid of it."""
        return [balance(self.loan, number) for number in range(1, months_of(self.loan) + 1)]

    @property
    def outstanding(self) -> int:
        """Principal outstanding."""
        return outstanding_principal(self.loan)

    @property
    def late(self) -> list[Balance]:
        """Instalments past due."""
        return past_due(self.loan, self.day) if self.loan.status is Status.ACTIVE else []

    @property
    def days_past_due(self) -> int:
        """DPD."""
        return days_past_due(self.late, terms_of(self.loan), self.day)

    def not_posted(self, instalment: Balance) -> int:
        """Overdue and compound interest that had accrued on an instalment and was not posted yet."""
        if self.loan.status is not Status.ACTIVE:
            return 0
        return sum(charge.amount for charge in accruing(self.loan).charges(instalment, self.day))


def as_of(known: Sequence[Known], loan_id: str, day: date) -> AsOf | None:
    """How the loan stood at the end of ``day``; ``None`` when nothing was disbursed by then, or nothing is known of it."""
    booked = next((fact.event for fact in known if isinstance(fact.event, LoanBooked)), None)
    if booked is None or booked.value_date > day:
        return None
    loan = _before_what_rests_on_later_days(known, day)
    assert loan is not None
    ended = [fact for fact in known if isinstance(fact.event, WrittenOff | ClaimSold) and fact.business_date <= day]
    written = [entry for entry in entries(loan) if counts_from(loan, entry.day) <= day]
    after = rewrite(loan, loan_id, written, ended[0].business_date if ended else day)
    lines = tuple(_lines(after.happened, loan, booked))
    if ended:
        off = _folded([fact for fact in known if fact.business_date <= day])
        assert off is not None
        return AsOf(off, day, lines)
    return AsOf(after.loan, day, lines)


def _before_what_rests_on_later_days(known: Sequence[Known], day: date) -> Loan | None:
    """The loan as everything made it that was decided before the first thing that no value date up to ``day`` reaches."""
    loan: Loan | None = None
    for fact in known:
        if isinstance(fact.event, WrittenOff | ClaimSold | Settled):
            continue
        after = evolve(loan, fact.event)
        base = unpack_base(after.base) if after else None
        if base is not None and base.day > day:
            break
        loan = after
    return loan


def _folded(known: Iterable[Known]) -> Loan | None:
    loan: Loan | None = None
    for fact in known:
        loan = evolve(loan, fact.event)
    return loan


def _lines(happened: Iterable[Happened], loan: Loan, booked: LoanBooked) -> Iterator[Line]:
    """The statement's lines, each with the principal outstanding after it."""
    principal = sum(component_units(row)["principal"] for row in booked.schedule)
    if not loan.base:
        yield Line(booked.value_date, "disbursement", 0, Allocation(0, principal, 0, 0), principal)
    for one in happened:
        line = _line(one, principal)
        if line is not None:
            principal = line.outstanding
            yield line


def _line(one: Happened, principal: int) -> Line | None:
    event = one.what
    if isinstance(event, Entry):
        paid = _sum(one.allocations)
        if event.charged:
            return Line(one.day, "charge", 0, paid, principal)
        kind = "payment" if event.number else "waiver"
        return Line(one.day, kind, event.number, paid, principal - paid.principal)
    if isinstance(event, InstallmentDue):
        owed = component_units(event)
        return Line(one.day, "instalment", event.number, Allocation(event.number, **owed), principal)
    if isinstance(event, PenaltyCharged):
        component = "compound" if event.kind == COMPOUND else "penalty"
        charged = Allocation(event.number, 0, 0, 0)._replace(**{component: minor(event.amount)})
        return Line(one.day, component, event.number, charged, principal)
    return None


def _sum(parts: Iterable[Allocation]) -> Allocation:
    kept = list(parts)
    return Allocation(0, *(sum(getattr(part, name) for part in kept) for name in _COMPONENTS))
