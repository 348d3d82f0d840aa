"""Terms: one frozen value, equal when the agreement is equal. Amounts are integer minor units of ``Terms.currency``."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.calendars import EVERY_DAY
from services.servicing.domain.calendar.business_days import Adjustment
from services.servicing.domain.terms.words import (
    Anchor,
    ChargeBasis,
    ChargeTime,
    Component,
    Counting,
    Due,
    Family,
    FutureRule,
    InterestBy,
    Leap,
    Method,
    MonthEnd,
    Preclosure,
    Prepaid,
    Processing,
    Remainder,
    Rest,
    RoundingMode,
    Stub,
    TransactionKind,
    Unit,
)

_DAYS_A_YEAR = 365
_EIGHT_DECIMALS = Decimal("0.00000001")


class Span(NamedTuple):
    """A length of time, or a frequency: every so many units."""

    every: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Rate:
    """Contract rate: ``percent`` of the balance per ``per``, or for the whole term.

    :attr:`Terms.annual_percent` makes it that of a year.
    """

    percent: Decimal
    per: Unit = Unit.YEAR
    whole_term: bool = False
    """The percentage is that of all instalments together; ``per`` then says nothing."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """Days of a year and of a month; ``None`` counts the actual ones."""

    year: int | None = None
    month: int | None = None
    leap: Leap = Leap.CALENDAR_YEAR
    new_year_on_first: bool = False
    """A period over New Year is split on 1 January, otherwise on 31 December: it follows the day interest is recognised on."""
    convention: str | None = None
    """A named convention of :data:`~services.servicing.domain.calendar.day_count.DAY_COUNTS` in place of year and month."""
    counting: Counting = Counting.FIRST_DAY
    """Which end of a span a named convention counts."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """One mode and one precision for everything that divides (rule 4)."""

    mode: RoundingMode = RoundingMode.HALF_EVEN
    digits: int = 19
    """Significant digits kept between steps."""
    currency_digits: int = 2
    multiple: int | None = None
    """Instalments are rounded to a multiple of this, in minor units."""
    remainder: Remainder = Remainder.LAST
    """Which row takes in what rounding leaves of equal parts of principal; level instalments leave it to the last."""


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
    averages: bool = True
    """Flat interest that waits is averaged over the rows that pay any; otherwise the first of them asks for all of it."""


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
class Growth:
    """How a graded instalment grows: by a percentage of itself or by an amount, one of the two; negative ones make it fall."""

    every: int = 12
    """After so many instalments."""
    percent: Decimal | None = None
    amount: int | None = None
    """Minor units."""


@dataclass(frozen=True, slots=True)
class Balloon:
    """What is left for the last row: an agreed amount, or what a longer series of level instalments would still owe."""

    amount: int | None = None
    """Principal in minor units, beside the level instalment of the last row."""
    over: int | None = None
    """The instalment is that of so many rows."""


class Planned(NamedTuple):
    """One row of a custom plan."""

    due: date
    principal: int
    """Minor units; none in a row of interest alone."""


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A weekday of the month, e.g. the third Friday."""

    nth: int
    """First to fourth, or -1 for the last."""
    weekday: int
    """ISO: Monday is 1."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Interest settlement day 结息日, whatever the days of principal: interest to it, that day included, is paid a little later."""

    day: int = 20
    """Of the month; a month that is too short has it on its last day."""
    payable_after: int = 1
    """Days after it on which the interest falls due."""
    every: int = 1
    """Months: 3 for each quarter, the last one in March, June, September and December."""


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Where a due date goes that is no business day, by a calendar of a named version."""

    adjustment: Adjustment
    calendar: str = EVERY_DAY
    adjusts_interest: bool = True
    """Interest runs to the day that was moved; otherwise to the day as agreed."""


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Interest follows what is really outstanding: early payments lower it, overdue principal goes on bearing it."""

    rest: Rest = Rest.DAILY
    preclosure: Preclosure = Preclosure.CLOSING_DATE
    on_past_due: bool = True
    """Overdue principal bears interest."""
    prepaid: Prepaid = Prepaid.INSTALMENT
    """Of the cumulative family; in the progressive one the order of payments says which rows fall."""
    rest_every: int = 1
    """Days, weeks or months between two rests, counted from the start; rests at due dates have no interval."""


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
    charges_by_own_date: bool = False
    """A charge is due from its own date on, one of every instalment at once, though its row falls due later."""
    rows_from_the_start: bool = False
    """Payments find all rows, also those of a later disbursement or charge: when one is added they are shared out anew.

    Without recalculation only: there rows follow from what was paid.
    """


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
    counted_from: date | None = None
    """The agreed day, where due dates are counted from one; not after the disbursement."""
    first_due: date | None = None
    """An agreed first due date: the first period is a stub, later dates are counted from it."""
    fixed_length: Span | None = None
    """The last instalment falls due this long after the start."""
    nth_weekday: NthWeekday | None = None
    """Due dates are this weekday of their month; the frequency is in months."""
    month_days: tuple[int, int] | None = None
    """Two instalments a month, due on these days, 31 for the last; the frequency is every month."""
    matures: date | None = None
    """Agreed maturity: due dates are counted towards or back from it, as ``stub`` says."""
    stub: Stub | None = None
    """The odd period between the start and the days agreed; short and first unless stated, with a maturity short and last."""
    business_days: BusinessDays | None = None
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
    growth: Growth | None = None
    """Of a graded instalment."""
    balloon: Balloon | None = None
    plan: tuple[Planned, ...] = ()
    """Of a custom plan: as many rows as instalments, the last one on the day the loan matures."""
    settlement: Settlement | None = None
    """Interest falls due on days of its own: rows are those days and the days of principal."""
    recalculation: Recalculation | None = None
    processing: Processing = Processing.HORIZONTAL
    allocations: tuple[Allocation, ...] = ()
    credit_order: CreditOrder | None = None
    interest_refund_for: frozenset[TransactionKind] = field(default_factory=frozenset)
    """Kinds of refunds that also give back the interest their amount has borne."""

    @property
    def annual_percent(self) -> Decimal:
        """The contract rate as percent a year: 12 months, 52 weeks, the days of the day count, 365 where those are actual.

        A rate for the whole term is first divided by its units of the frequency, to eight decimals.
        """
        days = self.day_count.year or _DAYS_A_YEAR
        a_year = {Unit.YEAR: 1, Unit.MONTH: 12, Unit.WEEK: 52, Unit.DAY: days}
        if not self.rate.whole_term:
            return self.rate.percent * a_year[self.rate.per]
        count = max(1, self.instalments * self.frequency.every)
        of_a_unit = (self.rate.percent / count).quantize(_EIGHT_DECIMALS, rounding=self.rounding.mode)
        return of_a_unit * a_year[self.frequency.unit]

    def major(self, units: int) -> Decimal:
        """Minor units as an amount in major ones."""
        return Decimal(units).scaleb(-self.rounding.currency_digits)
