"""Terms and entries for tests, in minor units of CNY."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.servicing.domain.terms import (
    Allocation,
    Charge,
    ChargeBasis,
    ChargeTime,
    Component,
    DayCount,
    Due,
    Family,
    FutureRule,
    InterestBy,
    Method,
    Rate,
    Recalculation,
    Rounding,
    RoundingMode,
    Slot,
    Span,
    Terms,
    TransactionKind,
    Unit,
)
from services.servicing.domain.transactions import ChargeAdded, Disbursed, Paid, Position, run
from services.servicing.domain.transactions.position import Line, RowKind

START = date(2026, 3, 31)
ORDER = tuple(Slot(due, part) for due in Due for part in Component)
"""Penalty, fee, interest, principal: what is past due first, then what is due, then in advance."""

PLAIN = Terms(
    family=Family.PROGRESSIVE,
    method=Method.EQUAL_INSTALMENT,
    currency="CNY",
    principal=600_000,
    rate=Rate(Decimal(12)),
    instalments=6,
    frequency=Span(1, Unit.MONTH),
    day_count=DayCount(360, 30),
    recalculation=Recalculation(),
    allocations=(Allocation(None, ORDER),),
)

CHINESE = replace(
    PLAIN,
    family=Family.CUMULATIVE,
    day_count=DayCount(360),
    interest_by=InterestBy.PERIOD,
    recalculation=None,
    rounding=Rounding(RoundingMode.HALF_UP),
)


def terms(base: Terms = PLAIN, future: FutureRule = FutureRule.NEXT, **changes: Any) -> Terms:
    """``base`` with other values."""
    return replace(base, allocations=(Allocation(None, ORDER, future),), **changes)


def disbursed(amount: int = 600_000, day: date = START, known: date | None = None) -> Disbursed:
    return Disbursed(known=known or day, value_date=day, amount=amount)


def paid(amount: int, day: date, known: date | None = None, kind: TransactionKind = TransactionKind.REPAYMENT) -> Paid:
    return Paid(known=known or day, value_date=day, amount=amount, kind=kind)


def fee(amount: int, due: date, known: date) -> ChargeAdded:
    charge = Charge(ChargeTime.DUE_DATE, ChargeBasis.FLAT, Decimal(amount), due=due)
    return ChargeAdded(known=known, charge=charge)


def rows(position: Position) -> list[Line]:
    """Instalments and down payments, without the lines of disbursements."""
    return [line for line in position.lines if line.kind is not RowKind.DISBURSEMENT]


def asked(position: Position) -> list[tuple[int, int]]:
    """(principal, interest) of each row."""
    return [(line.principal, line.interest) for line in rows(position)]


def simple(base: Terms = PLAIN, amount: int = 600_000) -> Position:
    """A loan of which only ``amount`` was disbursed."""
    return run(base, [disbursed(amount)])
