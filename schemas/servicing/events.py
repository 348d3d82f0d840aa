"""Public events of servicing: the loan ledger and incoming money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import ConfigDict

from schemas.agreement import ChargedOffAccrual, LprTenor, PaymentKind
from schemas.money import Money
from schemas.registry import event
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from schemas.terms import AssetClass, Bucket, Components, LoanTerms, ScheduledInstalment


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentAmounts:
    """What of a payment, waiver or correction falls on one instalment, by component."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    principal: Money
    interest: Money
    penalty: Money
    compound: Money | None = None
    """Absent when there is none, as the two below."""
    fee: Money | None = None
    cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredInstalment:
    """What is owed again on one instalment after a payment was undone, by component."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    principal: Money
    interest: Money
    penalty: Money
    penalty_through: date
    """Penalty is charged up to this day, exclusive; from it on it runs on all unpaid principal of the instalment."""
    compound: Money | None = None
    """Absent when there is none, as the two below."""
    fee: Money | None = None
    cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentCorrection:
    """What is owed on one instalment before and after a correction, by component."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    previous: Components
    corrected: Components
    previously_paid: Components | None = None
    """What payments had paid on it before, where the correction moves money; absent where it does not."""
    paid: Components | None = None
    """What they have paid on it now; absent as above."""
    penalty_through: date | None = None
    """Penalty is charged up to this day, exclusive; absent when that has not changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCorrection:
    """A payment whose money pays something else after a correction."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    """Number of the payment, as in ``PaymentReceived``, counted from 1."""
    previous: Components
    corrected: Components
    credit: Money
    """What of it pays nothing any more: credit of the borrower."""
    instalments: tuple[InstalmentAmounts, ...]
    """``corrected`` again, instalment by instalment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """What was not posted because of the cap on the price of credit 利率上限, and is never posted later."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    amount: Money
    annual_rate: Decimal
    """The cap per year on the principal outstanding as a fraction, 0.12 = 12 %."""
    source: str
    """The rule that caps."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanBooked:
    """A disbursed loan is on the books with frozen terms and its first schedule. Key: loan."""

    loan_id: str
    application_id: str
    contract_no: str
    party_ref: str
    terms: LoanTerms
    value_date: date
    """Interest runs from this day, inclusive 起息日."""
    maturity: date
    schedule: tuple[ScheduledInstalment, ...]
    unit: str = ""
    """Unit that looks after the loan 机构; empty when none is named."""
    officer: str = ""
    """Officer who looks after it 客户经理; empty when none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedInstalment:
    """A row of a new schedule 新还款计划: what it asks for in all, and what of that is not paid yet."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    due_date: date
    principal: Money
    interest: Money
    unpaid: Components
    fee: Money | None = None
    """Fee that the change adds to this row, contained in ``unpaid``; negative when it takes one back."""
    credited: Money | None = None
    """Interest paid in advance on this row and not used, which now pays principal of it; negative when that is taken back."""
    penalty_through: date | None = None
    """Penalty is charged up to this day, exclusive; the due date when left out."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRevised:
    """The rows from one number on are replaced 还款计划变更; rows before it stand, later ones that are not named are gone.

    Key: loan. It follows the event that says what happened: a prepayment, an extension, a new rate.
    """

    loan_id: str
    party_ref: str
    cause: str
    """What changed the schedule, e.g. ``prepayment``, ``extension``, ``undo``."""
    effective: date
    """From when the new rows count."""
    from_number: int
    """Number of the first row that is replaced, counted from 1."""
    previous_count: int
    """Number of rows that the schedule had before."""
    rows: tuple[RevisedInstalment, ...]
    maturity: date
    outstanding_principal: Money
    earned: Money | None = None
    """Of the first later row's interest, what was earned before ``accrues_from``; from then on it accrues by day."""
    accrues_from: date | None = None
    """Absent when the running row's interest accrues from the due date before it."""
    booked_months: int = 0
    """Number of instalments that the loan was booked with."""
    capitalised: Money | None = None
    """Interest that became principal; absent when none did, negative when that is undone."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentDue:
    """An instalment became due today, by component. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    due_date: date
    principal: Money
    interest: Money
    unpaid: Money
    """What of it is not yet paid (early payments count)."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan.

    After a write-off money comes as ``RecoveryReceived``; what came in whatever became of it is in ``MoneyReceived``.
    """

    loan_id: str
    party_ref: str
    receipt_id: str
    value_date: date
    channel: str
    amount: Money
    """Applied to the loan; what is left of the receipt is ``surplus``."""
    allocation: Components
    surplus: Money
    """Not needed by the loan: stays on the receipt as suspense."""
    outstanding_principal: Money
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment, oldest first; its parts sum to ``allocation``."""
    number: int = 0
    """Number of the payment on its loan, counted from 1 in the order of booking; 0 in events of before it was given."""
    kind: PaymentKind = PaymentKind.REPAYMENT


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentPaid:
    """An instalment is fully paid. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    due_date: date
    paid_on: date


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReversed:
    """A payment was undone: bank error or chargeback 冲正. Key: loan.

    It undoes the ``PaymentReceived`` of the same loan and receipt, which stands before it in the partition: channel and value date
    are there. A receipt gives a loan one payment at most.
    """

    loan_id: str
    party_ref: str
    receipt_id: str
    amount: Money
    """What the loan had applied of the receipt, without its surplus."""
    allocation: Components
    """What is owed again, by component."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
    outstanding_principal: Money
    instalments: tuple[RestoredInstalment, ...] = ()
    """What is owed again, instalment by instalment; its parts sum to ``allocation``."""
    reopened: bool = False
    """Whether the loan was settled and is open again."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyCharged:
    """Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    """Instalment in arrears, counted from 1."""
    amount: Money
    base: Money
    """Unpaid principal of the instalment."""
    annual_rate: Decimal
    """Penalty rate per year 罚息利率 as a fraction, 0.216 = 21.6 %: contract rate × penalty multiplier."""
    from_date: date
    """First day charged, inclusive."""
    to_date: date
    """Last day, exclusive."""
    days: int
    """Calendar days charged: from ``from_date`` to ``to_date``."""
    kind: str = "penalty"
    """``penalty``; ``compound``: compound interest 复利, whose base is unpaid contract interest; ``damages``: agreed damages."""
    capped: Capped | None = None
    """Absent when the cap cut nothing; ``amount`` is what was posted besides."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An arrears episode began, after grace; once per episode 逾期. Key: loan."""

    loan_id: str
    party_ref: str
    since: date
    """Oldest unpaid due date."""
    days_past_due: int
    past_due: Components


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyBucketChanged:
    """The bucket moved up or down 逾期阶段. Key: loan."""

    loan_id: str
    party_ref: str
    previous: Bucket
    bucket: Bucket
    days_past_due: int
    past_due: Components


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueCured:
    """Nothing is past due any more: the arrears episode ended. Key: loan."""

    loan_id: str
    party_ref: str
    since: date
    cured_on: date


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AmountWaived:
    """A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan."""

    loan_id: str
    party_ref: str
    waived: Components
    instalments: tuple[InstalmentAmounts, ...]
    """The waiver again, instalment by instalment, oldest first; its parts sum to ``waived``."""
    outstanding_principal: Money
    authority: str
    """Who decided it: the subject of the command."""
    reason: str
    waived_on: date | None = None
    """Business day from which the waiver counts; absent in events of before it was given."""
    cause: str = ""
    """``discounted-settlement`` when it follows from an agreed settlement that was paid; empty for a waiver on its own."""
    maker: str = ""
    """Who proposed it; empty within the first tier."""
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanCorrected:
    """Amounts already published were wrong from ``from_date`` on, old and new by component 更正. Key: loan.

    Emitted when a payment counts from an earlier day than today, or one is undone, and the ledger written anew from that day
    differs from what was published. Nothing that was published (``Overdue``, bucket, penalty) is withdrawn.
    """

    loan_id: str
    party_ref: str
    from_date: date
    """First day from which the published amounts were wrong."""
    cause: str
    """``back-dated-payment`` or ``reversal``."""
    reference: str
    """What caused it: the receipt."""
    instalments: tuple[InstalmentCorrection, ...]
    payments: tuple[PaymentCorrection, ...] = ()
    """Other payments whose money pays something else now."""
    outstanding_principal: Money | None = None
    """Unpaid principal after the correction; absent when no payment was corrected."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RulesAdopted:
    """The loan moved to another version of the arithmetic 规则升级: what is computed from that day on follows it. Key: loan.

    The schedule, and everything that was posted, stays as it was decided.
    """

    loan_id: str
    party_ref: str
    previous: str
    """Version until now, e.g. ``cn-bank/1``."""
    rules: str
    """Version from now on."""
    adopted_on: date
    """Business day from which it holds."""
    reason: str
    authority: str
    """Who decided it: the subject of the command."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """Off the balance, the claim is kept 核销. Key: loan."""

    loan_id: str
    party_ref: str
    written_off: Components
    days_past_due: int
    authority: str
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReceived:
    """Money came in after write-off 核销后收回. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    value_date: date
    amount: Money
    """Taken as recovery; what is left of the receipt is ``surplus``."""
    allocation: Components | None = None
    """``amount`` by component, in the order cost, principal, memo interest, rest; absent in events of before it was stated."""
    memo_interest: Money | None = None
    """What of it is memo interest 表外利息: contract interest, penalty and compound interest, written off or accrued since."""
    surplus: Money | None = None
    """Above the whole claim: stays on the receipt as suspense; absent when there is none."""
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment; its parts sum to ``allocation``."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReversed:
    """A recovery was undone: bank error or chargeback 冲正. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    amount: Money
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
    allocation: Components | None = None
    """What the recovery had paid, by component; absent where that was not stated."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedOff:
    """Counted as lost while it stays on the books and takes payments. Key: loan."""

    loan_id: str
    party_ref: str
    charged_off_on: date
    """Business day from which the loan counts as lost."""
    charged_off: Components
    """All principal, the interest already due, penalty, fees and costs."""
    days_past_due: int
    accrual: ChargedOffAccrual
    """What the debtor's claim does from now on; income stops either way."""
    authority: str
    reason: str
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementAgreed:
    """A smaller sum, paid by a date, will settle the loan 减免结清. Key: loan.

    Nothing is waived yet. While it stands, money goes to costs, fees, principal and interest first: what is waived is penalty
    before compound interest before interest before principal.
    """

    loan_id: str
    party_ref: str
    agreed_on: date
    """Business day on which it was agreed."""
    amount: Money
    """To be paid from now on, in one or more payments."""
    by: date
    """Last value date that counts."""
    claim: Components
    """What is owed when it is agreed."""
    reduction: Components
    """What of it would be waived: ``claim`` less ``amount``."""
    authority: str
    maker: str
    approvals: tuple[str, ...]
    """References of what was approved."""
    reason: str


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementLapsed:
    """The agreed sum was not paid by its date, or was taken back: the full claim stands again. Key: loan."""

    loan_id: str
    party_ref: str
    lapsed_on: date
    """Business day from which the full claim stands again."""
    cause: str
    """``unpaid`` or ``payment-reversed``."""
    amount: Money
    """The agreed sum."""
    by: date
    """Last value date that would have counted."""
    paid: Money
    """Paid of ``amount``, reversals taken off; it stays credited."""
    revived: Components
    """What was waived under the agreement and is owed again; zero when it was never paid in full."""
    outstanding_principal: Money
    instalments: tuple[RestoredInstalment, ...] = ()
    """``revived`` instalment by instalment."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSold:
    """The claim was sold and left the books 债权转让; later money is held for its owner. Key: loan."""

    loan_id: str
    party_ref: str
    buyer: str
    """Reference of the buyer."""
    price: Money
    sold_on: date
    """Business day on which the claim left the books."""
    claim: Components
    """What the debtor owes on that day."""
    principal: Money
    """Principal that leaves the balance: zero where it was written off before."""
    authority: str
    approvals: tuple[str, ...] = ()
    """References of what was approved."""
    reason: str = ""
    supplement: bool = False
    """A payment of before the sale was taken back: what it had paid goes over, too; the price is zero."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanAssigned:
    """Who looks after the loan changed 管户变更. Key: loan."""

    loan_id: str
    party_ref: str
    unit: str
    """Unit 机构; empty when none is named."""
    officer: str
    """Officer 客户经理; empty when none is named."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Closed: every component is zero 结清. Key: loan."""

    loan_id: str
    party_ref: str
    contract_no: str
    settled_on: date
    kind: str
    """``paid`` (in full), ``discounted`` (a part was waived) or ``compensated`` (somebody who answers for the debtor paid)."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanAccelerated:
    """The lender called the loan: everything is due 提前到期. Key: loan.

    ``ScheduleRevised`` follows with one row for what was not due yet, and ``InstallmentDue`` for that row.
    """

    loan_id: str
    party_ref: str
    effective: date
    """Business date on which everything became due."""
    reason: str
    notice: str
    """Reference of the notice that was served on the borrower."""
    notified_on: date
    """When the notice was served."""
    called: Components
    """What became due by it: the principal not due yet and the interest on it up to ``effective``, exclusive."""
    authority: str
    """Who decided it: the subject of the command."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyRateRaised:
    """Funds were misused 挪用: the heavier penalty rate holds from ``since`` on. Key: loan.

    ``since`` is the day of the misuse, or the day up to which penalty was posted already when that is later.
    """

    loan_id: str
    party_ref: str
    since: date
    annual_rate: Decimal
    """Penalty rate per year from then on as a fraction, 0.288 = 28.8 %."""
    reference: str
    """The finding of misuse."""
    authority: str
    """Who decided it: the subject of the command."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCharged:
    """A charge of the signed cost table was claimed 收取费用. Key: loan."""

    loan_id: str
    party_ref: str
    code: str
    """Its row in the cost table."""
    component: str
    """``fee``, or ``cost`` for the cost of enforcing the claim."""
    number: int
    """Instalment with which it falls due, counted from 1."""
    charged_on: date
    """Business date from which it is owed."""
    due_date: date
    """Due date of that instalment."""
    amount: Money
    capped: Capped | None = None
    """Absent when the cap cut nothing; ``amount`` is what was charged besides."""
    reason: str
    authority: str
    """Who decided it: the subject of the command."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssetClassChanged:
    """The five-category class 五级分类 of the loan changed. Key: loan."""

    loan_id: str
    party_ref: str
    effective: date
    """Business date from which the class holds."""
    previous: AssetClass
    asset_class: AssetClass
    """The class from now on."""
    days_past_due: int
    """Legal days past due: a grace that is not in the contract does not count."""
    by: str
    """``floor``: the days past due; ``person``: somebody's decision; ``cured``: a table by which a claim returns by itself."""
    reason: str
    source: str
    """The rule behind the table of days."""
    authority: str
    """Who decided it: the subject of the command, ``system`` for the days past due."""
    excepted_since: date | None = None
    """Arrears since this day have a technical cause: up to seven days past due they do not count; absent when none have."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualStatusChanged:
    """To or from non-accrual status 非应计. Key: loan.

    It is about the lender's income: the debtor's claim goes on.
    """

    loan_id: str
    party_ref: str
    accruing: bool
    """Whether interest counts as income from now on."""
    effective: date
    """Business date from which the status holds."""
    days_past_due: int
    """Legal days past due."""
    reversed: Components
    """Interest, penalty and compound interest that is unpaid, posted or not, and no longer counts as income; zero on the return."""
    reason: str


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class InterestAccrued:
    """What was earned and not posted yet when a month was over 计提. Key: loan.

    Information for accounting; nothing is claimed by it. It replaces the figure of the month before.
    """

    loan_id: str
    party_ref: str
    until: date
    """Up to this day, exclusive: the first of the next month."""
    accrued: Components
    """Contract interest of the running period, penalty and compound interest not posted, by component."""
    accruing: bool
    """Whether it counts as income; in non-accrual status it is a memorandum figure."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffQuoted:
    """What settles the loan on a day 结清试算. Good to that day's end; any other event of the loan voids it. Key: loan."""

    loan_id: str
    party_ref: str
    on: date
    """Business day for which it is quoted; valid to its end."""
    due: Components
    """What is due by then, arrears and penalty to the day included."""
    principal: Money
    """Not yet due, after ``unused_prepaid``."""
    interest: Money
    """Of the running period, to the day exclusive, not paid yet."""
    fee: Money
    """For prepaying."""
    unused_prepaid: Money
    """Interest paid in advance for days that do not come: taken off the principal."""
    total: Money
    """Paid on the day it settles the loan exactly."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaymentInstructed:
    """The borrower asks that money to come repays early 提前还款申请. Key: loan."""

    loan_id: str
    party_ref: str
    mode: PrepaymentMode
    principal: Money | None = None
    """Principal to prepay; absent for all of it."""
    receipt_id: str = ""
    """The receipt that brings the money; empty: the first one that suffices."""
    valid_until: date
    """Last value date of such money."""
    to_pay: Money
    """What would carry it out today: what is due, interest, fee and principal."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Prepaid:
    """Principal is repaid early 提前还款; ``ScheduleRevised`` and ``PaymentReceived`` follow. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    mode: PrepaymentMode
    on: date
    """The day from which the new schedule counts."""
    number: int
    """Number of the row that the prepayment is in the new schedule."""
    principal: Money
    interest: Money
    """To the day, exclusive, paid with it."""
    fee: Money
    unused_prepaid: Money
    """Interest paid in advance for days that do not come, which pays principal now."""
    interest_saved: Money
    """Interest not yet earned, before less after."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanExtended:
    """Maturity is moved 展期; ``ScheduleRevised`` follows. Key: loan."""

    loan_id: str
    party_ref: str
    months: int
    """By how many months, this time."""
    months_in_all: int
    """Number of months of all extensions of the loan together."""
    previous_maturity: date
    """Due date of the last instalment until now."""
    maturity: date
    supplement: str
    """Reference of the signed supplement."""
    approval: str
    """Reference of the approval."""
    guarantor_consent: str = ""
    """Reference of the guarantor's consent; empty when there is none."""
    security_consent: str = ""
    """Reference of the consent of who gave security; empty when there is none."""
    security_covers: str
    """``extended`` with the consents, else ``original``: the security covers the old terms only (Civil Code 695)."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRestructured:
    """Terms are eased because the borrower is in difficulty 重组; ``ScheduleRevised`` follows. Key: loan."""

    loan_id: str
    party_ref: str
    finding: str
    """Reference of the recorded finding of financial difficulty."""
    times: int
    """How often by now; from the second on the class is at least substandard 次级."""
    months: int
    """Number of instalments from now on."""
    previous_rate: Decimal
    """Rate until now, a fraction a year: 0.144 = 14.4 %."""
    annual_rate: Decimal
    """Fraction a year."""
    observed_from: date
    """First repayment date after it."""
    observed_until: date
    """At least a year and two periods later; a miss starts it again."""
    supplement: str
    """Reference of the signed supplement 补充协议."""
    approval: str
    """Reference of the approval."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRestarted:
    """An instalment was missed while a restructured loan is observed 观察期重新计算. Key: loan."""

    loan_id: str
    party_ref: str
    observed_from: date
    """First day of the observation that begins anew."""
    observed_until: date
    """Its last day."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RateReset:
    """The rate is set anew under the contract 重定价; ``ScheduleRevised`` follows when it changes the rows. Key: loan."""

    loan_id: str
    party_ref: str
    reset_on: date
    """The day from which the new rate counts, inclusive."""
    tenor: LprTenor
    index: Decimal
    """Loan prime rate, fraction a year."""
    published: date
    """Day on which the index value was published."""
    source: str
    """Who published it."""
    spread_bp: int
    """Spread over the index in basis points: 100 points are 1 %."""
    previous_rate: Decimal
    """Rate until now, a fraction a year: 0.144 = 14.4 %."""
    annual_rate: Decimal
    """Index plus spread within cap and floor, fraction a year."""
    next_reset: date
    """Next day on which the rate is set anew; absent after the last one."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class DueDateChanged:
    """Later instalments fall due on another day of the month 变更还款日; ``ScheduleRevised`` follows. Key: loan."""

    loan_id: str
    party_ref: str
    previous_first: date
    """Due date of the next instalment so far."""
    first: date
    """Next due date from now on; later ones follow month by month."""
    supplement: str
    """Reference of the signed supplement 补充协议."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayGranted:
    """Instalments are skipped 延期还本付息; ``ScheduleRevised`` follows. The bureau is told. Key: loan."""

    loan_id: str
    party_ref: str
    from_date: date
    until: date
    """First due date after it."""
    instalments: int
    """Number of instalments that are skipped."""
    interest: HolidayInterest
    interest_due: HolidayDue
    extends_term: bool
    """Whether the loan ends that many instalments later."""
    deferred_interest: Money
    """Interest of the days skipped that is asked for later."""
    forgone_interest: Money
    """Interest of the days skipped that is never asked for."""
    bureau_flag: str
    """How the credit bureau is told."""
    supplement: str
    """Reference of the signed supplement 补充协议."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReAged:
    """Arrears of principal and interest are moved into later instalments; ``ScheduleRevised`` follows. Key: loan."""

    loan_id: str
    party_ref: str
    moved: Components
    oldest_breach: date
    """Legal days past due, class and bureau status go on from here."""
    approval: str
    """Reference of the approval."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReAmortised:
    """What is not yet due is spread anew over the same dates; ``ScheduleRevised`` follows. Key: loan."""

    loan_id: str
    party_ref: str
    approval: str
    """Reference of the approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """Facts of a loan that later changes depend on."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    extended_months: int
    """Number of months by which the loan was extended in all."""
    restructured: int
    """Number of restructures 重组次数."""
    observed_from: date | None = None
    """First day of the observation after a restructure 观察期; absent when none runs."""
    observed_until: date | None = None
    """Last day of that observation."""
    oldest_breach: date | None = None
    """Oldest due date that was missed before arrears were moved; legal days past due go on from it."""
    reset_on: date | None = None
    """Last day on which the rate was set anew."""
    holiday_until: date | None = None
    """Last day of a payment holiday."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUndone:
    """A change is taken back before the borrower was told; ``ScheduleRevised`` with the old rows follows. Key: loan."""

    loan_id: str
    party_ref: str
    change: str
    """The cause that the undone ``ScheduleRevised`` named."""
    annual_rate: Decimal
    """The rate that holds again, fraction a year."""
    facts: ChangeFacts
    """Those that hold again."""
    reason: str


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined:
    """The loan could not take the money of a receipt (unknown, settled, sold): the receipt goes to suspense. Key: loan."""

    loan_id: str
    receipt_id: str
    amount: Money
    reason: str
    """``loan-unknown``, ``loan-settled``, ``claim-sold``, ``claim-recovered``, ``currency-differs`` or ``amount-invalid``."""


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyReceived:
    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    loan_id: str
    amount: Money
    value_date: date
    channel: str
    kind: PaymentKind = PaymentKind.REPAYMENT


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptApplied:
    """The receipt's money was applied to its loan; the rest is suspended. Key: receipt."""

    receipt_id: str
    loan_id: str
    applied: Money
    suspended: Money


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSuspended:
    """Held unallocated 挂账: loan unknown or closed. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    reason: str
    """As in ``PaymentDeclined``."""


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid:
    """Suspended money goes back to who paid it 退款. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    suspended: Money
    """What of the receipt is still held."""
    refund_reference: str
    """The payout's own reference."""
    reason: str
    authority: str


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReversalRequested:
    """The bank took the money back: the loan must undo the payment. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


@event("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReversed:
    """The receipt is undone: none of its money counts any more. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    """The receipt's, without what of it had been refunded."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
