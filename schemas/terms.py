"""Value objects shared by several contexts: loan terms, product terms, the applicant's profile, schedules, components."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas import bands
from schemas.agreement import Agreement
from schemas.fields import ONE_LINE, PLAIN_DECIMAL, Code, Line, whole
from schemas.money import Money

Rate = Annotated[
    Decimal,
    PLAIN_DECIMAL,
    Field(ge=0, description="a rate as a fraction, 0.144 = 14.4 %", examples=["0.144"]),
]

MAX_DOCUMENTS = 50
"""Documents of one application, and kinds of document on a product's checklist."""

_MOST_MONTHS = 1_200
_MOST_DAYS = 36_500
"""A century: what a product may really fix is said, by name, by the rules of origination."""


class RepaymentMethod(StrEnum):
    """How a loan is repaid 还款方式."""

    EQUAL_INSTALMENT = "equal-instalment"
    """等额本息: every instalment the same, A = P·i·(1+i)^n / ((1+i)^n − 1)."""
    EQUAL_PRINCIPAL = "equal-principal"
    """等额本金: principal P/n each period, interest on the balance."""


class Bucket(StrEnum):
    """Delinquency bucket by days past due: M0 = 0, M1 = 1–30, M2 = 31–60 … M6 = 151–180, M7 = more than 180 (M6+)."""

    M0 = "M0"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M4 = "M4"
    M5 = "M5"
    M6 = "M6"
    M7 = "M7"


class AssetClass(StrEnum):
    """Five-category class 五级分类; the last three are non-performing 不良."""

    NORMAL = "normal"
    """正常"""
    SPECIAL_MENTION = "special-mention"
    """关注"""
    SUBSTANDARD = "substandard"
    """次级"""
    DOUBTFUL = "doubtful"
    """可疑"""
    LOSS = "loss"
    """损失"""


class Language(StrEnum):
    """Language of what a person is sent or signs."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The terms a loan is made with; frozen into its first event and never changed by a later product version."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    product_id: str
    product_version: int
    principal: Money
    """Amount lent 本金."""
    months: Annotated[int, Field(ge=1, le=360)]
    """Number of monthly instalments 期数."""
    annual_rate: Rate
    """Contract rate per year 年利率; monthly = annual/12 (Chinese bank practice)."""
    method: RepaymentMethod
    penalty_multiplier: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=1, le=2)]
    """Factor without unit: penalty rate 罚息 = contract rate × this; 1.3 to 1.5 when overdue (银发〔2003〕251号)."""
    day_basis: Annotated[int, Field(ge=360, le=366)]
    """Days of the year for daily interest and penalty: annual/360."""
    grace_days: Annotated[int, Field(ge=0, le=30)]
    """Arrears grace 宽限期: days without penalty and ``Overdue``; once missed, both count from the due date."""
    allocation_order: tuple[str, ...]
    """Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序."""
    rules: str
    """Version of the arithmetic, e.g. ``cn-bank/1``."""
    agreement: Agreement | None = None
    """What is agreed beyond the plain loan; absent when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """What a product version allows and fixes 产品条款."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name_zh: Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
    name_en: Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
    kind: Code
    """``personal-credit`` 信用贷 for now."""
    minimum: Money
    maximum: Money
    minimum_months: Annotated[int, whole(0, _MOST_MONTHS)]
    maximum_months: Annotated[int, whole(0, _MOST_MONTHS)]
    annual_rate: Rate
    methods: Annotated[tuple[RepaymentMethod, ...], Field(max_length=10)]
    penalty_multiplier: Annotated[Decimal, PLAIN_DECIMAL]
    day_basis: Annotated[int, whole(0, _MOST_DAYS)]
    grace_days: Annotated[int, whole(0, _MOST_DAYS)]
    allocation_order: Annotated[tuple[Code, ...], Field(max_length=10)]
    rules: Code
    documents: Annotated[tuple[Code, ...], Field(max_length=MAX_DOCUMENTS)]
    """Checklist: kinds of document an application must carry."""
    approval_valid_days: Annotated[int, whole(0, _MOST_DAYS)]
    """Days from approval to the last day of signing."""
    supplement_days: Annotated[int, whole(0, _MOST_DAYS)]
    """Days an applicant has to supplement a returned application 补件."""
    reapply_after_days: Annotated[int, whole(0, _MOST_DAYS)]
    """Days to wait after a refusal."""
    agreement: Agreement | None = None
    """What the contract agrees beyond the plain loan; absent when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantProfile:
    """What an applicant declares for the assessment: banded, without identifiers and without protected attributes.

    The bands are closed vocabularies (:mod:`schemas.bands`), the readable values of the Statlog German credit data. Names,
    identity numbers, contact and bank data are personal data and stand in the vault alone.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    checking_account: bands.CheckingAccount
    """Balance band of the existing current account."""
    credit_history: bands.CreditHistory
    savings: bands.Savings
    employment: bands.Employment
    """How long in the present employment."""
    instalment_burden: Annotated[int, whole(1, 4)]
    """Instalment as a share of disposable income, a class: 1 below 20 %, 2 20–25 %, 3 25–35 %, 4 35 % and more."""
    other_debtors: bands.OtherDebtors
    residence_years: Annotated[int, whole(0, 100)]
    """Years at the present address."""
    property: bands.Property
    age_band: bands.AgeBand
    """E.g. ``25-34``."""
    other_plans: bands.OtherPlans
    """Instalment plans with banks or stores."""
    housing: bands.Housing
    existing_credits: Annotated[int, whole(0, 100)]
    job: bands.Job
    dependants: Annotated[int, whole(0, 50)]
    monthly_income: Money
    """Disposable income a month, declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document handed in: kind by the product's checklist and the SHA-256 of the file."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Code
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the file, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """A reason of a decision: stable code, sentence, and the rule with its version."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    code: Code
    message: Annotated[str, Field(max_length=1000)]
    rule: Line = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledInstalment:
    """One row of a schedule 还款计划."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    due_date: date
    principal: Money
    interest: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """An amount by component 按科目."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    principal: Money
    interest: Money
    penalty: Money
    """Penalty interest 罚息, and agreed damages 违约金 where they replace it."""
    compound: Money | None = None
    """Compound interest 复利 on unpaid interest; absent when there is none."""
    fee: Money | None = None
    """Fees 费用; absent when there are none."""
    cost: Money | None = None
    """Cost of enforcing the claim 实现债权的费用; absent when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One leg of a double entry on the custody ledger: positive credits the account, negative debits it.

    The postings of one event sum to zero. ``bank`` is the custody bank's mirror account; ``in-transit/<transfer>`` holds money
    between two accounts.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    account: str
    amount: Money
