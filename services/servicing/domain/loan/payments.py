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
    InstalmentCorrection,
    LoanCorrected,
    PaymentDeclined,
    PaymentReceived,
    RecoveryReceived,
)
from services.servicing.domain.loan.allocation import Share, allocate
from services.servicing.domain.loan.changes.prepayment import carry_out, wanted
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import amounts, components, units
from services.servicing.domain.loan.packing import find_payment
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


def _recover(loan: Loan, command: ApplyPayment, context: Context, _amount: int) -> Sequence[Any]:
    """Money after write-off 核销后收回: the claim is kept, the books are not touched."""
    return [
        RecoveryReceived(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            receipt_id=command.receipt_id,
            value_date=command.value_date,
            amount=command.amount,
        )
    ]


def _receive(loan: Loan, command: ApplyPayment, context: Context, amount: int) -> Sequence[Any]:
    """Penalty is posted up to the value date first, then the money is shared out, then what follows from it is said.

    Money for an early repayment pays what is due and that; what is more than it is a surplus.
    """
    draft = Draft(loan, context)
    draft.post_penalty(command.value_date)
    early = wanted(draft, loan, command, amount)
    payable = carry_out(draft, early, command.receipt_id) if early else unpaid(draft.loan)
    shares = allocate(payable, amount, command.value_date, terms_of(loan))
    _correct(draft, shares, command)
    _apply(draft, shares, command, amount)
    for share in shares:
        now = balance(draft.loan, share.balance.number)
        if now.total == 0:
            draft.add(_paid(draft, now.number, now.due_date, command.value_date))
    return draft.conclude()


_BY_STATUS = {Status.ACTIVE: _receive, Status.SETTLED: _settled, Status.WRITTEN_OFF: _recover}


def _correct(draft: Draft, shares: list[Share], command: ApplyPayment) -> None:
    """Penalty that was posted beyond a back-dated payment's value date, on principal that it pays, was never owed."""
    currency = command.amount.currency
    corrections = tuple(
        InstalmentCorrection(
            number=share.balance.number,
            previous=components([share.balance], currency),
            corrected=components([share.balance._replace(penalty=share.balance.penalty - share.cancelled)], currency),
        )
        for share in shares
        if share.cancelled
    )
    if corrections:
        draft.add(
            LoanCorrected(
                loan_id=draft.context.aggregate_id,
                party_ref=draft.loan.party_ref,
                from_date=command.value_date,
                cause="back-dated-payment",
                reference=command.receipt_id,
                instalments=corrections,
            )
        )


def _apply(draft: Draft, shares: list[Share], command: ApplyPayment, amount: int) -> None:
    currency = command.amount.currency
    allocations = [share.allocation for share in shares]
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
