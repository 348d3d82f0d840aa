"""Deciding a receipt's commands. The bank's reference is the key: the same money is never recorded twice."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import (
    MarkApplied,
    MarkReversed,
    RecordReceipt,
    RefundReceipt,
    RequestReversal,
    Suspend,
)
from schemas.servicing.events import (
    MoneyReceived,
    PaymentSuspended,
    ReceiptApplied,
    ReceiptReversalRequested,
    ReceiptReversed,
    RefundPaid,
)
from services.servicing.domain.loan.money import units
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.receipt.state import Receipt

Decision = Sequence[Any] | Refusal

REFUND = "servicing:refund"

LONGEST_BACK_DATING = 366
"""Days before the open business day that a receipt may count from."""
LIMIT_SOURCE = "house parameter of 2026-01-01: stands for the last closed accounting period while there is no closing"


def decide(receipt: Receipt | None, command: Any, context: Context) -> Decision:
    """The events of ``command`` on ``receipt`` (``None`` when the bank's reference is new), or why not."""
    if isinstance(command, RecordReceipt):
        return _record(command, context) if receipt is None else _repeat(receipt, command, context)
    if receipt is None:
        return Refusal("not-found", f"No receipt {context.aggregate_id} is recorded; check the bank's reference.")
    return _DECIDE[type(command)](receipt, command, context)


def _record(command: RecordReceipt, context: Context) -> Decision:
    amount = units(command.amount)
    if amount is None or amount <= 0:
        return Refusal("amount-invalid", "A receipt is a positive amount of its currency, with its decimals at most.")
    value_date = command.value_date or context.business_date
    refusal = _misdated(value_date, context.business_date)
    if refusal is not None:
        return refusal
    received = MoneyReceived(
        receipt_id=context.aggregate_id,
        loan_id=command.loan_id,
        amount=command.amount,
        value_date=value_date,
        channel=command.channel,
        kind=command.kind,
    )
    if command.loan_id:
        return [received]
    suspended = PaymentSuspended(
        receipt_id=context.aggregate_id, loan_id="", amount=command.amount, reason="loan-unknown"
    )
    return [received, suspended]


def _misdated(value_date: date, today: date) -> Refusal | None:
    if value_date > today:
        return Refusal(
            "value-date-in-future",
            f"The value date {value_date} is later than the open business day; record the receipt when it has come.",
            rule="value_date <= business date",
            limit=str(today),
        )
    if (today - value_date).days > LONGEST_BACK_DATING:
        return Refusal(
            "value-date-too-early",
            f"The value date {value_date} lies more than {LONGEST_BACK_DATING} days back; correct it.",
            rule="receipt.back-dating",
            limit=str(LONGEST_BACK_DATING),
            source=LIMIT_SOURCE,
        )
    return None


def _repeat(receipt: Receipt, command: RecordReceipt, context: Context) -> Decision:
    same = (
        command.loan_id == receipt.loan_id
        and command.amount.currency == receipt.currency
        and units(command.amount) == receipt.amount
        and command.channel == receipt.channel
        and command.kind is receipt.kind
        and command.value_date in (None, receipt.value_date)
    )
    if same:
        return ()
    return Refusal(
        "receipt-differs",
        f"The bank's reference {context.aggregate_id} is recorded with other content; each payment needs its own reference.",
        rule="one receipt per bank reference",
    )


def _mark_applied(receipt: Receipt, command: MarkApplied, context: Context) -> Decision:
    """Asks once more for what the bank took back: a payment that was parked may have come after the first time of asking."""
    if receipt.pending == 0:
        return ()
    applied, suspended = units(command.applied), units(command.suspended)
    if applied is None or suspended is None or applied + suspended != receipt.pending:
        return Refusal(
            "amounts-differ",
            "What was applied and what is left over do not sum to the receipt; the loan's event is wrong.",
            limit=str(of_minor(receipt.pending, receipt.currency).amount),
        )
    applied_now = ReceiptApplied(
        receipt_id=context.aggregate_id,
        loan_id=receipt.loan_id,
        applied=command.applied,
        suspended=command.suspended,
    )
    if receipt.reversal_cause is None:
        return [applied_now]
    return [applied_now, _reversal_requested(receipt, receipt.reversal_cause, context)]


def _suspend(receipt: Receipt, command: Suspend, context: Context) -> Decision:
    """Money the bank has taken back meanwhile needs no loan to undo anything."""
    if receipt.pending == 0:
        return ()
    suspended = PaymentSuspended(
        receipt_id=context.aggregate_id,
        loan_id=receipt.loan_id,
        amount=of_minor(receipt.pending, receipt.currency),
        reason=command.reason,
    )
    if receipt.reversal_cause is None:
        return [suspended]
    return [suspended, _undone(receipt, receipt.reversal_cause, context)]


def _request_reversal(receipt: Receipt, command: RequestReversal, context: Context) -> Decision:
    if receipt.reversed or receipt.reversal_cause is not None:
        return ()
    if receipt.applied + receipt.pending == 0:
        return [_undone(receipt, command.cause, context)]
    return [_reversal_requested(receipt, command.cause, context)]


def _mark_reversed(receipt: Receipt, _command: MarkReversed, context: Context) -> Decision:
    return () if receipt.reversal_cause is None else [_undone(receipt, receipt.reversal_cause, context)]


def _refund(receipt: Receipt, command: RefundReceipt, context: Context) -> Decision:
    """``RefundPaid`` for suspended money; none when this payout was stated before."""
    refusal = missing(REFUND, context)
    if refusal is not None:
        return refusal
    if command.refund_reference in receipt.refunds:
        return ()
    amount = units(command.amount) if command.amount.currency == receipt.currency else None
    if amount is None or amount <= 0:
        return Refusal(
            "amount-invalid", f"A refund is a positive amount in {receipt.currency}, with its decimals at most."
        )
    if amount > receipt.suspended or receipt.reversal_cause is not None:
        free = 0 if receipt.reversal_cause is not None else receipt.suspended
        limit = of_minor(free, receipt.currency)
        return Refusal(
            "refund-exceeds-suspense",
            f"Only {limit.amount} {limit.currency} of the receipt is held in suspense; refund no more than that.",
            rule="refund.suspense",
            limit=str(limit.amount),
        )
    return [
        RefundPaid(
            receipt_id=context.aggregate_id,
            loan_id=receipt.loan_id,
            amount=command.amount,
            suspended=of_minor(receipt.suspended - amount, receipt.currency),
            refund_reference=command.refund_reference,
            reason=command.reason,
            authority=context.actor.subject,
        )
    ]


_DECIDE: dict[type[Any], Callable[[Receipt, Any, Context], Decision]] = {
    MarkApplied: _mark_applied,
    Suspend: _suspend,
    RequestReversal: _request_reversal,
    MarkReversed: _mark_reversed,
    RefundReceipt: _refund,
}


def _reversal_requested(receipt: Receipt, cause: str, context: Context) -> ReceiptReversalRequested:
    return ReceiptReversalRequested(
        receipt_id=context.aggregate_id,
        loan_id=receipt.loan_id,
        amount=of_minor(receipt.amount, receipt.currency),
        cause=cause,
    )


def _undone(receipt: Receipt, cause: str, context: Context) -> ReceiptReversed:
    """What was refunded has left already: that the bank took it back, too, is a claim against who got the refund."""
    return ReceiptReversed(
        receipt_id=context.aggregate_id,
        loan_id=receipt.loan_id,
        amount=of_minor(receipt.amount - receipt.refunded, receipt.currency),
        cause=cause,
    )
