"""Commands of servicing: what may be asked of a loan and of a receipt. The record's key is the aggregate's id."""

from dataclasses import dataclass
from datetime import date

from schemas.agreement import PaymentKind
from schemas.money import Money
from schemas.registry import command
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


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffLoan:
    """Take the loan off the balance 核销, the claim is kept; needs ``servicing:write-off``. Target: loan."""

    reason: str


@command("servicing", "loan")
@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptRules:
    """Let a running loan take over another version of the arithmetic 规则升级; needs ``servicing:adopt-rules``. Target: loan."""

    rules: str
    """The version, e.g. ``cn-bank/1``."""
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
class MarkReversed:
    """The loan undid the receipt's payment. Target: receipt."""
