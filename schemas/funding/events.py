"""Public events of funding: custody accounts, transfers, funding of loans, distribution of repayments.

Every event that moves money carries ``postings`` that sum to zero, so the custody books close after every event.
"""

from dataclasses import dataclass
from decimal import Decimal

from schemas.money import Money
from schemas.registry import event
from schemas.terms import Components, Posting

BANK = "bank"
"""Mirror account of the custody bank 存管银行: its balance is minus the sum of all others."""


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


@event("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyCredited:
    """Money in transit arrived on this account. Key: account."""

    account_id: str
    transfer_id: str
    amount: Money
    balance: Money
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
    """``funding``, ``distribution`` or ``transfer``."""
    reference: str
    """What it is for: application, loan or request."""


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
    reference: str


@event("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReleased:
    """Not completed: the money is back, or was never taken. Key: transfer."""

    transfer_id: str
    amount: Money
    purpose: str
    reference: str
    reason: str


@event("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentDistributed:
    """One repayment shared out by component and lender; the residual cent goes to the largest share. Key: loan."""

    loan_id: str
    receipt_id: str
    amount: Money
    components: Components
    shares: tuple[Share, ...]
    reversal: bool
    """Whether it takes an earlier distribution back."""
    postings: tuple[Posting, ...]
