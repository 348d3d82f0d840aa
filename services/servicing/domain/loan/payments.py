"""Payments 还款: money that a receipt brings is applied, taken as a recovery, or declined; it is never refused."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.commands import ApplyPayment
from schemas.servicing.events import (
    InstallmentPaid,
    InstalmentAmounts,
    PaymentDeclined,
    PaymentReceived,
)
from services.servicing.domain.loan.allocation import allocate
from services.servicing.domain.loan.changes.prepayment import carry_out, wanted
from services.servicing.domain.loan.correction import Cause, corrected
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.discount import counts_towards_agreement, pay_agreed
from services.servicing.domain.loan.ending.recovery import recover
from services.servicing.domain.loan.money import amounts, components, units
from services.servicing.domain.loan.packing import Allocation, find_payment
from services.servicing.domain.loan.rewriting import Entry, counts_from, entries, payment_count, rewrite
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    outstanding_principal,
    schedule_of,
    terms_of,
    unpaid,
)


def apply_payment(loan: Loan | None, command: ApplyPayment, context: Context) -> Sequence[Any]:
    """The events of a payment; none when this receipt was applied before."""
    if loan is None:
        return [_declined(command, context, "loan-unknown")]
    if find_payment(loan.payments, command.receipt_id, schedule_of(loan)) is not None:
        return ()
    amount = units(command.amount)
    if amount is None or amount <= 0:
        return [_declined(command, context, "amount-invalid")]
    if command.amount.currency != terms_of(loan).currency:
        return [_declined(command, context, "currency-differs")]
    return _BY_STATUS[loan.status](loan, command, context, amount)


def _settled(_loan: Loan, command: ApplyPayment, context: Context, _amount: int) -> Sequence[Any]:
    return [_declined(command, context, "loan-settled")]


def _recover(loan: Loan, command: ApplyPayment, context: Context, amount: int) -> Sequence[Any]:
    """Money after write-off 核销后收回: the claim is kept, the books are not touched. A claim that is recovered takes no more."""
    return recover(loan, command, context, amount) or [_declined(command, context, "claim-recovered")]


def _sold(_loan: Loan, command: ApplyPayment, context: Context, _amount: int) -> Sequence[Any]:
    return [_declined(command, context, "claim-sold")]


def _receive(loan: Loan, command: ApplyPayment, context: Context, amount: int) -> Sequence[Any]:
    """Penalty is posted up to the value date first, then the money is shared out, then what follows from it is said.

    Money for an early repayment pays what is due and that; what is more than it is a surplus.
    """
    if counts_towards_agreement(loan, command.value_date):
        return pay_agreed(loan, command, context, amount)
    draft = Draft(loan, context)
    back_dated = counts_from(loan, command.value_date) < context.business_date
    if not back_dated:
        draft.post_penalty(command.value_date)
    early = wanted(draft, loan, command, amount)
    if early is not None:
        payable = carry_out(draft, early, command.receipt_id)
        allocations = tuple(allocate(payable, amount, terms_of(loan), command.kind, command.value_date))
    elif back_dated:
        allocations = _correct(draft, command, amount)
    else:
        shares = allocate(unpaid(draft.loan), amount, terms_of(loan), command.kind, command.value_date)
        allocations = tuple(shares)
    _apply(draft, allocations, command, amount)
    for allocation in allocations:
        now = balance(draft.loan, allocation.number)
        if now.total == 0:
            draft.add(_paid(draft, now.number, now.due_date, command.value_date))
    return draft.conclude()


_BY_STATUS = {
    Status.ACTIVE: _receive,
    Status.SETTLED: _settled,
    Status.WRITTEN_OFF: _recover,
    Status.SOLD: _sold,
}


def _correct(draft: Draft, command: ApplyPayment, amount: int) -> tuple[Allocation, ...]:
    """What a back-dated payment pays in the ledger written anew with it; where that differs else, it is corrected."""
    loan, today = draft.loan, draft.context.business_date
    own = Entry(command.value_date, payment_count(loan) + 1, amount, kind=command.kind)
    after = rewrite(loan, draft.context.aggregate_id, [*entries(loan), own], today)
    allocations = after.paid[own.number].allocations
    cause = Cause("back-dated-payment", command.receipt_id, counts_from(loan, command.value_date))
    draft.add(*corrected(loan, draft.context.aggregate_id, after, cause, allocations))
    return allocations


def _apply(draft: Draft, allocations: Sequence[Allocation], command: ApplyPayment, amount: int) -> None:
    currency = command.amount.currency
    applied = sum(allocation.total for allocation in allocations)
    principal = sum(allocation.principal for allocation in allocations)
    draft.add(
        PaymentReceived(
            loan_id=draft.context.aggregate_id,
            party_ref=draft.loan.party_ref,
            receipt_id=command.receipt_id,
            value_date=command.value_date,
            channel=command.channel,
            amount=of_minor(applied, currency),
            allocation=components(allocations, currency),
            surplus=of_minor(amount - applied, currency),
            outstanding_principal=of_minor(outstanding_principal(draft.loan) - principal, currency),
            instalments=tuple(
                InstalmentAmounts(number=allocation.number, **amounts(allocation, currency))
                for allocation in allocations
            ),
            number=payment_count(draft.loan) + 1,
            kind=command.kind,
        )
    )


def _paid(draft: Draft, number: int, due: date, paid_on: date) -> InstallmentPaid:
    return InstallmentPaid(
        loan_id=draft.context.aggregate_id,
        party_ref=draft.loan.party_ref,
        number=number,
        due_date=due,
        paid_on=paid_on,
    )


def _declined(command: ApplyPayment, context: Context, reason: str) -> PaymentDeclined:
    return PaymentDeclined(
        loan_id=context.aggregate_id, receipt_id=command.receipt_id, amount=command.amount, reason=reason
    )
