"""Reversal 冲正: a payment that never was is taken out again, from exactly the instalments and components it paid."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.commands import ReversePayment
from schemas.servicing.events import PaymentReversed, RecoveryReversed, RestoredInstalment
from services.servicing.domain.loan.arrears import accruing, spared_from
from services.servicing.domain.loan.daily.overdue_interest import Accruing, Charge
from services.servicing.domain.loan.daily.postings import posted
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.impairment import off_balance
from services.servicing.domain.loan.money import amounts, components
from services.servicing.domain.loan.packing import Allocation, Balance, Payment, find_payment
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
    catching_up = [] if loan.status is Status.WRITTEN_OFF else _catch_up(loan, payment)
    draft.add(_reversed(loan, command, context, payment))
    draft.add(*posted(loan, context.aggregate_id, catching_up, accruing(loan).cap))
    if loan.status is Status.WRITTEN_OFF:
        draft.add(off_balance(draft, payment.allocations))
    return draft.events


def _reversed(loan: Loan, command: ReversePayment, context: Context, payment: Payment) -> PaymentReversed:
    currency = terms_of(loan).currency
    restored = []
    for allocation in _on_rows(loan, payment):
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
    """Penalty on the principal that comes back, for the days charged meanwhile on the rest of its instalment only.

    Likewise compound interest on the interest that comes back.
    """
    rules = accruing(loan)
    return [
        charge
        for allocation in _on_rows(loan, payment)
        for charge in _missed(loan, allocation, payment.value_date, rules)
    ]


def _on_rows(loan: Loan, payment: Payment) -> list[Allocation]:
    """The payment's parts on the rows that there are: what it paid of rows that a shorter schedule dropped is the last row's."""
    last, kept = months_of(loan), dict[int, Allocation]()
    for part in payment.allocations:
        number = min(part.number, last)
        before = kept.get(number, Allocation(number, 0, 0, 0))
        kept[number] = Allocation(number, *(one + other for one, other in zip(before[1:], part[1:], strict=True)))
    return list(kept.values())


def _missed(loan: Loan, allocation: Allocation, value_date: date, rules: Accruing) -> list[Charge]:
    now = balance(loan, allocation.number)
    if now.total == 0:
        return []
    start = _spared(loan, now, value_date)
    return [
        *rules.on_principal(now.number, allocation.principal, start, now.through),
        *rules.on_interest(now.number, allocation.interest, start, now.through),
    ]


def _spared(loan: Loan, now: Balance, value_date: date) -> date:
    return spared_from(now.due_date, value_date, terms_of(loan))
