"""What a contract may agree beyond the plain instalment loan. A part that is left out is not agreed: the plain rule holds."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.calendars import EVERY_DAY
from schemas.fields import PLAIN_DECIMAL, Code, Line, whole
from schemas.money import Money


class LenderType(StrEnum):
    """Who lends 出借人类型: decides which cap on the price of credit holds."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer-finance"
    SMALL_LOAN_COMPANY = "small-loan-company"
    PRIVATE = "private"
    """Natural persons, unlicensed firms, lenders on a P2P platform, an own book: the private-lending interpretation applies."""


# -- payments: in which order they settle a debt ---------------------------------------------------------------------------


class PaymentKind(StrEnum):
    """What a payment is 入账类型: each kind may have an order of its own."""

    REPAYMENT = "repayment"
    PREPAYMENT = "prepayment"
    """Money that the borrower sends before it is due 提前还款."""
    GOODWILL_CREDIT = "goodwill-credit"
    """The lender pays for the borrower."""
    MERCHANT_REFUND = "merchant-refund"
    """The seller of what was financed gives money back 退货退款."""
    PAYOUT_REFUND = "payout-refund"
    """A part of what was paid out comes back."""
    RECOVERY = "recovery"
    """Money that enforcement brings 清收回款."""


class Processing(StrEnum):
    """How an order runs over the instalments of one class."""

    HORIZONTAL = "horizontal"
    """One instalment after the other, in each all its components 逐期."""
    VERTICAL = "vertical"
    """One component after the other, over all instalments 逐科目."""


class FutureInstalments(StrEnum):
    """Which instalment money in advance pays first."""

    NEXT = "next"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOrder:
    """Order in which a kind of payment settles a debt 冲账顺序."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    slots: Annotated[tuple[Code, ...], Field(min_length=1, max_length=18)]
    """``past-due.penalty``, ``due.interest``, ``in-advance.principal`` …: 18 of three classes and six components, or 12 without
    ``cost``, which is then paid with ``fee``, and ``compound``, paid with ``penalty``. Classes are judged on the value date."""
    kind: PaymentKind | None = None
    """Absent: every kind that has no order of its own."""
    future: FutureInstalments = FutureInstalments.NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationTerms:
    """Orders by kind of payment; left out, the allocation order of the terms holds for all, instalment by instalment."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    orders: Annotated[tuple[AllocationOrder, ...], Field(min_length=1, max_length=10)]
    processing: Processing = Processing.HORIZONTAL


# -- every day: overdue interest, ageing, charges, classes ----------------------------------------------------------------


class OverdueInterest(StrEnum):
    """What principal bears once it is past due 逾期利息: one of these, never two on the same principal and day."""

    PENALTY_RATE = "penalty-rate"
    """The penalty rate takes the place of the contract rate 罚息 (银发〔2003〕251号)."""
    CONTRACT_RATE = "contract-rate"
    """No overdue rate is agreed: the contract rate goes on (private-lending interpretation, art 28)."""
    DAMAGES = "damages"
    """Liquidated damages 违约金 at a rate of their own."""


class SettlementCycle(StrEnum):
    """How often overdue and compound interest is posted 结息周期: on the first day after a month or a quarter of the year."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class ClassTable(StrEnum):
    """By which days past due a claim falls into a class 五级分类."""

    GENERAL = "general"
    """Measures on risk classification of 2023: from day 1, 91, 271 and 361."""
    RETAIL = "retail"
    """The same days; a claim that is no longer past due returns by itself."""
    CARD = "card"
    """Credit cards: from day 1, 91, 121 and 181."""


class ChargeComponent(StrEnum):
    """The component that a charge is claimed as."""

    FEE = "fee"
    COST = "cost"
    """Cost of enforcing the claim 实现债权的费用."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueTerms:
    """Overdue interest 逾期利息; left out, the penalty rate takes the place of the contract rate."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    interest: OverdueInterest = OverdueInterest.PENALTY_RATE
    misuse_multiplier: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=1, le=2)] | None = None
    """Factor without unit on the contract rate once funds are misused 挪用: 1.5 to 2; only the heavier of the two is charged.

    Absent: no heavier rate."""
    damages_rate: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0)] | None = None
    """Damages per year as a fraction of the principal past due, 0.18 = 18 %; absent unless damages are agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingTerms:
    """How days past due are counted 逾期天数."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    calendar: Code = EVERY_DAY
    """Business-day calendar by version: a due date on a free day moves to the next business day; ``every-day/1`` for none."""
    tolerance: Money | None = None
    """Unpaid amounts below this do not age 容差; absent when every cent does."""
    grace_in_contract: bool = True
    """Whether the grace stands in the contract; where not, legal days past due do not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCharge:
    """One row of the signed cost table 综合融资成本明示表; what stands in none of them may not be charged."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    code: Code
    name: Line
    """As the borrower reads it."""
    component: ChargeComponent = ChargeComponent.FEE
    contingent: bool = True
    """Falls due on default only; else it belongs to the total cost in normal performance."""
    most: Money | None = None
    """Most that may be charged at a time; absent where the table states no amount."""
    periods: Annotated[tuple[Annotated[int, whole(0, 360)], ...], Field(max_length=361)] = ()
    """Periods in which ``most`` falls due in normal performance, 0 at payout; none for a contingent charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualTerms:
    """When income stops 非应计 and what is said about accrued interest at a month's end."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    days: Annotated[int, whole(0, 3_650)] = 90
    """Days past due, beyond which the loan is in non-accrual status; the debtor's claim goes on."""
    month_end: bool = True
    """Whether accrued interest is stated when a month is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimeRate:
    """The one-year loan prime rate of the contract date as the contract states it, where the shipped table ends before."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    one_year: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)]
    """Per year as a fraction, 0.03 = 3 %."""
    source: Line
    """Where it stands: the publication, or the clause of the contract."""


class ChargedOffAccrual(StrEnum):
    """What a debtor's claim does once the loan is charged off; income stops either way."""

    CLAIM_ONLY = "claim-only"
    """Interest and penalty go on being owed, as a memorandum 表外."""
    STOPPED = "stopped"
    """No penalty any more, and no interest after the day of the charge-off 停息."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOffTerms:
    """What a charge-off changes for the debtor."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    accrual: ChargedOffAccrual = ChargedOffAccrual.CLAIM_ONLY


# -- prepayment and repricing ----------------------------------------------------------------------------------------------


class RunningInterest(StrEnum):
    """What a prepayment owes of the interest of the running period."""

    BY_DAY = "by-day"
    """按日: annual rate ÷ day basis for each day gone, never more than the period's interest."""
    WHOLE_PERIOD = "whole-period"
    """整期: all of it from the period's second day on."""


class AccruedInterest(StrEnum):
    """When a partial prepayment pays the interest to date."""

    WITH_PREPAYMENT = "with-prepayment"
    IN_ROW = "in-row"
    """It stands in the next instalment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeStep:
    """A fee on prepaid principal 违约金 while the loan is younger than this."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    before_month: Annotated[int, whole(1, 360)]
    """Whole months gone since the value date stay below this."""
    rate: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)]
    """Fraction of the prepaid principal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepayment:
    """What is agreed about early repayment 提前还款."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    minimum: Money | None = None
    """Least principal of a partial prepayment; none when left out."""
    multiple: Money | None = None
    """Principal of a partial prepayment is a multiple of this; any amount when left out."""
    running_interest: RunningInterest = RunningInterest.BY_DAY
    accrued_interest: AccruedInterest = AccruedInterest.WITH_PREPAYMENT
    fee: Annotated[tuple[FeeStep, ...], Field(max_length=10)] = ()
    """The first step that holds decides; free when none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What is agreed about extending the loan 展期."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    maximum_months: Annotated[int, whole(1, 1_200)]
    """Longest term of the product for a person's loan over a year, extensions included."""


class LprTenor(StrEnum):
    """Which loan prime rate."""

    ONE_YEAR = "1y"
    FIVE_YEARS = "5y"
    """Above five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """A floating rate 浮动利率: loan prime rate plus a spread, set anew every so many months."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    tenor: LprTenor
    spread_bp: Annotated[int, whole(-2_000, 5_000)]
    """Basis points, 100 = 1 %; may be negative."""
    every_months: Annotated[int, whole(1, 120)] = 12
    """Reset cycle; each reset day is so many months after the one before, the first after the value date."""
    value_days_before: Annotated[int, whole(0, 62)] = 0
    """The index value in force so many days before the reset day counts."""
    cap: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)] | None = None
    """The annual rate is never above this fraction."""
    floor: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)] | None = None
    """The annual rate is never below this fraction; zero when left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    lender_type: LenderType = LenderType.BANK
    allocation: AllocationTerms | None = None
    overdue: OverdueTerms | None = None
    compound: SettlementCycle | None = None
    """Compound interest 复利 on unpaid contract interest, posted in this cycle: at the contract rate until maturity, at the penalty
    rate after it or once the loan is called; absent: none. Overdue interest is posted in the same cycle, monthly without it."""
    ageing: AgeingTerms | None = None
    charges: Annotated[tuple[SignedCharge, ...], Field(max_length=50)] = ()
    """The signed cost table beyond interest; a charge that is not in it is refused."""
    classification: ClassTable | None = None
    """Absent: no five-category class is kept."""
    accrual: AccrualTerms | None = None
    """Absent: nothing is said about accrual."""
    prime_rate: PrimeRate | None = None
    charge_off: ChargeOffTerms | None = None
    """What a charge-off changes; the claim goes on when nothing is agreed."""
    prepayment: Prepayment | None = None
    """Early repayment; left out, it is free of charge, of any amount, with interest by day."""
    repricing: Repricing | None = None
    """How the rate floats; left out, it is fixed."""
    extension: Extension | None = None
    """A person's loan: its longest term; left out, the limits for every loan hold alone."""
