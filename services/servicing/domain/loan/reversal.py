"""Reversal 冲正: a payment that never was is taken out again, from exactly the instalments and components it paid."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.commands import ReversePayment
from schemas.servicing.events import PaymentReversed, RecoveryReversed, RestoredInstalment
from services.servicing.domain.loan.arrears import spared_from
from services.servicing.domain.loan.changes.undo import unprepay
from services.servicing.domain.loan.correction import Cause, corrected
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.discount import revived
from services.servicing.domain.loan.ending.sale import also_sold
from services.servicing.domain.loan.impairment import off_balance
from services.servicing.domain.loan.money import amounts, components
from services.servicing.domain.loan.packing import Allocation, Balance, Payment, find_payment
from services.servicing.domain.loan.rewriting import counts_from, entries, rewrite
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    months_of,
    outstanding_principal,
    schedule_of,
    terms_of,
)


def reverse_payment(loan: Loan | None, command: ReversePayment, context: Context) -> Sequence[Any]:
    """The events of a reversal; none when the receipt never paid this loan, or was reversed before.

    A settled loan is open again. Arrears that come back are stated by the next business day.
    """
    payment = find_payment(loan.payments, command.receipt_id, schedule_of(loan)) if loan else None
    if loan is None or payment is None or payment.reversed:
        return ()
    if any(allocation.number == 0 for allocation in payment.allocations):
        return [_recovery_reversed(loan, command, context, payment)]
    draft = Draft(loan, context)
    draft.add(_reversed(loan, command, context, payment))
    draft.add(*revived(draft.loan, loan, context, command.receipt_id))
    if loan.status is Status.WRITTEN_OFF:
        draft.add(off_balance(draft, payment.allocations))
    elif loan.status is Status.SOLD:
        draft.add(also_sold(loan, context, payment))
    elif not unprepay(draft, command.receipt_id):
        _rewrite(draft, command, payment)
    return draft.events


def _rewrite(draft: Draft, command: ReversePayment, payment: Payment) -> None:
    """The ledger is written anew without the payment, as if it had never come."""
    loan, loan_id = draft.loan, draft.context.aggregate_id
    after = rewrite(loan, loan_id, entries(loan), draft.context.business_date)
    cause = Cause("reversal", command.receipt_id, counts_from(loan, payment.value_date))
    draft.add(*corrected(loan, loan_id, after, cause))
    draft.settle()  # the other payments may pay all of it


def _reversed(loan: Loan, command: ReversePayment, context: Context, payment: Payment) -> PaymentReversed:
    currency = terms_of(loan).currency
    restored = []
    for allocation in _on_rows_there_are(payment.allocations, months_of(loan)):
        now = balance(loan, allocation.number)
        restored.append(
            RestoredInstalment(
                number=allocation.number,
                **amounts(allocation, currency),
                penalty_through=now.through if now.total else _spared(loan, now, payment.value_date),
            )
        )
    principal = sum(allocation.principal for allocation in payment.allocations)
    return PaymentReversed(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        receipt_id=command.receipt_id,
        amount=of_minor(payment.amount, currency),
        allocation=components(payment.allocations, currency),
        cause=command.cause,
        outstanding_principal=of_minor(outstanding_principal(loan) + principal, currency),
        instalments=tuple(restored),
        reopened=loan.status is Status.SETTLED,
    )


def _on_rows_there_are(allocations: Sequence[Allocation], last: int) -> list[Allocation]:
    """What was paid on instalments that a shorter schedule has no more is owed again with the last one."""
    found: dict[int, Allocation] = {}
    for part in allocations:
        number = min(part.number, last)
        before = found.get(number, Allocation(number, 0, 0, 0))
        found[number] = Allocation(number, *(sum(pair) for pair in zip(before[1:], part[1:], strict=True)))
    return list(found.values())


def _recovery_reversed(loan: Loan, command: ReversePayment, context: Context, payment: Payment) -> RecoveryReversed:
    currency = terms_of(loan).currency
    stated = any(allocation.number for allocation in payment.allocations)
    return RecoveryReversed(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        receipt_id=command.receipt_id,
        amount=of_minor(sum(allocation.total for allocation in payment.allocations), currency),
        cause=command.cause,
        allocation=components(payment.allocations, currency) if stated else None,
    )


def _spared(loan: Loan, now: Balance, value_date: date) -> date:
    return spared_from(now.due_date, value_date, terms_of(loan))
