"""Charge-off: the loan counts as lost inside, stays on the books and takes payments (precise-rules 28)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from schemas.agreement import ChargedOffAccrual, ChargeOffTerms
from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import ChargeOffLoan
from schemas.servicing.events import ChargedOff, RevisedInstalment, ScheduleRevised
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.deciding import days_late, unfit
from services.servicing.domain.loan.impairment import claim
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    due_date,
    months_of,
    outstanding_principal,
    schedule_of,
    terms_of,
)

PERMISSION = "servicing:charge-off"


def charge_off(loan: Loan | None, command: ChargeOffLoan, context: Context) -> Sequence[Any] | Refusal:
    """``ChargedOff``; a new schedule besides where the contract stops interest. None when it was charged off before."""
    refusal = missing(PERMISSION, context) or unfit(loan, context, Status.ACTIVE)
    if refusal is not None:
        return refusal
    assert loan is not None
    if loan.ending is not None and loan.ending.charged_off is not None:
        return ()
    day = context.business_date
    if days_late(loan, day) == 0:
        return Refusal(
            "not-in-arrears",
            "Nothing of the loan is past due, so that there is no loss to state.",
            rule="charge-off.arrears",
        )
    draft = Draft(loan, context)
    draft.post_penalty(day)
    agreed = terms_of(loan).agreement.charge_off or ChargeOffTerms()
    draft.add(_charged_off(draft, command, agreed.accrual))
    if agreed.accrual is ChargedOffAccrual.STOPPED:
        draft.add(*_without_interest(draft.loan, context))
        return draft.conclude()
    return draft.events


def interest_until(interest: int, start: date, end: date, day: date) -> int:
    """What of a period's ``interest``, minor units, is earned before ``day``: by days, half-up."""
    days = min(max((day - start).days, 0), (end - start).days)
    return (2 * interest * days + (end - start).days) // (2 * (end - start).days)


def _charged_off(draft: Draft, command: ChargeOffLoan, accrual: ChargedOffAccrual) -> ChargedOff:
    loan, context = draft.loan, draft.context
    day = context.business_date
    return ChargedOff(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        charged_off_on=day,
        charged_off=components(claim(loan, day), terms_of(loan).currency),
        days_past_due=days_late(loan, day),
        accrual=accrual,
        authority=context.actor.subject,
        reason=command.reason,
        approvals=command.approvals,
    )


def _without_interest(loan: Loan, context: Context) -> Iterator[ScheduleRevised]:
    """The rows that are not due yet ask for principal, and for interest up to the day, exclusive."""
    first = loan.announced + 1
    if first > months_of(loan):
        return
    yield ScheduleRevised(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        cause="charge-off",
        effective=context.business_date,
        from_number=first,
        previous_count=months_of(loan),
        rows=tuple(_row(loan, number, context.business_date) for number in range(first, months_of(loan) + 1)),
        maturity=due_date(loan, months_of(loan)),
        outstanding_principal=of_minor(outstanding_principal(loan), terms_of(loan).currency),
    )


def _row(loan: Loan, number: int, day: date) -> RevisedInstalment:
    """What was paid or waived of a row's interest stays so, even where less is earned."""
    schedule, currency = schedule_of(loan), terms_of(loan).currency
    before: Balance = balance(loan, number)
    cleared = schedule.interest[number - 1] - before.interest
    start = due_date(loan, number - 1) if number > 1 else loan.value_date
    earned = interest_until(schedule.interest[number - 1], start, before.due_date, day)
    interest = max(cleared, earned)
    return RevisedInstalment(
        number=number,
        due_date=before.due_date,
        principal=of_minor(schedule.principal[number - 1], currency),
        interest=of_minor(interest, currency),
        unpaid=components([before._replace(interest=interest - cleared)], currency),
    )
