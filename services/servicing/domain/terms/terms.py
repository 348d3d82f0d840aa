"""Terms: one frozen value, equal when the agreement is equal. Amounts are integer minor units of ``Terms.currency``."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.servicing.domain.terms.words import (
    Anchor,
    ChargeBasis,
    ChargeTime,
    Component,
    Due,
    Family,
    FutureRule,
    InterestBy,
    Leap,
    Method,
    MonthEnd,
    Preclosure,
    Processing,
    Rest,
    RoundingMode,
    TransactionKind,
    Unit,
)


class Span(NamedTuple):
    """A length of time, or a frequency: every so many units."""

    every: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Rate:
    """Contract rate: ``percent`` of the balance per ``per``."""

    percent: Decimal
    per: Unit = Unit.YEAR

    @property
    def annual(self) -> Decimal:
        """Percent a year: a year has 12 months, 52 weeks, 365 days."""
        return self.percent * {Unit.YEAR: 1, Unit.MONTH: 12, Unit.WEEK: 52, Unit.DAY: 365}[self.per]


@dataclass(frozen=True, slots=True)
class DayCount:
    """Days of a year and of a month; ``None`` counts the actual ones."""

    year: int | None = None
    month: int | None = None
    leap: Leap = Leap.CALENDAR_YEAR
    new_year_on_first: bool = False
    """A period over New Year is split on 1 January, otherwise on 31 December: it follows the day interest is recognised on."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """One mode and one precision for everything that divides (rule 4)."""

    mode: RoundingMode = RoundingMode.HALF_EVEN
    digits: int = 19
    """Significant digits kept between steps."""
    currency_digits: int = 2
    multiple: int | None = None
    """Instalments are rounded to a multiple of this, in minor units."""


@dataclass(frozen=True, slots=True)
class Grace:
    """Four things that are called grace (rule 2); the first three in instalments, the last in days."""

    principal: int = 0
    """No principal falls due."""
    interest_payment: int = 0
    """Interest accrues and falls due after."""
    interest_charged: int = 0
    """No interest is charged."""
    arrears_days: int = 0
    """宽限期: days without penalty and without arrears."""


@dataclass(frozen=True, slots=True)
class DownPayment:
    """Part of each disbursement that is due on its date as a row of its own."""

    percent: Decimal
    automatic: bool = False
    """The system pays it at once."""


@dataclass(frozen=True, slots=True)
class Tranche:
    """A planned disbursement."""

    expected: date
    amount: int


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Interest follows what is really outstanding: early payments lower it, overdue principal goes on bearing it."""

    rest: Rest = Rest.DAILY
    preclosure: Preclosure = Preclosure.CLOSING_DATE
    on_past_due: bool = True
    """Overdue principal bears interest."""


class Slot(NamedTuple):
    """One place of an allocation order."""

    due: Due
    component: Component


@dataclass(frozen=True, slots=True)
class Allocation:
    """Order in which a kind of transaction settles a debt; ``kind`` ``None`` is the order of every kind not named."""

    kind: TransactionKind | None
    order: tuple[Slot, ...]
    future: FutureRule = FutureRule.NEXT


@dataclass(frozen=True, slots=True)
class CreditOrder:
    """Order in which a chargeback claims back what a payment had settled; without one it claims principal."""

    order: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or penalty of the signed cost table."""

    time: ChargeTime
    basis: ChargeBasis
    amount: Decimal
    """Minor units where flat, otherwise percent."""
    penalty: bool = False
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything agreed that decides a figure of the loan."""

    family: Family
    method: Method
    currency: str
    principal: int
    """Agreed amount 合同金额."""
    rate: Rate
    instalments: int
    frequency: Span
    anchor: Anchor = Anchor.DISBURSEMENT
    applied: date | None = None
    """Date of the application, where due dates are counted from it."""
    first_due: date | None = None
    """An agreed first due date: the first period is a stub, later dates are counted from it."""
    fixed_length: Span | None = None
    """The last instalment falls due this long after the start."""
    month_end: MonthEnd = MonthEnd.KEEP_DAY
    day_count: DayCount = DayCount()
    interest_by: InterestBy = InterestBy.DAY
    partial_periods: bool = True
    """Interest by period counts the days of a period in which the balance changed; otherwise a change counts from its start."""
    rounding: Rounding = Rounding()
    grace: Grace = Grace()
    down_payment: DownPayment | None = None
    tranches: tuple[Tranche, ...] = ()
    full_term_tranches: bool = False
    """Each disbursement is repaid over the full number of instalments from its own period on."""
    fixed_instalment: int | None = None
    recalculation: Recalculation | None = None
    processing: Processing = Processing.HORIZONTAL
    allocations: tuple[Allocation, ...] = ()
    credit_order: CreditOrder | None = None
    interest_refund_for: frozenset[TransactionKind] = field(default_factory=frozenset)
    """Kinds of refunds that also give back the interest their amount has borne."""
