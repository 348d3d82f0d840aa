"""Events of servicing. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import (
    Bucket,
    Components,
    InstalmentAmounts,
    InstalmentCorrection,
    LoanTerms,
    Money,
    PaymentCorrection,
    PaymentKind,
    RestoredInstalment,
    RevisedInstalment,
    ScheduledInstalment,
)
from loanstream_client.payload import Payload


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


class AmountWaived(Payload, frozen=True, kw_only=True):
    """A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    waived: Components
    instalments: tuple[InstalmentAmounts, ...]
    """The waiver again, instalment by instalment, oldest first; its parts sum to `waived`."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    authority: str
    """Who decided it: the subject of the command."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    waived_on: datetime.date | None = None
    """Business day from which the waiver counts; absent in events of before it was given."""


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


class DelinquencyBucketChanged(Payload, frozen=True, kw_only=True):
    """The bucket moved up or down 逾期阶段. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    previous: Bucket
    bucket: Bucket
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    past_due: Components


class InstallmentDue(Payload, frozen=True, kw_only=True):
    """An instalment became due today, by component. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    unpaid: Money
    """What of it is not yet paid (early payments count)."""


class InstallmentPaid(Payload, frozen=True, kw_only=True):
    """An instalment is fully paid. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    paid_on: datetime.date
    """Value date of the payment that paid the last of it."""


class LoanBooked(Payload, frozen=True, kw_only=True):
    """A disbursed loan is on the books with frozen terms and its first schedule. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    terms: LoanTerms
    value_date: datetime.date
    """Interest runs from this day, inclusive 起息日."""
    maturity: datetime.date
    """Due date of the last instalment 到期日."""
    schedule: tuple[ScheduledInstalment, ...]
    unit: str = ""
    """Unit that looks after the loan 机构; empty when none is named."""
    officer: str = ""
    """Officer who looks after it 客户经理; empty when none is named."""


class LoanCorrected(Payload, frozen=True, kw_only=True):
    """Amounts already published were wrong from `from_date` on, old and new by component 更正. Key: loan.

    Emitted when a payment counts from an earlier day than today, or one is undone, and the ledger
    written anew from that day differs from what was published. Nothing that was published (`Overdue`,
    bucket, penalty) is withdrawn.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    from_date: datetime.date
    """First day from which the published amounts were wrong."""
    cause: str
    """`back-dated-payment` or `reversal`."""
    reference: str
    """What caused it: the receipt."""
    instalments: tuple[InstalmentCorrection, ...]
    payments: tuple[PaymentCorrection, ...] = ()
    """Other payments whose money pays something else now."""
    outstanding_principal: Money | None = None
    """Unpaid principal after the correction; absent when no payment was corrected."""


class MoneyReceived(Payload, frozen=True, kw_only=True):
    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    channel: str
    """How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left
    out.
    """
    kind: PaymentKind = "repayment"
    """Kind of document by the product's checklist."""


class Overdue(Payload, frozen=True, kw_only=True):
    """An arrears episode began, after grace; once per episode 逾期. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    since: datetime.date
    """Oldest unpaid due date."""
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    past_due: Components


class OverdueCured(Payload, frozen=True, kw_only=True):
    """Nothing is past due any more: the arrears episode ended. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    since: datetime.date
    """Oldest unpaid due date when the arrears episode began."""
    cured_on: datetime.date
    """Business date from which nothing is past due any more."""


class PaymentDeclined(Payload, frozen=True, kw_only=True):
    """The loan could not take the money of a receipt (unknown, settled): the receipt goes to suspense.
    Key: loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """`loan-unknown`, `loan-settled`, `currency-differs` or `amount-invalid`."""


class PaymentReceived(Payload, frozen=True, kw_only=True):
    """Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan.

    After a write-off money comes as `RecoveryReceived`; what came in whatever became of it is in
    `MoneyReceived`.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    channel: str
    """How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left
    out.
    """
    amount: Money
    """Applied to the loan; what is left of the receipt is `surplus`."""
    allocation: Components
    surplus: Money
    """Not needed by the loan: stays on the receipt as suspense."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment, oldest first; its parts sum to `allocation`."""
    number: int = 0
    """Number of the payment on its loan, counted from 1 in the order of booking; 0 in events of before it
    was given.
    """
    kind: PaymentKind = "repayment"
    """Kind of document by the product's checklist."""


class PaymentReversed(Payload, frozen=True, kw_only=True):
    """A payment was undone: bank error or chargeback 冲正. Key: loan.

    It undoes the `PaymentReceived` of the same loan and receipt, which stands before it in the
    partition: channel and value date are there. A receipt gives a loan one payment at most.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """What the loan had applied of the receipt, without its surplus."""
    allocation: Components
    """What is owed again, by component."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    instalments: tuple[RestoredInstalment, ...] = ()
    """What is owed again, instalment by instalment; its parts sum to `allocation`."""
    reopened: bool = False
    """Whether the loan was settled and is open again."""


class PaymentSuspended(Payload, frozen=True, kw_only=True):
    """Held unallocated 挂账: loan unknown or closed. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """As in `PaymentDeclined`."""


class PenaltyCharged(Payload, frozen=True, kw_only=True):
    """Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Instalment in arrears, counted from 1."""
    amount: Money
    """Amount of what the message is about."""
    base: Money
    """Unpaid principal of the instalment."""
    annual_rate: str
    """Penalty rate per year 罚息利率 as a fraction, 0.216 = 21.6 %: contract rate × penalty multiplier."""
    from_date: datetime.date
    """First day charged, inclusive."""
    to_date: datetime.date
    """Last day, exclusive."""
    days: int
    """Calendar days charged: from `from_date` to `to_date`."""


class ReceiptApplied(Payload, frozen=True, kw_only=True):
    """The receipt's money was applied to its loan; the rest is suspended. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    applied: Money
    """Part of the receipt that the loan took."""
    suspended: Money
    """Part of the receipt that no loan took: held unallocated 挂账."""


class ReceiptReversalRequested(Payload, frozen=True, kw_only=True):
    """The bank took the money back: the loan must undo the payment. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


class ReceiptReversed(Payload, frozen=True, kw_only=True):
    """The receipt is undone: none of its money counts any more. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


class RecoveryReceived(Payload, frozen=True, kw_only=True):
    """Money came in after write-off 核销后收回. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    amount: Money
    """Amount of what the message is about."""


class RecoveryReversed(Payload, frozen=True, kw_only=True):
    """A recovery was undone: bank error or chargeback 冲正. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


class RulesAdopted(Payload, frozen=True, kw_only=True):
    """The loan moved to another version of the arithmetic 规则升级: what is computed from that day on follows
    it. Key: loan.

    The schedule, and everything that was posted, stays as it was decided.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    previous: str
    """Version until now, e.g. `cn-bank/1`."""
    rules: str
    """Version from now on."""
    adopted_on: datetime.date
    """Business day from which it holds."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    authority: str
    """Who decided it: the subject of the command."""


class ScheduleRevised(Payload, frozen=True, kw_only=True):
    """The rows from one number on are replaced 还款计划变更; rows before it stand, later ones that are not named
    are gone.

    Key: loan. It follows the event that says what happened: a prepayment, an extension, a new rate.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    cause: str
    """What changed the schedule, e.g. `prepayment`, `extension`, `undo`."""
    effective: datetime.date
    """From when the new rows count."""
    from_number: int
    """Number of the first row that is replaced, counted from 1."""
    previous_count: int
    """Number of rows that the schedule had before."""
    rows: tuple[RevisedInstalment, ...]
    maturity: datetime.date
    """Due date of the last instalment 到期日."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""


class Settled(Payload, frozen=True, kw_only=True):
    """Closed: every component is zero 结清. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    settled_on: datetime.date
    """Business date on which the loan closed 结清日."""
    kind: str
    """`paid` (in full) or `discounted` (a part was waived)."""


class WrittenOff(Payload, frozen=True, kw_only=True):
    """Off the balance, the claim is kept 核销. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    written_off: Components
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
