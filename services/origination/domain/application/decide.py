"""Decisions on an application. People and rules never mix: the rules refer, then one person decides."""

from dataclasses import replace

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.origination.commands import (
    CloseApproval,
    DecideApplication,
    MarkSigned,
    RecordAdmission,
    RecordAssessment,
    SubmitApplication,
    SupplementApplication,
    Verdict,
    WithdrawApplication,
)
from schemas.origination.events import (
    ApplicationCompleted,
    ApplicationSupplemented,
    LoanApplied,
    ReviewRequested,
    WithdrawalRequested,
)
from schemas.terms import ReasonCode
from services.origination.domain.amounts import text, units_in
from services.origination.domain.application import results
from services.origination.domain.application.checks import approvable, merged, refused_outright
from services.origination.domain.application.state import ENDED, Application, Status
from services.origination.domain.deciding import Decision, decided_by

SYSTEM = "system"
"""Authority of an approval or refusal by rule."""


def _submit(state: Application | None, command: SubmitApplication, context: Context) -> Decision:
    if state is not None:
        return Refusal("application-exists", f"Application {context.aggregate_id} was handed in already; use a new id.")
    refusal = refused_outright(command)
    if refusal is not None:
        return refusal
    event = LoanApplied(
        application_id=context.aggregate_id,
        loan_id=command.loan_id,
        party_ref=command.party_ref,
        product_id=command.product_id,
        product_version=command.product_version,
        product_terms=command.product_terms,
        amount=command.amount,
        months=command.months,
        purpose=command.purpose,
        repayment_source=command.repayment_source,
        profile=command.profile,
        documents=merged((), command.documents),
        language=command.language,
        method=command.method,
        submitted_by=context.actor.subject,
    )
    return [event]


def _record_admission(state: Application, command: RecordAdmission, context: Context) -> Decision:
    if state.status is not Status.SUBMITTED:
        return []
    if not command.admitted:
        return [results.ended(state, context, command.reason)]
    assert state.need is not None
    return [results.checked(state, state.need, context)]


def _supplement(state: Application, command: SupplementApplication, context: Context) -> Decision:
    if state.status is not Status.RETURNED:
        return Refusal(
            "not-returned",
            f"The application is {state.status}, not returned for supplement; there is nothing to hand in.",
        )
    assert state.need is not None
    assert state.deadline is not None
    if context.business_date > state.deadline:
        return Refusal(
            "supplement-expired",
            f"The supplement was due by {state.deadline}; apply again.",
            "supplement deadline",
            state.deadline.isoformat(),
            state.need.source,
        )
    old = state.need
    need = replace(
        old,
        documents=merged(old.documents, command.documents),
        purpose=old.purpose if command.purpose is None else command.purpose,
        repayment_source=old.repayment_source if command.repayment_source is None else command.repayment_source,
        profile=command.profile or old.profile,
    )
    event = ApplicationSupplemented(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        purpose=need.purpose,
        repayment_source=need.repayment_source,
        profile=need.profile,
        documents=need.documents,
    )
    return [event, results.checked(state, need, context)]


def _withdraw(state: Application, _command: WithdrawApplication, context: Context) -> Decision:
    if state.status is Status.COMPLETED:
        return Refusal("already-signed", "The contract is signed; the loan can no longer be withdrawn here.")
    if state.status in ENDED or state.status is Status.WITHDRAWING:
        return []
    if state.status is Status.APPROVED:
        event = WithdrawalRequested(
            application_id=context.aggregate_id, loan_id=state.loan_id, party_ref=state.party_ref
        )
        return [event]
    return [results.ended(state, context, "withdrawn")]


def _record_assessment(state: Application, command: RecordAssessment, context: Context) -> Decision:
    if state.status is not Status.ACCEPTED:
        return []
    need = state.need
    assert need is not None
    if command.advice == "refuse":
        return [results.refused(state, need, context, command.reasons, SYSTEM)]
    # A limit in another currency says nothing about this loan: it counts as none, and a person looks at it.
    limit = units_in(command.limit, need.currency) or 0
    if command.advice == "approve" and need.amount <= limit:
        return [results.approved(state, need, context, need.amount, SYSTEM)]
    reasons = command.reasons if need.amount <= limit else (*command.reasons, _above(need.amount, limit, need.currency))
    event = ReviewRequested(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(need.amount, need.currency),
        limit=of_minor(limit, need.currency),
        reasons=reasons,
        score=command.score,
        rating=command.rating,
        scorecard=command.scorecard,
    )
    return [event]


def _above(amount: int, limit: int, currency: str) -> ReasonCode:
    asked, most = text(of_minor(amount, currency)), text(of_minor(limit, currency))
    return ReasonCode(code="limit-exceeded", message=f"{asked} asked for, at most {most} allowed.", rule="limit")


def _decide(state: Application, command: DecideApplication, context: Context) -> Decision:
    if state.status is not Status.REVIEW:
        return Refusal(
            "review-not-requested",
            f"The application is {state.status}; a person decides only while it is in review.",
        )
    need = state.need
    assert need is not None
    person = context.actor.subject
    if person == SYSTEM or person.startswith("service:"):
        return Refusal("not-a-person", "A review is decided by a person, not by a service; sign in as one.")
    if person == need.submitted_by:
        return Refusal(
            "decider-is-submitter",
            f"{person} handed the application in; another person must decide on it.",
            rule="one person, one role",
        )
    if command.verdict is Verdict.REFUSE:
        if not command.reasons:
            return Refusal("reasons-missing", "reasons: a refusal needs at least one reason code.")
        return [results.refused(state, need, context, command.reasons, person)]
    amount = need.amount if command.amount is None else units_in(command.amount, need.currency)
    refusal = approvable(need, amount, state.limit, state.scorecard)
    if refusal is not None:
        return refusal
    assert amount is not None
    return [results.approved(state, need, context, amount, person)]


def _mark_signed(state: Application, command: MarkSigned, context: Context) -> Decision:
    if state.status not in (Status.APPROVED, Status.WITHDRAWING):
        return []
    event = ApplicationCompleted(
        application_id=context.aggregate_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        contract_id=command.contract_id,
    )
    return [event]


def _close_approval(state: Application, command: CloseApproval, context: Context) -> Decision:
    if state.status not in (Status.APPROVED, Status.WITHDRAWING):
        return []
    return [results.ended(state, context, command.reason)]


decide = decided_by(
    "application",
    {SubmitApplication: _submit},
    {
        RecordAdmission: _record_admission,
        SupplementApplication: _supplement,
        WithdrawApplication: _withdraw,
        RecordAssessment: _record_assessment,
        DecideApplication: _decide,
        MarkSigned: _mark_signed,
        CloseApproval: _close_approval,
    },
)
"""Decide one command on an application."""
