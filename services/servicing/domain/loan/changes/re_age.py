"""Re-age and re-amortise: rows change, history does not. Legal days past due, class and bureau status go on (precise-rules 27)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import ReAge, ReAmortise
from schemas.servicing.events import LoanReAged, LoanReAmortised
from services.servicing.domain.loan.arrears import past_due
from services.servicing.domain.loan.changes.arrears_moved import moved, oldest_breach
from services.servicing.domain.loan.changes.conditions import charges_open, ended, unfit, without
from services.servicing.domain.loan.changes.extension import first_interest
from services.servicing.domain.loan.changes.rows import revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.state import Loan, changes_of, terms_of


def re_age(loan: Loan | None, command: ReAge, context: Context) -> Sequence[Any] | Refusal:
    """``LoanReAged``: unpaid principal and interest of rows that are due go into those that are not."""
    refusal = unfit(loan, context) or without({"approval": command.approval})
    if refusal is not None:
        return refusal
    assert loan is not None
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    loan, now = draft.loan, running(draft.loan, context.business_date)
    refusal = _nothing_late(loan, context) or charges_open(loan) or ended(loan, now.free_from)
    if refusal is not None:
        return refusal
    arrears, terms = moved(loan, now), terms_of(loan)
    breach = oldest_breach(arrears.parts, changes_of(loan).oldest_breach)
    assert breach is not None
    draft.add(
        LoanReAged(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            moved=components(arrears.parts, terms.currency),
            oldest_breach=breach,
            approval=command.approval,
        )
    )
    dates = [row.unpaid.due_date for row in now.free]
    rows = spread(terms, now.free_principal + arrears.principal, dates, first_interest(now))
    rows[0] = replace(rows[0], interest=rows[0].interest + arrears.interest)
    rows = with_deferred(rows, now.deferred)
    revise(draft, "re-age", now.day, arrears.from_number, arrears.rows + rows, now.earned + arrears.interest)
    return draft.conclude()


def re_amortise(loan: Loan | None, command: ReAmortise, context: Context) -> Sequence[Any] | Refusal:
    """``LoanReAmortised``: what is not due is spread over the same dates, level again; arrears stay what they are."""
    refusal = unfit(loan, context) or without({"approval": command.approval})
    if refusal is not None:
        return refusal
    assert loan is not None
    now = running(loan, context.business_date)
    refusal = ended(loan, now.free_from)
    if refusal is not None:
        return refusal
    draft = Draft(loan, context)
    draft.add(LoanReAmortised(loan_id=context.aggregate_id, party_ref=loan.party_ref, approval=command.approval))
    dates = [row.unpaid.due_date for row in now.free]
    rows = spread(terms_of(loan), now.free_principal, dates, first_interest(now))
    revise(draft, "re-amortise", now.day, now.free_from, with_deferred(rows, now.deferred), now.earned)
    return draft.events


def _nothing_late(loan: Loan, context: Context) -> Refusal | None:
    if past_due(loan, context.business_date):
        return None
    return Refusal(
        "nothing-past-due", "Nothing is past due; to level what is to come, re-amortise.", rule="re-age.arrears"
    )
