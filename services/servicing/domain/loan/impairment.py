"""Write-off 核销: the loan leaves the balance, the claim against the borrower is kept."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import WriteOffLoan
from schemas.servicing.events import WrittenOff
from services.servicing.domain.loan.arrears import days_past_due, past_due
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.deciding import bound
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, Status, terms_of, unpaid

PERMISSION = "servicing:write-off"

LONGEST_ARREARS_KEPT = 90
"""Days past due up to which a loan may not be written off."""
LIMIT_SOURCE = (
    "house parameter of 2026-01-01, after the 90-day boundary of 次级 in the risk classification measures 2023"
)


def write_off(loan: Loan | None, command: WriteOffLoan, context: Context) -> Sequence[Any] | Refusal:
    """``WrittenOff`` with all principal, the interest already due and the penalty; none when it was written off before."""
    refusal = missing(PERMISSION, context) or _unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    if loan.status is Status.WRITTEN_OFF:
        return ()
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    draft.add(off_balance(draft, claim(draft.loan, context.business_date), command.approvals))
    return draft.events


def off_balance(draft: Draft, parts: Iterable[Any], approvals: tuple[str, ...] = ()) -> WrittenOff:
    """These amounts leave the balance."""
    loan, context = draft.loan, draft.context
    day = context.business_date
    return WrittenOff(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        written_off=components(parts, terms_of(loan).currency),
        days_past_due=days_past_due(past_due(loan, day), terms_of(loan), day),
        authority=context.actor.subject,
        approvals=approvals,
    )


def _unfit(loan: Loan | None, context: Context) -> Refusal | None:
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    if loan.status is Status.SETTLED:
        return Refusal("loan-settled", "The loan is settled: nothing is left to write off.")
    if loan.status is Status.SOLD:
        return Refusal("loan-sold", "The claim is sold: nothing is left to write off.")
    refusal = bound(loan)
    if refusal is not None:
        return refusal
    days = days_past_due(past_due(loan, context.business_date), terms_of(loan), context.business_date)
    if loan.status is Status.ACTIVE and days <= LONGEST_ARREARS_KEPT:
        return Refusal(
            "arrears-too-short",
            f"The loan is {days} days past due; it can be written off from day {LONGEST_ARREARS_KEPT + 1} on.",
            rule="write-off.days-past-due",
            limit=str(LONGEST_ARREARS_KEPT),
            source=LIMIT_SOURCE,
        )
    return None


def claim(loan: Loan, day: date) -> list[Balance]:
    """What is owed on ``day``. Interest of instalments not yet due is not earned, so it is no part of a loss."""
    return [balance if balance.due_date <= day else balance._replace(interest=0) for balance in unpaid(loan)]
