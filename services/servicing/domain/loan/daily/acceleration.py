"""Acceleration 提前到期: the lender calls the loan, and everything that was not due yet is due today, in one row."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import AccelerateLoan
from schemas.servicing.events import InstallmentDue, LoanAccelerated, RevisedInstalment, ScheduleRevised
from services.servicing.domain.loan.daily.accrual import accrued
from services.servicing.domain.loan.daily.running import not_running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import COMPONENT_NAMES, components
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import (
    Loan,
    balance,
    due_date,
    months_of,
    outstanding_principal,
    schedule_of,
    terms_of,
)

PERMISSION = "servicing:accelerate"


def accelerate(loan: Loan | None, command: AccelerateLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanAccelerated`` and the schedule that is left: one row due today; none when the loan was called before.

    The row asks for the principal not due yet and the interest on it up to today; later interest is not owed. From then on overdue
    interest runs on the whole balance, compound interest at the penalty rate. Where nothing is left then, the loan is settled.
    """
    refusal = missing(PERMISSION, context) or _unfit(loan, command, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    if loan.standing is not None and loan.standing.accelerated is not None:
        return ()
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    row = _called(draft.loan, context.business_date)
    currency = terms_of(loan).currency
    draft.add(
        LoanAccelerated(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            effective=context.business_date,
            reason=command.reason,
            notice=command.notice,
            notified_on=command.notified_on,
            called=components([row], currency),
            authority=context.actor.subject,
        )
    )
    draft.add(*_one_row(draft.loan, context, row))
    return draft.conclude()


def _unfit(loan: Loan | None, command: AccelerateLoan, context: Context) -> Refusal | None:
    refusal = not_running(loan, context.aggregate_id, "it cannot be called")
    if refusal is not None:
        return refusal
    assert loan is not None
    day, called = context.business_date, loan.standing is not None and loan.standing.accelerated is not None
    last = due_date(loan, months_of(loan))
    if last <= day and not called:
        return Refusal("loan-matured", f"The last instalment was due on {last}: nothing is left to call.")
    if command.notified_on > day:
        return Refusal(
            "notice-not-served",
            f"The notice counts from {command.notified_on}; call the loan on that day or later.",
            rule="accelerate.notice",
            limit=str(command.notified_on),
            source="Civil Code 565: a notice works when it reaches the other party",
        )
    return None


def _called(loan: Loan, day: date) -> Balance:
    """What becomes due, as the unpaid balance of one row."""
    first = _first_ahead(loan, day)
    ahead = [balance(loan, number) for number in range(first, months_of(loan) + 1)]
    sums = {name: sum(getattr(row, name) for row in ahead) for name in COMPONENT_NAMES}
    return Balance(first, day, through=day, **(sums | {"interest": accrued(loan, day)["interest"]}))


def _one_row(loan: Loan, context: Context, row: Balance) -> list[Any]:
    """The new schedule, and that its row is due."""
    currency, old, before = terms_of(loan).currency, schedule_of(loan), balance(loan, row.number)
    asked = {
        name: of_minor(getattr(old, name)[row.number - 1] - getattr(before, name) + getattr(row, name), currency)
        for name in ("principal", "interest")
    }
    unpaid = components([row], currency)
    revised = ScheduleRevised(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        cause="acceleration",
        effective=row.due_date,
        from_number=row.number,
        previous_count=months_of(loan),
        rows=(
            RevisedInstalment(
                number=row.number,
                due_date=row.due_date,
                principal=asked["principal"],
                interest=asked["interest"],
                unpaid=unpaid,
            ),
        ),
        maturity=row.due_date,
        outstanding_principal=of_minor(outstanding_principal(loan), currency),
    )
    due = InstallmentDue(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        number=row.number,
        due_date=row.due_date,
        principal=asked["principal"],
        interest=asked["interest"],
        unpaid=of_minor(row.total, currency),
    )
    return [revised, due]


def _first_ahead(loan: Loan, day: date) -> int:
    return next(number for number in range(1, months_of(loan) + 1) if due_date(loan, number) > day)
