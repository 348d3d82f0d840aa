"""Public events of funding: custody accounts, transfers, funding of loans, distribution of repayments.

Every event that moves money carries ``postings`` that sum to zero, so the custody books close after every event.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.money import Money
from schemas.registry import event
from schemas.terms import Components, Posting

BANK = "bank"
"""Mirror account of the custody bank 存管银行: its balance is minus the sum of all others."""

IN_TRANSIT = "in-transit/"
"""Prefix of the accounts that hold money between two others: ``in-transit/<transfer or distribution id>``."""

DUE_BACK = "due-back/"
"""Prefix of the accounts that hold what an owner must give back 应退款: ``due-back/<account id>``, zero or negative.

A reversed repayment is taken back from its lender; what the lender's available balance cannot give stands here, so that no
sub-account is ever negative, and the next money that comes in settles it first.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A lender's part of a loan or of a repayment."""

    account_id: str
    amount: Money
    share: Decimal
    """Fraction of the whole, the shares sum to 1."""


@event("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRequested:
    """A signed contract needs money: a transfer from the lender's account is opened. Key: application."""

    application_id: str
    loan_id: str
    contract_id: str
    amount: Money
    transfer_id: str
    lender_account: str
    loan_account: str


@event("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class Funded:
    """Money for the loan is available on its custody account: sources and shares 资金到位. Key: application."""

    application_id: str
    loan_id: str
    contract_id: str
    amount: Money
    loan_account: str
    sources: tuple[Share, ...]


@event("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class FundingFailed:
    """The lender's account could not give the money. Key: application."""

    application_id: str
    loan_id: str
    contract_id: str
    amount: Money
    reason: str
    """Why its transfer was not completed: as in ``TransferReleased``."""


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened:
    """A custody sub-account exists 存管子账户. Key: account."""

    account_id: str
    owner: str
    """``own-capital`` or ``loan:<loan id>``."""
    currency: str


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyDeposited:
    """充值 confirmed by the bank. Key: account."""

    account_id: str
    amount: Money
    bank_reference: str
    balance: Money
    """Available after it."""
    postings: tuple[Posting, ...]


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyWithdrawn:
    """提现, or the payout of a loan, confirmed by the bank. Key: account."""

    account_id: str
    amount: Money
    bank_reference: str
    balance: Money
    postings: tuple[Posting, ...]


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyReserved:
    """Taken from the available balance for a transfer 冻结; it stands in transit. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money
    balance: Money
    postings: tuple[Posting, ...]


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRefused:
    """The account cannot give the money of a transfer. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money
    reason: str
    """``unknown-account``, ``currency-mismatch``, ``bad-amount``, ``insufficient-money``, or ``cancelled``: never reserved."""


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyCredited:
    """Money in transit arrived on this account. Key: account."""

    account_id: str
    transfer_id: str
    """The transfer, or the distribution of a repayment, that it belongs to."""
    amount: Money
    balance: Money
    postings: tuple[Posting, ...]
    purpose: str
    """``distribution`` of a repayment, or ``transfer``."""


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefused:
    """The account cannot take the money of a transfer: unknown, or of another currency. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money
    reason: str
    """``unknown-account``, ``currency-mismatch`` or ``bad-amount``."""


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTakenBack:
    """A reversed repayment was taken back from its lender, as far as available, the rest as a debt. Key: account."""

    account_id: str
    transfer_id: str
    """The distribution that takes it back."""
    amount: Money
    balance: Money
    due_back: Money
    """What the owner owes after it."""
    postings: tuple[Posting, ...]


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReleased:
    """Money in transit came back: the transfer was not completed 解冻. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money
    balance: Money
    postings: tuple[Posting, ...]


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationCaptured:
    """The reserved money is finally gone: the transfer completed. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOpened:
    """Money is to move between two accounts 划转: Opened → Reserved → Credited → Captured, or Released. Key: transfer."""

    transfer_id: str
    from_account: str
    to_account: str
    amount: Money
    purpose: str
    """``funding`` of a loan, ``return`` of its money after a failed payout (``reference`` is its application), or
    ``transfer`` by a person."""
    reference: str
    """What it is for: the application's id, or a person's words."""
    expires_on: date | None
    """Business date on which it is cancelled when the paying account has not reserved the money by then; a return never."""


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReserved:
    """The paying account reserved the money. Key: transfer."""

    transfer_id: str
    from_account: str
    to_account: str
    amount: Money


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCredited:
    """The receiving account has the money. Key: transfer."""

    transfer_id: str
    from_account: str
    to_account: str
    amount: Money


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCaptured:
    """Completed: nothing is in transit any more. Key: transfer."""

    transfer_id: str
    amount: Money
    purpose: str
    """As in ``TransferOpened``."""
    reference: str
    """As in ``TransferOpened``."""


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCancelled:
    """It will not complete and nothing was or will be credited: a reservation is to be released. Key: transfer."""

    transfer_id: str
    from_account: str
    amount: Money
    reason: str
    """``expired``, or why the receiving account refused."""


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReleased:
    """Not completed: the money is back, or was never taken. Key: transfer."""

    transfer_id: str
    amount: Money
    purpose: str
    """As in ``TransferOpened``."""
    reference: str
    """As in ``TransferOpened``."""
    reason: str
    """``expired``, or why an account refused: as in ``ReservationRefused`` and ``CreditRefused``."""


@event("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class SharesRegistered:
    """Who lent how much of a loan: its repayments are shared out by it. Key: loan."""

    loan_id: str
    shares: tuple[Share, ...]


@event("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentPending:
    """A repayment came before the loan's shares were known: it is distributed once they are. Key: loan.

    It moves no money: the custody books take a repayment up when it is distributed.
    """

    loan_id: str
    receipt_id: str
    amount: Money
    components: Components
    kind: str
    """``payment`` or ``recovery`` (after write-off)."""
    reversal: bool


@event("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentDistributed:
    """One repayment shared out by lender, once per receipt and direction. Key: loan.

    Each part is the amount by share, rounded down to the minor unit; the residual goes to the largest share, ties to the
    smaller account id. Principal, interest and penalty all go to the lenders.
    """

    loan_id: str
    receipt_id: str
    amount: Money
    components: Components
    """The receipt's allocation; of a recovery the whole amount stands under principal."""
    shares: tuple[Share, ...]
    reversal: bool
    """Whether it takes an earlier distribution back."""
    postings: tuple[Posting, ...]
    distribution_id: str
    """Names the in-transit account and the credits of the lenders."""
    kind: str
    """``payment`` or ``recovery`` (after write-off)."""
