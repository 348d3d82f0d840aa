"""Reversal 冲正: a payment that never was is taken out again, from exactly the instalments and components it paid."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.commands import ReversePayment
from schemas.servicing.events import PaymentReversed, RecoveryReversed, RestoredInstalment
from services.servicing.domain.loan.arrears import Charge, spared_from
from services.servicing.domain.loan.business_day import penalty_charged
from services.servicing.domain.loan.changes.undo import unprepay
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.impairment import off_balance
from services.servicing.domain.loan.money import amounts, components
from services.servicing.domain.loan.packing import Allocation, Balance, Payment, find_payment
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
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
    catching_up = [] if loan.status is Status.WRITTEN_OFF else _catch_up(loan, payment)
    draft.add(_reversed(loan, command, context, payment))
    draft.add(*(penalty_charged(loan, context.aggregate_id, charge) for charge in catching_up))
    if loan.status is Status.WRITTEN_OFF:
        draft.add(off_balance(draft, payment.allocations))
    else:
        unprepay(draft, command.receipt_id)
    return draft.events


def _reversed(loan: Loan, command: ReversePayment, context: Context, payment: Payment) -> PaymentReversed:
    currency = terms_of(loan).currency
    restored = []
    for allocation in payment.allocations:
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
        amount=of_minor(sum(allocation.total for allocation in payment.allocations), currency),
        allocation=components(payment.allocations, currency),
        cause=command.cause,
        outstanding_principal=of_minor(outstanding_principal(loan) + principal, currency),
        instalments=tuple(restored),
        reopened=loan.status is Status.SETTLED,
    )


def _recovery_reversed(loan: Loan, command: ReversePayment, context: Context, payment: Payment) -> RecoveryReversed:
    return RecoveryReversed(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        receipt_id=command.receipt_id,
        amount=of_minor(sum(allocation.principal for allocation in payment.allocations), terms_of(loan).currency),
        cause=command.cause,
    )


def _catch_up(loan: Loan, payment: Payment) -> list[Charge]:
    """Penalty on the principal that comes back, for the days charged meanwhile on the rest of its instalment only."""
    return [
        charge
        for allocation in payment.allocations
        if (charge := _missed(loan, allocation, payment.value_date)) is not None
    ]


def _missed(loan: Loan, allocation: Allocation, value_date: date) -> Charge | None:
    terms = terms_of(loan)
    now = balance(loan, allocation.number)
    if now.total == 0:
        return None
    start = _spared(loan, now, value_date)
    days = (now.through - start).days
    amount = terms.penalty(allocation.principal, max(0, days))
    return Charge(now.number, allocation.principal, start, now.through, days, amount) if amount else None


def _spared(loan: Loan, now: Balance, value_date: date) -> date:
    return spared_from(now.due_date, value_date, terms_of(loan))
