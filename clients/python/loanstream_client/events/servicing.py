"""Events of servicing. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import (
    Bucket,
    Components,
    InstalmentAmounts,
    InstalmentCorrection,
    LoanTerms,
    Money,
    RestoredInstalment,
    ScheduledInstalment,
)
from loanstream_client.payload import Payload


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    business_date: datetime.date
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    reason: str


class AmountWaived(Payload, frozen=True, kw_only=True):
    """A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan."""

    loan_id: str
    party_ref: str
    waived: Components
    instalments: tuple[InstalmentAmounts, ...]
    """The waiver again, instalment by instalment, oldest first; its parts sum to `waived`."""
    outstanding_principal: Money
    authority: str
    """Who decided it: the subject of the command."""
    reason: str


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    partition: int
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    partition: int
    calendar: str


class DelinquencyBucketChanged(Payload, frozen=True, kw_only=True):
    """The bucket moved up or down 逾期阶段. Key: loan."""

    loan_id: str
    party_ref: str
    previous: Bucket
    bucket: Bucket
    days_past_due: int
    past_due: Components


class InstallmentDue(Payload, frozen=True, kw_only=True):
    """An instalment became due today, by component. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    due_date: datetime.date
    principal: Money
    interest: Money
    unpaid: Money
    """What of it is not yet paid (early payments count)."""


class InstallmentPaid(Payload, frozen=True, kw_only=True):
    """An instalment is fully paid. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    due_date: datetime.date
    paid_on: datetime.date


class LoanBooked(Payload, frozen=True, kw_only=True):
    """A disbursed loan is on the books with frozen terms and its first schedule. Key: loan."""

    loan_id: str
    application_id: str
    contract_no: str
    party_ref: str
    terms: LoanTerms
    value_date: datetime.date
    """Interest runs from this day, inclusive 起息日."""
    maturity: datetime.date
    schedule: tuple[ScheduledInstalment, ...]


class LoanCorrected(Payload, frozen=True, kw_only=True):
    """Amounts already published were wrong from `from_date` on, old and new by component 更正. Key: loan.

    Emitted when a payment counts from an earlier day than the penalty was already posted to. Nothing
    that was published (`Overdue`, bucket, penalty) is withdrawn.
    """

    loan_id: str
    party_ref: str
    from_date: datetime.date
    cause: str
    """`back-dated-payment`."""
    reference: str
    """What caused it: the receipt."""
    instalments: tuple[InstalmentCorrection, ...]


class MoneyReceived(Payload, frozen=True, kw_only=True):
    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    loan_id: str
    amount: Money
    value_date: datetime.date
    channel: str


class Overdue(Payload, frozen=True, kw_only=True):
    """An arrears episode began, after grace; once per episode 逾期. Key: loan."""

    loan_id: str
    party_ref: str
    since: datetime.date
    """Oldest unpaid due date."""
    days_past_due: int
    past_due: Components


class OverdueCured(Payload, frozen=True, kw_only=True):
    """Nothing is past due any more: the arrears episode ended. Key: loan."""

    loan_id: str
    party_ref: str
    since: datetime.date
    cured_on: datetime.date


class PaymentDeclined(Payload, frozen=True, kw_only=True):
    """The loan could not take the money of a receipt (unknown, settled): the receipt goes to suspense.
    Key: loan.
    """

    loan_id: str
    receipt_id: str
    amount: Money
    reason: str


class PaymentReceived(Payload, frozen=True, kw_only=True):
    """Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    value_date: datetime.date
    channel: str
    amount: Money
    """Applied to the loan; what is left of the receipt is `surplus`."""
    allocation: Components
    surplus: Money
    """Not needed by the loan: stays on the receipt as suspense."""
    outstanding_principal: Money
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment, oldest first; its parts sum to `allocation`."""


class PaymentReversed(Payload, frozen=True, kw_only=True):
    """A payment was undone: bank error or chargeback 冲正. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    amount: Money
    allocation: Components
    """What is owed again, by component."""
    cause: str
    outstanding_principal: Money
    instalments: tuple[RestoredInstalment, ...] = ()
    """What is owed again, instalment by instalment; its parts sum to `allocation`."""
    reopened: bool = False
    """Whether the loan was settled and is open again."""


class PaymentSuspended(Payload, frozen=True, kw_only=True):
    """Held unallocated 挂账: loan unknown or closed. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    reason: str


class PenaltyCharged(Payload, frozen=True, kw_only=True):
    """Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan."""

    loan_id: str
    party_ref: str
    number: int
    """Instalment in arrears."""
    amount: Money
    base: Money
    """Unpaid principal of the instalment."""
    annual_rate: str
    from_date: datetime.date
    """First day charged, inclusive."""
    to_date: datetime.date
    """Last day, exclusive."""
    days: int


class ReceiptApplied(Payload, frozen=True, kw_only=True):
    """The receipt's money was applied to its loan; the rest is suspended. Key: receipt."""

    receipt_id: str
    loan_id: str
    applied: Money
    suspended: Money


class ReceiptReversalRequested(Payload, frozen=True, kw_only=True):
    """The bank took the money back: the loan must undo the payment. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    cause: str


class ReceiptReversed(Payload, frozen=True, kw_only=True):
    """The receipt is undone: none of its money counts any more. Key: receipt."""

    receipt_id: str
    loan_id: str
    amount: Money
    cause: str


class RecoveryReceived(Payload, frozen=True, kw_only=True):
    """Money came in after write-off 核销后收回. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    value_date: datetime.date
    amount: Money


class RecoveryReversed(Payload, frozen=True, kw_only=True):
    """A recovery was undone: bank error or chargeback 冲正. Key: loan."""

    loan_id: str
    party_ref: str
    receipt_id: str
    amount: Money
    cause: str


class Settled(Payload, frozen=True, kw_only=True):
    """Closed: every component is zero 结清. Key: loan."""

    loan_id: str
    party_ref: str
    contract_no: str
    settled_on: datetime.date
    kind: str
    """`paid` (in full) or `discounted` (a part was waived)."""


class WrittenOff(Payload, frozen=True, kw_only=True):
    """Off the balance, the claim is kept 核销. Key: loan."""

    loan_id: str
    party_ref: str
    written_off: Components
    days_past_due: int
    authority: str
