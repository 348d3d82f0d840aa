"""The events that several decisions on an application come to."""

from collections.abc import Sequence
from datetime import timedelta

from schemas.decision import Context
from schemas.money import of_minor
from schemas.origination.events import (
    ApplicationAccepted,
    ApplicationClosed,
    ApplicationReturned,
    LoanApproved,
    LoanRefused,
)
from schemas.terms import LoanTerms, ReasonCode
from services.origination.domain.application.checks import to_supplement
from services.origination.domain.application.state import Application, Need


def checked(state: Application, need: Need, context: Context) -> ApplicationAccepted | ApplicationReturned:
    """Accepted when ``need`` is complete, else returned. The deadline of the first return stays, so that handing in a
    part does not prolong it."""
    reasons = to_supplement(need)
    if reasons:
        deadline = state.deadline or context.business_date + timedelta(days=need.terms.supplement_days)
        return ApplicationReturned(
            application_id=context.aggregate_id,
            loan_id=state.loan_id,
            party_ref=state.party_ref,
            reasons=reasons,
            deadline=deadline,
        )
    return ApplicationAccepted(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        product_id=need.product_id,
        product_version=need.product_version,
        amount=of_minor(need.amount, need.currency),
        months=need.months,
        annual_rate=str(need.terms.annual_rate),
        purpose=need.purpose,
        profile=need.profile,
    )


def approved(state: Application, need: Need, context: Context, amount: int, authority: str) -> LoanApproved:
    """Approved with ``amount`` (minor units), the terms frozen from the product version of the application."""
    terms = LoanTerms(
        product_id=need.product_id,
        product_version=need.product_version,
        principal=of_minor(amount, need.currency),
        months=need.months,
        annual_rate=need.terms.annual_rate,
        method=need.method,
        penalty_multiplier=need.terms.penalty_multiplier,
        day_basis=need.terms.day_basis,
        grace_days=need.terms.grace_days,
        allocation_order=need.terms.allocation_order,
        rules=need.terms.rules,
        agreement=need.terms.agreement,
    )
    return LoanApproved(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        terms=terms,
        authority=authority,
        valid_until=context.business_date + timedelta(days=need.terms.approval_valid_days),
        language=need.language,
    )


def refused(
    state: Application, need: Need, context: Context, reasons: Sequence[ReasonCode], authority: str
) -> LoanRefused:
    """Refused, with the first day on which the party may apply again."""
    return LoanRefused(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        reasons=tuple(reasons),
        authority=authority,
        reapply_from=context.business_date + timedelta(days=need.terms.reapply_after_days),
        language=need.language,
    )


def ended(state: Application, context: Context, reason: str) -> ApplicationClosed:
    """Closed without approval or refusal, for ``reason``."""
    return ApplicationClosed(
        application_id=context.aggregate_id, loan_id=state.loan_id, party_ref=state.party_ref, reason=reason
    )
