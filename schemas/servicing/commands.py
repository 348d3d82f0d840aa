"""Commands of servicing: what may be asked of a loan and of a receipt. The record's key is the aggregate's id."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.agreement import LprTenor
from schemas.money import Money
from schemas.registry import command
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from schemas.terms import Components, LoanTerms


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


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffLoan:
    """Take the loan off the balance 核销, the claim is kept; needs ``servicing:write-off``. Target: loan."""

    reason: str


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
class MarkReversed:
    """The loan undid the receipt's payment. Target: receipt."""
