"""Folding a receipt's events: money moves between its places, none is made or lost."""

from collections.abc import Callable
from typing import Any

from schemas.money import minor
from schemas.servicing.events import (
    MoneyReceived,
    PaymentSuspended,
    ReceiptApplied,
    ReceiptReversalRequested,
    ReceiptReversed,
    RefundPaid,
)
from schemas.state import replace
from services.servicing.domain.receipt.state import Receipt


def evolve(receipt: Receipt | None, event: Any) -> Receipt | None:
    """The receipt after ``event``."""
    if isinstance(event, MoneyReceived):
        return _received(event)
    apply = _APPLY.get(type(event))
    return receipt if apply is None or receipt is None else apply(receipt, event)


def _received(event: MoneyReceived) -> Receipt:
    amount = minor(event.amount)
    return Receipt(
        loan_id=event.loan_id,
        currency=event.amount.currency,
        amount=amount,
        value_date=event.value_date,
        channel=event.channel,
        pending=amount,
        kind=event.kind,
    )


def _applied(receipt: Receipt, event: ReceiptApplied) -> Receipt:
    applied, suspended = minor(event.applied), minor(event.suspended)
    return replace(
        receipt,
        pending=receipt.pending - applied - suspended,
        applied=receipt.applied + applied,
        suspended=receipt.suspended + suspended,
    )


def _suspended(receipt: Receipt, event: PaymentSuspended) -> Receipt:
    amount = minor(event.amount)
    return replace(receipt, pending=receipt.pending - amount, suspended=receipt.suspended + amount)


def _refunded(receipt: Receipt, event: RefundPaid) -> Receipt:
    amount = minor(event.amount)
    return replace(
        receipt,
        suspended=receipt.suspended - amount,
        refunded=receipt.refunded + amount,
        refunds=(*receipt.refunds, event.refund_reference),
    )


def _reversal_requested(receipt: Receipt, event: ReceiptReversalRequested) -> Receipt:
    return replace(receipt, reversal_cause=event.cause)


def _reversed(receipt: Receipt, event: ReceiptReversed) -> Receipt:
    return replace(receipt, pending=0, applied=0, suspended=0, reversed=minor(event.amount), reversal_cause=None)


_APPLY: dict[type[Any], Callable[[Receipt, Any], Receipt]] = {
    ReceiptApplied: _applied,
    PaymentSuspended: _suspended,
    ReceiptReversalRequested: _reversal_requested,
    ReceiptReversed: _reversed,
    RefundPaid: _refunded,
}
