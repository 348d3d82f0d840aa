"""Values that events share. Made from the contract by `make contract`; do not edit."""

import datetime
import decimal
from typing import Literal

from loanstream_client.payload import Payload

AccruedInterest = Literal["with-prepayment", "in-row"]
"""When a partial prepayment pays the interest to date."""

FutureInstalments = Literal["next", "last"]
"""Which instalment money in advance pays first."""

PaymentKind = Literal["repayment", "prepayment", "goodwill-credit", "merchant-refund", "payout-refund", "recovery"]
"""What a payment is 入账类型: each kind may have an order of its own."""

Processing = Literal["horizontal", "vertical"]
"""How an order runs over the instalments of one class."""

ChargedOffAccrual = Literal["claim-only", "stopped"]
"""What a debtor's claim does once the loan is charged off; income stops either way."""

ClassTable = Literal["general", "retail", "card"]
"""By which days past due a claim falls into a class 五级分类."""

LenderType = Literal["bank", "consumer-finance", "small-loan-company", "private"]
"""Who lends 出借人类型: decides which cap on the price of credit holds."""

OverdueInterest = Literal["penalty-rate", "contract-rate", "damages"]
"""What principal bears once it is past due 逾期利息: one of these, never two on the same principal and
day.
"""

RunningInterest = Literal["by-day", "whole-period"]
"""What a prepayment owes of the interest of the running period."""

LprTenor = Literal["1y", "5y"]
"""Which loan prime rate."""

SettlementCycle = Literal["monthly", "quarterly"]
"""How often overdue and compound interest is posted 结息周期: on the first day after a month or a quarter
of the year.
"""

ChargeComponent = Literal["fee", "cost"]
"""The component that a charge is claimed as."""

AssetClass = Literal["normal", "special-mention", "substandard", "doubtful", "loss"]
"""Five-category class 五级分类; the last three are non-performing 不良."""

Bucket = Literal["M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7"]
"""Delinquency bucket by days past due: M0 = 0, M1 = 1–30, M2 = 31–60 … M6 = 151–180, M7 = more than
180 (M6+).
"""

HolidayDue = Literal["at-end", "spread", "capitalised"]
"""When the interest of a payment holiday is due."""

HolidayInterest = Literal["accrues", "forgone"]
"""Whether interest runs during a payment holiday."""

Language = Literal["zh", "en"]
"""Language of what a person is sent or signs."""

RepaymentMethod = Literal["equal-instalment", "equal-principal"]
"""How a loan is repaid 还款方式."""

PrepaymentMode = Literal["full", "shorten-term", "lower-instalment"]
"""What becomes of the loan when principal is repaid early 提前还款方式."""

Side = Literal["borrower", "lender"]
"""A side of a loan contract 合同当事人."""


class AccrualTerms(Payload, frozen=True, kw_only=True):
    """When income stops 非应计 and what is said about accrued interest at a month's end."""

    days: int = 90
    """Days past due, beyond which the loan is in non-accrual status; the debtor's claim goes on."""
    month_end: bool = True
    """Whether accrued interest is stated when a month is over."""


class Money(Payload, frozen=True, kw_only=True):
    """An amount in major units with as many decimals as the currency has, and the ISO 4217 code.

    JSON: `{"amount": "12.34", "currency": "CNY"}`.
    """

    amount: decimal.Decimal
    """Amount of what the message is about. (major units, exact decimal)"""
    currency: str
    """Currency, ISO 4217 code. (ISO 4217 code)"""


class AgeingTerms(Payload, frozen=True, kw_only=True):
    """How days past due are counted 逾期天数."""

    calendar: str = "every-day/1"
    """Business-day calendar by version: a due date on a free day moves to the next business day; `every-
    day/1` for none.
    """
    tolerance: Money | None = None
    """Unpaid amounts below this do not age 容差; absent when every cent does."""
    grace_in_contract: bool = True
    """Whether the grace stands in the contract; where not, legal days past due do not know it."""


class AllocationOrder(Payload, frozen=True, kw_only=True):
    """Order in which a kind of payment settles a debt 冲账顺序."""

    slots: tuple[str, ...]
    """`past-due.penalty`, `due.interest`, `in-advance.principal` …: 18 of three classes and six
    components, or 12 without `cost`, which is then paid with `fee`, and `compound`, paid with
    `penalty`. Classes are judged on the value date.
    """
    kind: PaymentKind | None = None
    """Absent: every kind that has no order of its own."""
    future: FutureInstalments = "next"


class AllocationTerms(Payload, frozen=True, kw_only=True):
    """Orders by kind of payment; left out, the allocation order of the terms holds for all, instalment by
    instalment.
    """

    orders: tuple[AllocationOrder, ...]
    processing: Processing = "horizontal"


class ChargeOffTerms(Payload, frozen=True, kw_only=True):
    """What a charge-off changes for the debtor."""

    accrual: ChargedOffAccrual = "claim-only"


class Extension(Payload, frozen=True, kw_only=True):
    """What is agreed about extending the loan 展期."""

    maximum_months: int
    """Longest term of the product for a person's loan over a year, extensions included."""


class OverdueTerms(Payload, frozen=True, kw_only=True):
    """Overdue interest 逾期利息; left out, the penalty rate takes the place of the contract rate."""

    interest: OverdueInterest = "penalty-rate"
    """Interest 利息."""
    misuse_multiplier: decimal.Decimal | None = None
    """Factor without unit on the contract rate once funds are misused 挪用: 1.5 to 2; only the heavier of
    the two is charged.

    Absent: no heavier rate.
    """
    damages_rate: decimal.Decimal | None = None
    """Damages per year as a fraction of the principal past due, 0.18 = 18 %; absent unless damages are
    agreed.
    """


class FeeStep(Payload, frozen=True, kw_only=True):
    """A fee on prepaid principal 违约金 while the loan is younger than this."""

    before_month: int
    """Whole months gone since the value date stay below this."""
    rate: decimal.Decimal
    """Fraction of the prepaid principal."""


class Prepayment(Payload, frozen=True, kw_only=True):
    """What is agreed about early repayment 提前还款."""

    minimum: Money | None = None
    """Least principal of a partial prepayment; none when left out."""
    multiple: Money | None = None
    """Principal of a partial prepayment is a multiple of this; any amount when left out."""
    running_interest: RunningInterest = "by-day"
    accrued_interest: AccruedInterest = "with-prepayment"
    fee: tuple[FeeStep, ...] = ()
    """The first step that holds decides; free when none does."""


class PrimeRate(Payload, frozen=True, kw_only=True):
    """The one-year loan prime rate of the contract date as the contract states it, where the shipped table
    ends before.
    """

    one_year: decimal.Decimal
    """Per year as a fraction, 0.03 = 3 %."""
    source: str
    """Where it stands: the publication, or the clause of the contract."""


class Repricing(Payload, frozen=True, kw_only=True):
    """A floating rate 浮动利率: loan prime rate plus a spread, set anew every so many months."""

    tenor: LprTenor
    spread_bp: int
    """Basis points, 100 = 1 %; may be negative."""
    every_months: int = 12
    """Reset cycle; each reset day is so many months after the one before, the first after the value date."""
    value_days_before: int = 0
    """The index value in force so many days before the reset day counts."""
    cap: decimal.Decimal | None = None
    """The annual rate is never above this fraction."""
    floor: decimal.Decimal | None = None
    """The annual rate is never below this fraction; zero when left out."""


class SignedCharge(Payload, frozen=True, kw_only=True):
    """One row of the signed cost table 综合融资成本明示表; what stands in none of them may not be charged."""

    code: str
    """Stable code of the reason, e.g. `limit-exceeded`, `score-savings`."""
    name: str
    """As the borrower reads it."""
    component: ChargeComponent = "fee"
    contingent: bool = True
    """Falls due on default only; else it belongs to the total cost in normal performance."""
    most: Money | None = None
    """Most that may be charged at a time; absent where the table states no amount."""
    periods: tuple[int, ...] = ()
    """Periods in which `most` falls due in normal performance, 0 at payout; none for a contingent charge."""


class Agreement(Payload, frozen=True, kw_only=True):
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    lender_type: LenderType = "bank"
    allocation: AllocationTerms | None = None
    overdue: OverdueTerms | None = None
    compound: SettlementCycle | None = None
    """Compound interest 复利 on unpaid contract interest, posted in this cycle: at the contract rate until
    maturity, at the penalty rate after it or once the loan is called; absent: none. Overdue interest is
    posted in the same cycle, monthly without it.
    """
    ageing: AgeingTerms | None = None
    charges: tuple[SignedCharge, ...] = ()
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


class ApplicantProfile(Payload, frozen=True, kw_only=True):
    """What an applicant declares for the assessment: banded, without identifiers and without protected
    attributes.

    The bands are closed vocabularies (schemas.bands), the readable values of the Statlog German credit
    data. Names, identity numbers, contact and bank data are personal data and stand in the vault alone.
    """

    checking_account: Literal[
        "... < 0 DM",
        "0 <= ... < 200 DM",
        "... >= 200 DM / salary assignments for at least 1 year",
        "no checking account",
    ]
    """Balance band of the existing current account."""
    credit_history: Literal[
        "no credits taken/ all credits paid back duly",
        "all credits at this bank paid back duly",
        "existing credits paid back duly till now",
        "delay in paying off in the past",
        "critical account/ other credits existing (not at this bank)",
    ]
    """How earlier credits were paid back, as declared; a band of the Statlog German credit data."""
    savings: Literal[
        "... < 100 DM",
        "100 <= ... < 500 DM",
        "500 <= ... < 1000 DM",
        "... >= 1000 DM",
        "unknown/ no savings account",
    ]
    """Balance band of savings, as declared; a band of the Statlog German credit data."""
    employment: Literal["unemployed", "... < 1 year", "1 <= ... < 4 years", "4 <= ... < 7 years", "... >= 7 years"]
    """How long in the present employment."""
    instalment_burden: int
    """Instalment as a share of disposable income, a class: 1 below 20 %, 2 20–25 %, 3 25–35 %, 4 35 % and
    more.
    """
    other_debtors: Literal["none", "co-applicant", "guarantor"]
    """Others who are liable, as declared; a band of the Statlog German credit data."""
    residence_years: int
    """Years at the present address."""
    property: Literal[
        "real estate",
        "building society savings agreement/ life insurance",
        "car or other, not in attribute Savings account/bonds",
        "unknown / no property",
    ]
    """Most valuable property, as declared; a band of the Statlog German credit data."""
    age_band: Literal["18-24", "25-34", "35-44", "45-54", "55-64", "65-"]
    """E.g. `25-34`."""
    other_plans: Literal["none", "bank", "stores"]
    """Instalment plans with banks or stores."""
    housing: Literal["rent", "own", "for free"]
    """Housing, as declared; a band of the Statlog German credit data."""
    existing_credits: int
    """Number of credits at this bank, as declared."""
    job: Literal[
        "unemployed/ unskilled - non-resident",
        "unskilled - resident",
        "skilled employee / official",
        "management/ self-employed/ highly qualified employee/ officer",
    ]
    """Employment by skill, as declared; a band of the Statlog German credit data."""
    dependants: int
    """Number of people the applicant has to maintain, as declared."""
    monthly_income: Money
    """Disposable income a month, declared."""


class Capped(Payload, frozen=True, kw_only=True):
    """What was not posted because of the cap on the price of credit 利率上限, and is never posted later."""

    amount: Money
    """Amount of what the message is about."""
    annual_rate: str
    """The cap per year on the principal outstanding as a fraction, 0.12 = 12 %."""
    source: str
    """The rule that caps."""


class ChangeFacts(Payload, frozen=True, kw_only=True):
    """Facts of a loan that later changes depend on."""

    extended_months: int
    """Number of months by which the loan was extended in all."""
    restructured: int
    """Number of restructures 重组次数."""
    observed_from: datetime.date | None = None
    """First day of the observation after a restructure 观察期; absent when none runs."""
    observed_until: datetime.date | None = None
    """Last day of that observation."""
    oldest_breach: datetime.date | None = None
    """Oldest due date that was missed before arrears were moved; legal days past due go on from it."""
    reset_on: datetime.date | None = None
    """Last day on which the rate was set anew."""
    holiday_until: datetime.date | None = None
    """Last day of a payment holiday."""


class CheckResult(Payload, frozen=True, kw_only=True):
    """One item of the last check before a payout 放款前核查: what was compared, and that it held."""

    check: str
    """`contract-digest`, `amount-within-contract`, `business-date` or `two-releasers`."""
    result: str
    """`pass`: an item that does not hold refuses the release instead."""
    detail: str
    """The values that were compared."""


class Components(Payload, frozen=True, kw_only=True):
    """An amount by component 按科目."""

    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    penalty: Money
    """Penalty interest 罚息, and agreed damages 违约金 where they replace it."""
    compound: Money | None = None
    """Compound interest 复利 on unpaid interest; absent when there is none."""
    fee: Money | None = None
    """Fees 费用; absent when there are none."""
    cost: Money | None = None
    """Cost of enforcing the claim 实现债权的费用; absent when there is none."""


class Document(Payload, frozen=True, kw_only=True):
    """A document handed in: kind by the product's checklist and the SHA-256 of the file."""

    kind: str
    """Kind of document by the product's checklist."""
    digest: str
    """SHA-256 of the file, 64 hexadecimal digits."""


class InstalmentAmounts(Payload, frozen=True, kw_only=True):
    """What of a payment, waiver or correction falls on one instalment, by component."""

    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    penalty: Money
    """Penalty interest 罚息."""
    compound: Money | None = None
    """Absent when there is none, as the two below."""
    fee: Money | None = None
    cost: Money | None = None


class InstalmentCorrection(Payload, frozen=True, kw_only=True):
    """What is owed on one instalment before and after a correction, by component."""

    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    previous: Components
    corrected: Components
    previously_paid: Components | None = None
    """What payments had paid on it before, where the correction moves money; absent where it does not."""
    paid: Components | None = None
    """What they have paid on it now; absent as above."""
    penalty_through: datetime.date | None = None
    """Penalty is charged up to this day, exclusive; absent when that has not changed."""


class LoanTerms(Payload, frozen=True, kw_only=True):
    """The terms a loan is made with; frozen into its first event and never changed by a later product
    version.
    """

    product_id: str
    """Loan product 贷款产品 by its code."""
    product_version: int
    """Number of the product's version, counted from 1."""
    principal: Money
    """Amount lent 本金."""
    months: int
    """Number of monthly instalments 期数."""
    annual_rate: decimal.Decimal
    """Contract rate per year 年利率; monthly = annual/12 (Chinese bank practice). (a rate as a fraction,
    0.144 = 14.4 %)
    """
    method: RepaymentMethod
    penalty_multiplier: decimal.Decimal
    """Factor without unit: penalty rate 罚息 = contract rate × this; 1.3 to 1.5 when overdue (银发〔2003〕251号)."""
    day_basis: int
    """Days of the year for daily interest and penalty: annual/360."""
    grace_days: int
    """Arrears grace 宽限期: days without penalty and `Overdue`; once missed, both count from the due date."""
    allocation_order: tuple[str, ...]
    """Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序."""
    rules: str
    """Version of the arithmetic, e.g. `cn-bank/1`."""
    agreement: Agreement | None = None
    """What is agreed beyond the plain loan; absent when nothing is."""


class PaymentCorrection(Payload, frozen=True, kw_only=True):
    """A payment whose money pays something else after a correction."""

    number: int
    """Number of the payment, as in `PaymentReceived`, counted from 1."""
    previous: Components
    corrected: Components
    credit: Money
    """What of it pays nothing any more: credit of the borrower."""
    instalments: tuple[InstalmentAmounts, ...]
    """`corrected` again, instalment by instalment."""


class Posting(Payload, frozen=True, kw_only=True):
    """One leg of a double entry on the custody ledger: positive credits the account, negative debits it.

    The postings of one event sum to zero. `bank` is the custody bank's mirror account; `in-
    transit/<transfer>` holds money between two accounts.
    """

    account: str
    """Id of an account of the custody books; a sub-account, the bank's mirror, in transit or due back."""
    amount: Money
    """Amount of what the message is about."""


class ProductTerms(Payload, frozen=True, kw_only=True):
    """What a product version allows and fixes 产品条款."""

    name_zh: str
    """Name of the product in Chinese 产品名称."""
    name_en: str
    """Name of the product in English."""
    kind: str
    """`personal-credit` 信用贷 for now."""
    minimum: Money
    """Smallest amount that may be applied for."""
    maximum: Money
    """Largest amount that may be applied for."""
    minimum_months: int
    """Shortest term, in months 最短期限."""
    maximum_months: int
    """Longest term, in months 最长期限."""
    annual_rate: decimal.Decimal
    """Contract rate per year 年利率. (a rate as a fraction, 0.144 = 14.4 %)"""
    methods: tuple[RepaymentMethod, ...]
    penalty_multiplier: decimal.Decimal
    """Factor without unit: penalty rate 罚息利率 = contract rate × this."""
    day_basis: int
    """Days that a year counts for daily interest and penalty 计息基础: 360 means annual/360."""
    grace_days: int
    """Arrears grace 宽限期, in calendar days after the due date."""
    allocation_order: tuple[str, ...]
    """Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序."""
    rules: str
    """Version of the arithmetic, e.g. `cn-bank/1`."""
    documents: tuple[str, ...]
    """Checklist: kinds of document an application must carry."""
    approval_valid_days: int
    """Days from approval to the last day of signing."""
    supplement_days: int
    """Days an applicant has to supplement a returned application 补件."""
    reapply_after_days: int
    """Days to wait after a refusal."""
    agreement: Agreement | None = None
    """What the contract agrees beyond the plain loan; absent when nothing is."""


class ReasonCode(Payload, frozen=True, kw_only=True):
    """A reason of a decision: stable code, sentence, and the rule with its version."""

    code: str
    """Stable code of the reason, e.g. `limit-exceeded`, `score-savings`."""
    message: str
    """The reason as an English sentence."""
    rule: str = ""
    """Rule, or scorecard, that gave the reason, with its version where it has one; may be empty."""


class RestoredInstalment(Payload, frozen=True, kw_only=True):
    """What is owed again on one instalment after a payment was undone, by component."""

    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    penalty: Money
    """Penalty interest 罚息."""
    penalty_through: datetime.date
    """Penalty is charged up to this day, exclusive; from it on it runs on all unpaid principal of the
    instalment.
    """
    compound: Money | None = None
    """Absent when there is none, as the two below."""
    fee: Money | None = None
    cost: Money | None = None


class RevisedInstalment(Payload, frozen=True, kw_only=True):
    """A row of a new schedule 新还款计划: what it asks for in all, and what of that is not paid yet."""

    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    unpaid: Components
    fee: Money | None = None
    """Fee that the change adds to this row, contained in `unpaid`; negative when it takes one back."""
    credited: Money | None = None
    """Interest paid in advance on this row and not used, which now pays principal of it; negative when
    that is taken back.
    """
    penalty_through: datetime.date | None = None
    """Penalty is charged up to this day, exclusive; the due date when left out."""


class RuleResult(Payload, frozen=True, kw_only=True):
    """One rule as it was applied: version, inputs, outcome."""

    rule: str
    """Name of the rule."""
    version: str
    """Version of the rule's data."""
    inputs: str
    """What the rule looked at: `name=value` pairs, separated by semicolons."""
    outcome: str
    """`pass`, `refer` or `refuse`."""


class ScheduledInstalment(Payload, frozen=True, kw_only=True):
    """One row of a schedule 还款计划."""

    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""


class Share(Payload, frozen=True, kw_only=True):
    """A lender's part of a loan or of a repayment."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    amount: Money
    """Amount of what the message is about."""
    share: str
    """Fraction of the whole, the shares sum to 1."""
