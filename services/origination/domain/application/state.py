"""State of an application: what is still needed to decide it; an ended one keeps nothing but its status."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from schemas.money import minor
from schemas.origination.events import (
    ApplicationAccepted,
    ApplicationClosed,
    ApplicationCompleted,
    ApplicationReturned,
    ApplicationSupplemented,
    LoanApplied,
    LoanApproved,
    LoanRefused,
    ReviewRequested,
    WithdrawalRequested,
)
from schemas.terms import ApplicantProfile, Document, Language, ProductTerms, RepaymentMethod
from services.origination.domain.deciding import folded_by


class Status(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    """Handed in; the party's other applications are being looked at."""
    RETURNED = "returned"
    """Back for supplement 补件."""
    ACCEPTED = "accepted"
    """受理: waits for the risk assessment."""
    REVIEW = "review"
    """Waits for a person's decision."""
    APPROVED = "approved"
    """Waits for both signatures."""
    WITHDRAWING = "withdrawing"
    """Withdrawn after approval; the contract says whether that was in time."""
    COMPLETED = "completed"
    """The contract is signed."""
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Need:
    """What was asked for, under which terms, with what declared: dropped once the application is approved or ended."""

    product_id: str
    product_version: int
    terms: ProductTerms
    amount: int
    """Minor units of the product's currency."""
    months: int
    method: RepaymentMethod
    purpose: str
    repayment_source: str
    profile: ApplicantProfile
    documents: tuple[Document, ...]
    language: Language
    submitted_by: str

    @property
    def currency(self) -> str:
        """Currency of the loan."""
        return self.terms.minimum.currency

    @property
    def source(self) -> str:
        """How a refusal names the product's terms."""
        return f"product {self.product_id}/{self.product_version}"


@dataclass(frozen=True, slots=True)
class Application:
    """An application."""

    status: Status
    loan_id: str
    party_ref: str
    need: Need | None
    deadline: date | None = None
    """Last day of a supplement."""
    limit: int = 0
    """The most a person may approve, minor units; set when a review is requested."""
    scorecard: str = ""


ENDED = frozenset({Status.COMPLETED, Status.REFUSED, Status.CLOSED})
"""Statuses after which nothing more happens."""


def closed(state: Application) -> bool:
    """Whether the application ended."""
    return state.status in ENDED


def _applied(_state: None, event: LoanApplied) -> Application:
    need = Need(
        product_id=event.product_id,
        product_version=event.product_version,
        terms=event.product_terms,
        amount=minor(event.amount),
        months=event.months,
        method=event.method,
        purpose=event.purpose,
        repayment_source=event.repayment_source,
        profile=event.profile,
        documents=event.documents,
        language=event.language,
        submitted_by=event.submitted_by,
    )
    return Application(Status.SUBMITTED, event.loan_id, event.party_ref, need)


def _returned(state: Application, event: ApplicationReturned) -> Application:
    return replace(state, status=Status.RETURNED, deadline=event.deadline)


def _supplemented(state: Application, event: ApplicationSupplemented) -> Application:
    assert state.need is not None
    need = replace(
        state.need,
        purpose=event.purpose,
        repayment_source=event.repayment_source,
        profile=event.profile,
        documents=event.documents,
    )
    return replace(state, need=need)


def _accepted(state: Application, _event: ApplicationAccepted) -> Application:
    return replace(state, status=Status.ACCEPTED, deadline=None)


def _referred(state: Application, event: ReviewRequested) -> Application:
    return replace(state, status=Status.REVIEW, limit=minor(event.limit), scorecard=event.scorecard)


def _approved(state: Application, _event: LoanApproved) -> Application:
    return replace(state, status=Status.APPROVED, need=None)


def _withdrawing(state: Application, _event: WithdrawalRequested) -> Application:
    return replace(state, status=Status.WITHDRAWING)


@dataclass(frozen=True, slots=True)
class _End:
    """Folds an event that ends an application."""

    status: Status

    def __call__(self, state: Application, _event: object) -> Application:
        return Application(self.status, state.loan_id, state.party_ref, None)


evolve = folded_by(
    {
        LoanApplied: _applied,
        ApplicationReturned: _returned,
        ApplicationSupplemented: _supplemented,
        ApplicationAccepted: _accepted,
        ReviewRequested: _referred,
        LoanApproved: _approved,
        WithdrawalRequested: _withdrawing,
        ApplicationCompleted: _End(Status.COMPLETED),
        LoanRefused: _End(Status.REFUSED),
        ApplicationClosed: _End(Status.CLOSED),
    }
)
"""Apply one event of an application."""
