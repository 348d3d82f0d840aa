"""Commands of servicing: what may be asked of a loan and of a receipt. The record's key is the aggregate's id."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.agreement import LprTenor, PaymentKind
from schemas.money import Money
from schemas.registry import command
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from schemas.terms import AssetClass, Components, LoanTerms


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookLoan:
    """Take a disbursed loan on the books with a schedule made from its terms. Target: loan."""

    application_id: str
    contract_no: str
    party_ref: str
    amount: Money
    """What the borrower received: it is the principal, whatever the terms say (Civil Code 670)."""
    value_date: date
    """The bank's value date: interest runs from it, inclusive 起息日."""
    terms: LoanTerms
    unit: str = ""
    """Unit that looks after the loan 机构; empty when none is named."""
    officer: str = ""
    """Officer who looks after it 客户经理; empty when none is named."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyPayment:
    """Apply a receipt's money to the loan. Target: loan; money is never refused."""

    receipt_id: str
    amount: Money
    value_date: date
    channel: str
    kind: PaymentKind = PaymentKind.REPAYMENT


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Undo the payment that a receipt made 冲正. Target: loan."""

    receipt_id: str
    cause: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveAmount:
    """Reduce what is owed, oldest instalment first 减免; needs ``servicing:waive``. Target: loan."""

    amounts: Components
    reason: str
    maker: str = ""
    """Who proposed it; above the first tier another person than who decides."""
    approvals: tuple[str, ...] = ()
    """References of what was approved; needed above the first tier."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffLoan:
    """Take the loan off the balance 核销, the claim is kept; needs ``servicing:write-off``. Target: loan."""

    reason: str
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOffLoan:
    """Count the loan as lost while it stays on the books; needs ``servicing:charge-off``. Target: loan."""

    reason: str
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeSettlement:
    """Agree that a smaller sum, paid by a date, settles the loan 减免结清; needs ``servicing:agree-settlement``. Target: loan.

    What is waived must also lie within the waiver tier of who decides.
    """

    amount: Money
    by: date
    """Last value date that counts."""
    reason: str
    maker: str
    """Who proposed it: another person than who decides."""
    approvals: tuple[str, ...]
    """References of what was approved; at least one."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class SellClaim:
    """Sell the claim 债权转让, on or off the balance; needs ``servicing:sell-claim``. Target: loan."""

    buyer: str
    """Reference of the buyer, never personal data."""
    price: Money
    reason: str
    maker: str
    """Who proposed it: another person than who decides."""
    approvals: tuple[str, ...]
    """References of what was approved; at least one."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignLoan:
    """Name who looks after the loan 管户; needs ``servicing:assign``. Target: loan."""

    unit: str
    officer: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptRules:
    """Let a running loan take over another version of the arithmetic 规则升级; needs ``servicing:adopt-rules``. Target: loan."""

    rules: str
    """The version, e.g. ``cn-bank/1``."""
    reason: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccelerateLoan:
    """Call the loan 提前到期: everything is due on the open day; needs ``servicing:accelerate``. Target: loan."""

    reason: str
    notice: str
    """Reference of the notice that was served on the borrower."""
    notified_on: date


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RaisePenaltyRate:
    """Charge the heavier penalty rate agreed for misused funds 挪用罚息; needs ``servicing:raise-penalty``. Target: loan."""

    since: date
    reference: str
    """The finding of misuse."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFee:
    """Claim a charge of the signed cost table 收取费用; needs ``servicing:charge-fee``. Target: loan."""

    code: str
    amount: Money
    reason: str
    due_date: date | None = None
    """It falls due with the first instalment due on or after this day; the open business day when left out."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetAssetClass:
    """Put the loan into a class 五级分类: worse at once, better under rules; needs ``servicing:classify``. Target: loan."""

    asset_class: AssetClass
    reason: str
    technical: bool = False
    """The arrears have a technical cause: up to seven days past due they do not count for the class."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePayoff:
    """Quote what settles the loan on a day 结清试算; needs ``servicing:change``. Target: loan."""

    on: date | None = None
    """The open business day when left out; never before it."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Prepay:
    """Let money to come repay early 提前还款; needs ``servicing:change``. Target: loan."""

    mode: PrepaymentMode
    principal: Money | None = None
    """Principal to prepay; left out with ``full``."""
    receipt_id: str = ""
    """The receipt that will bring the money; empty: the first one that suffices."""
    valid_until: date | None = None
    """Last value date of such money; the open business day when left out."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendLoan:
    """Move maturity 展期; needs ``servicing:change``. Target: loan."""

    months: int
    asked_on: date
    """The day on which the borrower asked; before maturity."""
    supplement: str
    """Reference of the signed supplement."""
    approval: str
    """Reference of the approval."""
    guarantor_consent: str = ""
    """Reference of the guarantor's consent; empty when there is none."""
    security_consent: str = ""
    """Reference of the security provider's consent; empty when there is none."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class RestructureLoan:
    """Ease the terms of a borrower in difficulty 重组; needs ``servicing:change``. Target: loan."""

    finding: str
    """Reference of the recorded finding of financial difficulty."""
    months: int
    """Instalments from now on."""
    annual_rate: Decimal | None = None
    """The rate from now on, fraction a year, not above the present one; left out, it stays."""
    supplement: str
    approval: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRate:
    """Set the rate anew on its reset day 重定价, as the contract agrees; needs ``servicing:change``. Target: loan."""

    tenor: LprTenor
    index: Decimal
    """Published loan prime rate, fraction a year."""
    published: date
    source: str
    """Where the value was read."""


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDueDate:
    """Let later instalments fall due on another day 变更还款日; needs ``servicing:change``. Target: loan."""

    first: date
    """New due date of the next instalment; the later ones follow month by month."""
    supplement: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class GrantHoliday:
    """Skip instalments 延期还本付息; needs ``servicing:change``. Target: loan."""

    instalments: int
    interest: HolidayInterest
    interest_due: HolidayDue
    extends_term: bool
    """Whether the instalments skipped come at the end; else the later ones carry their principal."""
    bureau_flag: str
    """How the credit bureau is told."""
    supplement: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReAge:
    """Move arrears into later instalments; needs ``servicing:change``. Target: loan."""

    approval: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReAmortise:
    """Spread what is not yet due anew over the same dates; needs ``servicing:change``. Target: loan."""

    approval: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class UndoChange:
    """Take back the last change of the schedule; needs ``servicing:change``. Target: loan."""

    reason: str


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReceipt:
    """The bank credited money. Target: receipt = the bank's reference of the payment."""

    loan_id: str
    """Empty when nobody knows which loan it is for: the money is then suspended at once."""
    amount: Money
    channel: str
    value_date: date | None = None
    """From when it counts; the open business day when left out."""
    kind: PaymentKind = PaymentKind.REPAYMENT


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkApplied:
    """The loan took the receipt's money, or a part of it. Target: receipt."""

    applied: Money
    suspended: Money


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """The loan could not take the receipt's money 挂账. Target: receipt."""

    reason: str


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReversal:
    """The bank took the money back: undo whatever the receipt did. Target: receipt."""

    cause: str


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReceipt:
    """Pay suspended money back to who paid it 退款; needs ``servicing:refund``. Target: receipt."""

    amount: Money
    reason: str
    refund_reference: str
    """The payout's own reference: the same refund counts once."""


@command("servicing", "receipt")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReversed:
    """The loan undid the receipt's payment. Target: receipt."""
