"""Events of funding. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import Components, Money, Posting, Share
from loanstream_client.payload import Payload


class AccountOpened(Payload, frozen=True, kw_only=True):
    """A custody sub-account exists 存管子账户. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    owner: str
    """`own-capital` or `loan:<loan id>`."""
    currency: str
    """Currency, ISO 4217 code."""


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    business_date: datetime.date
    """Business date 营业日."""
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    reason: str
    """Why, in the words of the operator."""


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    calendar: str
    """Version of the calendar that says it is a business day, e.g. `every-day/1`."""


class CreditRefused(Payload, frozen=True, kw_only=True):
    """The account cannot take the money of a transfer: unknown, or of another currency. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """`unknown-account`, `currency-mismatch` or `bad-amount`."""


class Funded(Payload, frozen=True, kw_only=True):
    """Money for the loan is available on its custody account: sources and shares 资金到位. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    amount: Money
    """Amount of what the message is about."""
    loan_account: str
    """Custody account of the loan, `loan:<loan id>`, from which it is paid out."""
    sources: tuple[Share, ...]


class FundingFailed(Payload, frozen=True, kw_only=True):
    """The lender's account could not give the money. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """Why its transfer was not completed: as in `TransferReleased`."""


class FundingRequested(Payload, frozen=True, kw_only=True):
    """A signed contract needs money: a transfer from the lender's account is opened. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    amount: Money
    """Amount of what the message is about."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    lender_account: str
    """Custody account of the lender 出借人账户 that pays."""
    loan_account: str
    """Custody account of the loan, `loan:<loan id>`, from which it is paid out."""


class MoneyCredited(Payload, frozen=True, kw_only=True):
    """Money in transit arrived on this account. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """The transfer, or the distribution of a repayment, that it belongs to."""
    amount: Money
    """Amount of what the message is about."""
    balance: Money
    """Available balance 可用余额 of the account after it."""
    postings: tuple[Posting, ...]
    purpose: str
    """`distribution` of a repayment, or `transfer`."""


class MoneyDeposited(Payload, frozen=True, kw_only=True):
    """充值 confirmed by the bank. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    amount: Money
    """Amount of what the message is about."""
    bank_reference: str
    """The custody bank's own reference of the movement 银行流水号."""
    balance: Money
    """Available after it."""
    postings: tuple[Posting, ...]


class MoneyReserved(Payload, frozen=True, kw_only=True):
    """Taken from the available balance for a transfer 冻结; it stands in transit. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    balance: Money
    """Available balance 可用余额 of the account after it."""
    postings: tuple[Posting, ...]


class MoneyTakenBack(Payload, frozen=True, kw_only=True):
    """A reversed repayment was taken back from its lender, as far as available, the rest as a debt. Key:
    account.
    """

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """The distribution that takes it back."""
    amount: Money
    """Amount of what the message is about."""
    balance: Money
    """Available balance 可用余额 of the account after it."""
    due_back: Money
    """What the owner owes after it."""
    postings: tuple[Posting, ...]


class MoneyWithdrawn(Payload, frozen=True, kw_only=True):
    """提现, or the payout of a loan, confirmed by the bank. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    amount: Money
    """Amount of what the message is about."""
    bank_reference: str
    """The custody bank's own reference of the movement 银行流水号."""
    balance: Money
    """Available balance 可用余额 of the account after it."""
    postings: tuple[Posting, ...]


class RepaymentDistributed(Payload, frozen=True, kw_only=True):
    """One repayment shared out by lender, once per receipt and direction. Key: loan.

    Each part is the amount by share, rounded down to the minor unit; the residual goes to the largest
    share, ties to the smaller account id. Principal, interest and penalty all go to the lenders.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    components: Components
    """The receipt's allocation; of a recovery the whole amount stands under principal."""
    shares: tuple[Share, ...]
    reversal: bool
    """Whether it takes an earlier distribution back."""
    postings: tuple[Posting, ...]
    distribution_id: str
    """Names the in-transit account and the credits of the lenders."""
    kind: str
    """`payment` or `recovery` (after write-off)."""


class RepaymentPending(Payload, frozen=True, kw_only=True):
    """A repayment came before the loan's shares were known: it is distributed once they are. Key: loan.

    It moves no money: the custody books take a repayment up when it is distributed.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    components: Components
    kind: str
    """`payment` or `recovery` (after write-off)."""
    reversal: bool
    """Whether it takes an earlier distribution back 冲正."""


class ReservationCaptured(Payload, frozen=True, kw_only=True):
    """The reserved money is finally gone: the transfer completed. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""


class ReservationRefused(Payload, frozen=True, kw_only=True):
    """The account cannot give the money of a transfer. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """`unknown-account`, `currency-mismatch`, `bad-amount`, `insufficient-money`, or `cancelled`: never
    reserved.
    """


class ReservationReleased(Payload, frozen=True, kw_only=True):
    """Money in transit came back: the transfer was not completed 解冻. Key: account."""

    account_id: str
    """Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`."""
    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    balance: Money
    """Available balance 可用余额 of the account after it."""
    postings: tuple[Posting, ...]


class SharesRegistered(Payload, frozen=True, kw_only=True):
    """Who lent how much of a loan: its repayments are shared out by it. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    shares: tuple[Share, ...]


class TransferCancelled(Payload, frozen=True, kw_only=True):
    """It will not complete and nothing was or will be credited: a reservation is to be released. Key:
    transfer.
    """

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    from_account: str
    """Custody account that pays."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """`expired`, or why the receiving account refused."""


class TransferCaptured(Payload, frozen=True, kw_only=True):
    """Completed: nothing is in transit any more. Key: transfer."""

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    purpose: str
    """As in `TransferOpened`."""
    reference: str
    """As in `TransferOpened`."""


class TransferCredited(Payload, frozen=True, kw_only=True):
    """The receiving account has the money. Key: transfer."""

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    from_account: str
    """Custody account that pays."""
    to_account: str
    """Custody account that receives."""
    amount: Money
    """Amount of what the message is about."""


class TransferOpened(Payload, frozen=True, kw_only=True):
    """Money is to move between two accounts 划转: Opened → Reserved → Credited → Captured, or Released. Key:
    transfer.
    """

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    from_account: str
    """Custody account that pays."""
    to_account: str
    """Custody account that receives."""
    amount: Money
    """Amount of what the message is about."""
    purpose: str
    """`funding` of a loan, `return` of its money after a failed payout (`reference` is its application),
    or `transfer` by a person.
    """
    reference: str
    """What it is for: the application's id, or a person's words."""
    expires_on: datetime.date | None
    """Business date on which it is cancelled when the paying account has not reserved the money by then; a
    return never.
    """


class TransferReleased(Payload, frozen=True, kw_only=True):
    """Not completed: the money is back, or was never taken. Key: transfer."""

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    amount: Money
    """Amount of what the message is about."""
    purpose: str
    """As in `TransferOpened`."""
    reference: str
    """As in `TransferOpened`."""
    reason: str
    """`expired`, or why an account refused: as in `ReservationRefused` and `CreditRefused`."""


class TransferReserved(Payload, frozen=True, kw_only=True):
    """The paying account reserved the money. Key: transfer."""

    transfer_id: str
    """Transfer between two custody accounts 划转."""
    from_account: str
    """Custody account that pays."""
    to_account: str
    """Custody account that receives."""
    amount: Money
    """Amount of what the message is about."""
