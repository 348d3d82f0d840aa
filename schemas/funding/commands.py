"""Commands of funding. The target of each is the id of the aggregate that decides; bodies do not repeat it."""

from dataclasses import dataclass

from schemas.funding.events import Share
from schemas.money import Money
from schemas.registry import command
from schemas.terms import Components


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Open a custody sub-account 开立子账户 in one currency. Target: account."""

    owner: str
    """Who owns the money: ``own-capital``, a lender's reference, or ``loan:<loan id>``."""
    currency: str
    """ISO 4217 code."""


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Book money that the custody bank confirmed 充值; the bank's reference never counts twice. Target: account."""

    amount: Money
    bank_reference: str


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Take the money of a transfer from the available balance 冻结. Target: the paying account."""

    transfer_id: str
    amount: Money


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Take money in transit onto the account. Target: the receiving account."""

    transfer_id: str
    amount: Money
    purpose: str
    """As in ``MoneyCredited``."""


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The other side has the money: forget the reservation. Target: the paying account."""

    transfer_id: str


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The transfer was cancelled: take the reserved money back 解冻, or never reserve it. Target: the paying account."""

    transfer_id: str
    amount: Money


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut:
    """The bank paid the loan out to the borrower: the money leaves custody. Target: the loan's account."""

    amount: Money
    bank_reference: str


@command("funding", "account")
@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """A repayment was reversed: the lender gives its part back, now or as a debt. Target: the lender's account."""

    transfer_id: str
    """The distribution that takes it back."""
    amount: Money


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransfer:
    """Move money between two accounts 划转. Target: transfer."""

    from_account: str
    to_account: str
    amount: Money
    purpose: str
    """As in ``TransferOpened``."""
    reference: str


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReserved:
    """The paying account reserved the money. Target: transfer."""


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRefused:
    """The paying account cannot give the money. Target: transfer."""

    reason: str


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCredited:
    """The receiving account has the money. Target: transfer."""


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCreditRefused:
    """The receiving account cannot take the money. Target: transfer."""

    reason: str


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCaptured:
    """The paying account forgot the reservation: the transfer is complete. Target: transfer."""


@command("funding", "transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReleased:
    """The paying account has the money back. Target: transfer."""


@command("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFunding:
    """A contract is signed: get the money for its loan. Target: application."""

    contract_id: str
    loan_id: str
    amount: Money


@command("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmFunding:
    """The money is on the loan's account. Target: application."""

    transfer_id: str


@command("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class FailFunding:
    """The transfer to the loan's account was not completed. Target: application."""

    transfer_id: str
    reason: str


@command("funding", "funding")
@dataclass(frozen=True, slots=True, kw_only=True)
class RetryFunding:
    """Ask for the money of a failed funding again, by a finance officer. Target: application."""


@command("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterShares:
    """Keep who lent how much of a loan. Target: loan."""

    shares: tuple[Share, ...]


@command("funding", "repayment")
@dataclass(frozen=True, slots=True, kw_only=True)
class DistributeRepayment:
    """Share one receipt's money out to the lenders, or take it back from them. Target: loan."""

    receipt_id: str
    amount: Money
    components: Components
    kind: str
    """As in ``RepaymentDistributed``."""
    reversal: bool
