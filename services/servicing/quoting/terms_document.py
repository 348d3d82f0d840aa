"""Terms as JSON: a closed form in which each field is documented and what is not given has a stated default.

Amounts are in major units and, like percentages, decimals in JSON strings; dates are ``YYYY-MM-DD``. Field names are those of
:class:`services.servicing.domain.terms.Terms`, so that an objection of the engine names the field that was written.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.agreement import LenderType
from schemas.calendars import EVERY_DAY
from schemas.fields import PLAIN_DECIMAL, Code, IsoDate, Line, whole
from services.servicing.domain.cost.aprc import MORTGAGE_2014
from services.servicing.domain.cost.cost_table import Headline
from services.servicing.domain.terms import (
    Adjustment,
    Anchor,
    ChargeBasis,
    ChargeTime,
    Component,
    Counting,
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

Amount = Annotated[Decimal, PLAIN_DECIMAL, Field(examples=["120000.00"])]
Percent = Annotated[Decimal, PLAIN_DECIMAL, Field(examples=["7.2"])]
Flag = Annotated[bool, Field(strict=True)]
MOST = 10_000
"""Bound of lists and counts, so that reading a document is bounded work."""


class Part(BaseModel):
    """A part of a document: closed, never changed, its fields described where they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SpanDocument(Part):
    """A length of time, or a frequency."""

    every: Annotated[int, whole(1, MOST)]
    """So many units."""
    unit: Unit
    """Day, week, month or year."""


class RateDocument(Part):
    """Contract rate."""

    percent: Percent
    """Percent of the balance per `per`; of a flat loan, of what was disbursed."""
    per: Unit = Unit.YEAR
    """A year has 12 months, 52 weeks, and the days of `day_count.year`, 365 where those are actual."""
    whole_term: Flag = False
    """The percentage is that of all instalments together, whatever `per` says."""


class DayCountDocument(Part):
    """Days of a year and of a month."""

    year: Annotated[int, whole(1, 400)] | None = None
    """Days of a year; none counts the actual ones, in the cumulative family 365."""
    month: Annotated[int, whole(1, 31)] | None = None
    """30, or none for the actual days."""
    leap: Leap = Leap.CALENDAR_YEAR
    """Which periods have a year of 366 days, where the actual days of the year count."""
    new_year_on_first: Flag = False
    """A period over New Year is split on 1 January instead of 31 December."""
    convention: Annotated[str, Field(max_length=40, examples=["30E/360"])] | None = None
    """A named convention in place of year and month, e.g. `ACT/ACT ISDA`, `30/360 US`, `30E/360 ISDA`; with interest by day."""
    counting: Counting = Counting.FIRST_DAY
    """Which end of a span a named convention counts 算头不算尾."""


class RoundingDocument(Part):
    """How everything that divides is rounded."""

    mode: RoundingMode | None = None
    """Half-up in the cumulative family and half-even in the progressive one, unless stated."""
    digits: Annotated[int, whole(1, 40)] = 19
    """Significant digits kept between two roundings, at least 12."""
    multiple: Amount | None = None
    """Instalments are rounded to a multiple of this amount."""
    remainder: Remainder = Remainder.LAST
    """Which row takes in what rounding leaves of equal parts of principal."""


class GraceDocument(Part):
    """Four things that are called grace."""

    principal: Annotated[int, whole(0, MOST)] = 0
    """Instalments in which no principal falls due."""
    interest_payment: Annotated[int, whole(0, MOST)] = 0
    """Instalments whose interest falls due after them."""
    interest_charged: Annotated[int, whole(0, MOST)] = 0
    """Instalments for which no interest arises."""
    arrears_days: Annotated[int, whole(0, MOST)] = 0
    """宽限期: days without penalty and without arrears."""
    averages: Flag = True
    """Flat interest that waits is averaged over the rows that pay any; otherwise the first of them asks for all of it."""


class DownPaymentDocument(Part):
    """Part of each disbursement that is due on its day."""

    percent: Percent
    """Percent of the disbursement."""
    automatic: Flag = False
    """It counts as paid at once."""


class TrancheDocument(Part):
    """A planned disbursement."""

    expected: IsoDate
    """Its day."""
    amount: Amount
    """What is paid out."""


class GrowthDocument(Part):
    """How a graded instalment grows: by one of the two."""

    every: Annotated[int, whole(1, MOST)] = 12
    """After so many instalments."""
    percent: Percent | None = None
    """Of itself 等比; negative where it falls."""
    amount: Amount | None = None
    """By an amount 等差; negative where it falls."""


class BalloonDocument(Part):
    """What is left for the last row 尾款: one of the two."""

    amount: Amount | None = None
    """Principal beside the level instalment of the last row."""
    over: Annotated[int, whole(1, MOST)] | None = None
    """The instalment is that of so many rows, the last one takes what is left."""


class PlannedDocument(Part):
    """One row of a custom plan."""

    due: IsoDate
    """Its day."""
    principal: Annotated[Decimal, PLAIN_DECIMAL, Field(examples=["30000.00"])]
    """Principal; 0 in a row of interest alone."""


class NthWeekdayDocument(Part):
    """A weekday of the month, e.g. the third Friday."""

    nth: Annotated[int, whole(-1, 4)]
    """1 to 4, or -1 for the last."""
    weekday: Annotated[int, whole(1, 7)]
    """1 for Monday to 7 for Sunday."""


class SettlementDocument(Part):
    """Interest settlement day 结息日: interest up to it, that day included, falls due a little later."""

    day: Annotated[int, whole(1, 31)] = 20
    """Of the month."""
    payable_after: Annotated[int, whole(1, 15)] = 1
    """Days after it."""
    every: Annotated[int, whole(1, 12)] = 1
    """Months; 3 for quarters that end in March, June, September and December."""


class BusinessDaysDocument(Part):
    """Where a due date goes that is no business day."""

    adjustment: Adjustment
    """Which way."""
    calendar: Annotated[str, Field(max_length=64)] = EVERY_DAY
    """Version of the calendar; `china/2026a` has make-up working days 调休."""
    adjusts_interest: Flag | None = None
    """Interest runs to the day that was moved; true where interest is by day, unless stated."""


class RecalculationDocument(Part):
    """Interest follows what is really outstanding."""

    rest: Rest = Rest.DAILY
    """From when a payment changes the balance: its day, the next weekly or monthly rest, or the due date."""
    rest_every: Annotated[int, whole(1, 400)] = 1
    """Days, weeks or months between two rests, counted from the start; cumulative family."""
    preclosure: Preclosure = Preclosure.CLOSING_DATE
    """Until when a loan that is closed early bears interest."""
    on_past_due: Flag = True
    """Overdue principal bears interest."""
    prepaid: Prepaid = Prepaid.INSTALMENT
    """What principal repaid early makes of later rows; cumulative family."""


class AllocationDocument(Part):
    """In which order a kind of transaction settles the debt."""

    kind: TransactionKind | None = None
    """None: every kind that has no order of its own."""
    order: Annotated[tuple[str, ...], Field(max_length=18)]
    """Twelve slots, class and component, e.g. `past-due penalty`, `due interest`, `in-advance principal`; or eighteen, with
    `cost` beside `fee` and `compound` beside `penalty`, which the ledger keeps as one claim each."""
    future: FutureRule = FutureRule.NEXT
    """Which instalments a payment in advance settles."""


class ChargeDocument(Part):
    """A fee of the signed cost table; any other charge is refused when it is asked for."""

    code: Code
    """Names it, once."""
    name: Annotated[Line, Field(min_length=1)] | None = None
    """What the borrower reads; the code where it is not given."""
    time: ChargeTime
    """When it falls due."""
    basis: ChargeBasis = ChargeBasis.FLAT
    """What it is a part of."""
    amount: Amount | None = None
    """Of a flat charge."""
    percent: Percent | None = None
    """Of any other."""
    due: IsoDate | None = None
    """Of a charge with a due date."""
    penalty: Flag = False
    """It settles in the place of penalties."""
    collected_by: Annotated[Line, Field(min_length=1)] = "lender"
    """Who gets it."""


class ContingentDocument(Part):
    """What falls due on default only: stands in the cost table in a block of its own, and in no total."""

    code: Code
    """Names it, once."""
    name: Annotated[Line, Field(min_length=1)]
    """What the borrower reads."""
    method: Annotated[Line, Field(min_length=1)]
    """How it is charged."""
    standard: Annotated[Line, Field(min_length=1)]
    """Rate or amount."""
    collected_by: Annotated[Line, Field(min_length=1)] = "lender"
    """Who gets it."""


class TermsDocument(Part):
    """What is agreed when the contract is signed."""

    method: Method
    """Repayment method 还款方式."""
    principal: Amount
    """Agreed amount 合同金额."""
    rate: RateDocument
    """Contract rate."""
    instalments: Annotated[int, whole(1, MOST)]
    """How many."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CNY"])] = "CNY"
    """ISO 4217."""
    family: Family = Family.CUMULATIVE
    """Convention of the arithmetic."""
    frequency: SpanDocument = SpanDocument(every=1, unit=Unit.MONTH)
    """One instalment every so often."""
    anchor: Anchor = Anchor.DISBURSEMENT
    """From which day due dates are counted."""
    applied: IsoDate | None = None
    """Day of the application, where due dates are counted from it."""
    counted_from: IsoDate | None = None
    """Day of the contract from which due dates are counted with the anchor `agreed`, e.g. of the delivery."""
    first_due: IsoDate | None = None
    """Agreed first due date: the first period is a stub, later ones are counted from it."""
    fixed_length: SpanDocument | None = None
    """The last instalment falls due this long after the start."""
    nth_weekday: NthWeekdayDocument | None = None
    """Due dates are a weekday of the month; a frequency in months."""
    month_days: tuple[Annotated[int, whole(1, 31)], Annotated[int, whole(1, 31)]] | None = None
    """Two instalments a month, due on these days; 31 for the last."""
    matures: IsoDate | None = None
    """Agreed maturity: due dates are counted towards it or back from it."""
    stub: Stub | None = None
    """The odd period before days of a pattern, or beside a maturity."""
    business_days: BusinessDaysDocument | None = None
    """Due dates are business days."""
    month_end: MonthEnd = MonthEnd.KEEP_DAY
    """What becomes of a day 29 to 31 after a short month."""
    day_count: DayCountDocument = DayCountDocument()
    """How days become parts of a year."""
    interest_by: InterestBy | None = None
    """By period in the cumulative family and by day in the progressive one, unless stated."""
    partial_periods: Flag = True
    """Interest by period counts the days of a period in which the balance changed."""
    rounding: RoundingDocument = RoundingDocument()
    """Mode, digits, multiple."""
    grace: GraceDocument = GraceDocument()
    """None, unless stated."""
    down_payment: DownPaymentDocument | None = None
    """Part of each disbursement that is due on its day."""
    tranches: Annotated[tuple[TrancheDocument, ...], Field(max_length=120)] = ()
    """Planned disbursements; none: all on the first day."""
    full_term_tranches: Flag = False
    """Each tranche is repaid over the full number of instalments; progressive family."""
    fixed_instalment: Amount | None = None
    """Agreed instalment of the method of equal instalments."""
    growth: GrowthDocument | None = None
    """Of the method graded."""
    balloon: BalloonDocument | None = None
    """Of the method balloon."""
    plan: Annotated[tuple[PlannedDocument, ...], Field(max_length=1200)] = ()
    """Of the method custom: principal sums to that of the loan."""
    settlement: SettlementDocument | None = None
    """Interest falls due on days of its own."""
    recalculation: RecalculationDocument | None = None
    """Interest follows what is really outstanding."""
    processing: Processing = Processing.HORIZONTAL
    """In which direction an order is read."""
    allocations: Annotated[tuple[AllocationDocument, ...], Field(max_length=len(TransactionKind) + 1)] = ()
    """None: what is past due, due, in advance; in each fee, penalty, interest, principal (Civil Code 561)."""
    credit_order: Annotated[tuple[Component, ...], Field(max_length=len(Component))] | None = None
    """In which order a chargeback claims back; none: principal."""
    interest_refund_for: Annotated[tuple[TransactionKind, ...], Field(max_length=len(TransactionKind))] = ()
    """Kinds of refunds that give back interest too."""
    charges: Annotated[tuple[ChargeDocument, ...], Field(max_length=100)] = ()
    """Fees in normal performance."""


class QuoteDocument(TermsDocument):
    """Terms, and what a quote wants to know besides."""

    start: IsoDate
    """Day of the disbursement."""
    lender_type: LenderType | None = None
    """Who lends; with `signed`, the caps are tested."""
    signed: IsoDate | None = None
    """Day of the contract, which decides the cap."""
    headline: Headline = Headline.NOMINAL
    """Which annual rate the product prints first; both are printed, each under its name."""
    aprc_version: Annotated[str, Field(max_length=64)] = MORTGAGE_2014.code
    """Version of the rule for the APRC."""
    contingent: Annotated[tuple[ContingentDocument, ...], Field(max_length=100)] = ()
    """What falls due on default only."""
