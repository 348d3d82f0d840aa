"""Public events of servicing: the loan ledger and incoming money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import ConfigDict

from schemas.agreement import PaymentKind
from schemas.money import Money
from schemas.registry import event
from schemas.terms import Bucket, Components, LoanTerms, ScheduledInstalment


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


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReceived:
    """Money came in after write-off 核销后收回. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    value_date: date
    amount: Money


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


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Closed: every component is zero 结清. Key: loan."""

    loan_id: str
    party_ref: str
    contract_no: str
    settled_on: date
    kind: str
    """``paid`` (in full) or ``discounted`` (a part was waived)."""


@event("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined:
    """The loan could not take the money of a receipt (unknown, settled): the receipt goes to suspense. Key: loan."""

    loan_id: str
    receipt_id: str
    amount: Money
    reason: str
    """``loan-unknown``, ``loan-settled``, ``currency-differs`` or ``amount-invalid``."""


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
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
