"""What servicing does about events: pure functions from an event to commands of servicing."""

from collections.abc import Sequence

from loanstream.runtime.definitions import Effect, Reaction, Send
from schemas.envelope import EventMeta
from schemas.money import of_minor
from schemas.origination.events import Disbursed
from schemas.servicing.commands import (
    ApplyPayment,
    BookLoan,
    MarkApplied,
    MarkReversed,
    ReversePayment,
    Suspend,
)
from schemas.servicing.events import (
    MoneyReceived,
    PaymentDeclined,
    PaymentReceived,
    PaymentReversed,
    ReceiptReversalRequested,
    RecoveryReceived,
    RecoveryReversed,
)

Reactions = Sequence[Send | Effect]


def book_loan(event: Disbursed, _meta: EventMeta) -> Reactions:
    """A loan paid out is booked from the bank's value date."""
    command = BookLoan(
        application_id=event.application_id,
        contract_no=event.contract_no,
        party_ref=event.party_ref,
        amount=event.amount,
        value_date=event.value_date,
        terms=event.terms,
    )
    return [Send(event.loan_id, command)]


def apply_receipt(event: MoneyReceived, _meta: EventMeta) -> Reactions:
    """Money that names its loan is applied to it."""
    if not event.loan_id:
        return ()
    command = ApplyPayment(
        receipt_id=event.receipt_id,
        amount=event.amount,
        value_date=event.value_date,
        channel=event.channel,
        kind=event.kind,
    )
    return [Send(event.loan_id, command)]


def mark_applied(event: PaymentReceived, _meta: EventMeta) -> Reactions:
    """The receipt learns what the loan took of it."""
    return [Send(event.receipt_id, MarkApplied(applied=event.amount, suspended=event.surplus))]


def mark_recovered(event: RecoveryReceived, _meta: EventMeta) -> Reactions:
    """The receipt learns that a loan written off took it as a recovery."""
    surplus = event.surplus or of_minor(0, event.amount.currency)
    return [Send(event.receipt_id, MarkApplied(applied=event.amount, suspended=surplus))]


def suspend_receipt(event: PaymentDeclined, _meta: EventMeta) -> Reactions:
    """Money that no loan takes is held."""
    return [Send(event.receipt_id, Suspend(reason=event.reason))]


def reverse_payment(event: ReceiptReversalRequested, _meta: EventMeta) -> Reactions:
    """The loan undoes what a receipt paid that the bank took back."""
    return [Send(event.loan_id, ReversePayment(receipt_id=event.receipt_id, cause=event.cause))]


def mark_reversed(event: PaymentReversed | RecoveryReversed, _meta: EventMeta) -> Reactions:
    """The receipt learns that its payment is undone."""
    return [Send(event.receipt_id, MarkReversed())]


REACTIONS = (
    Reaction("book-loan", Disbursed, book_loan),
    Reaction("apply-receipt", MoneyReceived, apply_receipt),
    Reaction("mark-applied", PaymentReceived, mark_applied),
    Reaction("mark-recovered", RecoveryReceived, mark_recovered),
    Reaction("suspend-receipt", PaymentDeclined, suspend_receipt),
    Reaction("reverse-payment", ReceiptReversalRequested, reverse_payment),
    Reaction("mark-reversed", PaymentReversed, mark_reversed),
    Reaction("mark-recovery-reversed", RecoveryReversed, mark_reversed),
)
