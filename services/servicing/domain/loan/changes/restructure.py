"""Restructure 重组: terms are eased for a borrower in financial difficulty, and the loan is observed afterwards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import RestructureLoan
from schemas.servicing.events import LoanRestructured, ObservationRestarted
from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.loan.changes.arrears_moved import moved
from services.servicing.domain.loan.changes.conditions import charges_open, ended, unfit, without
from services.servicing.domain.loan.changes.repricing import split
from services.servicing.domain.loan.changes.rows import dates_after, revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, changes_of, terms_of

OBSERVED_MONTHS, OBSERVED_PERIODS = 12, 2
"""Least observation 观察期 (Risk classification measures 商业银行金融资产风险分类办法, 2023; precise-rules 24)."""
MOST_ROWS = 360


def restructure(loan: Loan | None, command: RestructureLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanRestructured``: arrears of principal and interest and what is not due are spread over the new instalments."""
    papers = {"finding": command.finding, "supplement": command.supplement, "approval": command.approval}
    refusal = unfit(loan, context) or without(papers)
    if refusal is not None:
        return refusal
    assert loan is not None
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    loan, now = draft.loan, running(draft.loan, context.business_date)
    refusal = charges_open(loan) or _not_eased(loan, command, now.free_from) or ended(loan, now.free_from)
    if refusal is not None:
        return refusal
    arrears, facts = moved(loan, now), changes_of(loan)
    old = terms_of(loan).annual_rate
    rate = old if command.annual_rate is None else command.annual_rate
    first = now.free[0].unpaid.due_date
    dates = [first, *dates_after(loan, first, command.months - 1)]
    draft.add(
        LoanRestructured(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            finding=command.finding,
            times=facts.restructured + 1,
            months=command.months,
            previous_rate=old,
            annual_rate=rate,
            observed_from=first,
            observed_until=observed_until(first),
            supplement=command.supplement,
            approval=command.approval,
        )
    )
    earned, interest = split(loan, now, rate)
    rows = spread(terms_of(draft.loan), now.free_principal + arrears.principal, dates, interest)
    rows[0] = replace(rows[0], interest=rows[0].interest + arrears.interest)
    rows = with_deferred(rows, now.deferred)
    revise(draft, "restructure", now.day, arrears.from_number, arrears.rows + rows, earned + arrears.interest)
    return draft.conclude()


def observed_until(first: date) -> date:
    """The end of an observation that begins with the repayment date ``first``."""
    return max(add_months(first, OBSERVED_MONTHS), add_months(first, OBSERVED_PERIODS))


def restarted(loan: Loan, loan_id: str, day: date) -> list[ObservationRestarted]:
    """A miss while a loan is observed: observation begins again with the next repayment date."""
    until = changes_of(loan).observed_until
    if until is None or day > until:
        return []
    now = running(loan, day)
    first = now.ahead[0].unpaid.due_date if now.ahead else day
    return [
        ObservationRestarted(
            loan_id=loan_id, party_ref=loan.party_ref, observed_from=first, observed_until=observed_until(first)
        )
    ]


def _not_eased(loan: Loan, command: RestructureLoan, first: int) -> Refusal | None:
    rate = terms_of(loan).annual_rate
    if command.annual_rate is not None and not 0 <= command.annual_rate <= rate:
        return Refusal(
            "rate-not-eased",
            f"A restructure eases the terms: its rate is at most the present {rate}.",
            rule="restructure.annual_rate",
            limit=str(rate),
        )
    if not 1 <= command.months <= MOST_ROWS - first + 1:
        return Refusal(
            "instalments-out-of-range",
            f"Ask for 1 to {MOST_ROWS - first + 1} instalments from now on.",
            rule="restructure.months",
            limit=str(MOST_ROWS - first + 1),
        )
    return None
