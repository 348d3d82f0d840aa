"""State of a drawdown."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from schemas.money import minor
from schemas.origination.events import (
    Disbursed,
    DisbursementFailed,
    DisbursementOrdered,
    DisbursementUnknown,
    DrawdownReleased,
    DrawdownRequested,
)
from schemas.terms import LoanTerms
from services.origination.domain.deciding import folded_by


class Status(StrEnum):
    """Where a drawdown stands; the payment's own states follow rule 39."""

    REQUESTED = "requested"
    RELEASED = "released"
    """By the first of two people."""
    ORDERED = "ordered"
    UNKNOWN = "unknown"
    """Ordered; the bank's answer is not known yet."""
    DISBURSED = "disbursed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A drawdown."""

    status: Status
    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: int
    """Minor units of the loan's currency."""
    payee_ref: str
    terms: LoanTerms
    digest: str
    effective_date: date | None
    approver: str
    first_releaser: str = ""
    second_releaser: str = ""


def closed(state: Drawdown) -> bool:
    """Whether the bank's final answer is known."""
    return state.status in (Status.DISBURSED, Status.FAILED)


def _requested(_state: None, event: DrawdownRequested) -> Drawdown:
    return Drawdown(
        status=Status.REQUESTED,
        contract_id=event.contract_id,
        contract_no=event.contract_no,
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        amount=minor(event.amount),
        payee_ref=event.payee_ref,
        terms=event.terms,
        digest=event.digest,
        effective_date=event.effective_date,
        approver=event.approver,
    )


def _released(state: Drawdown, event: DrawdownReleased) -> Drawdown:
    return replace(state, status=Status.RELEASED, first_releaser=event.releaser)


def _ordered(state: Drawdown, event: DisbursementOrdered) -> Drawdown:
    return replace(state, status=Status.ORDERED, second_releaser=event.releasers[-1])


def _unknown(state: Drawdown, _event: DisbursementUnknown) -> Drawdown:
    return replace(state, status=Status.UNKNOWN)


def _disbursed(state: Drawdown, _event: Disbursed) -> Drawdown:
    return replace(state, status=Status.DISBURSED)


def _failed(state: Drawdown, _event: DisbursementFailed) -> Drawdown:
    return replace(state, status=Status.FAILED)


evolve = folded_by(
    {
        DrawdownRequested: _requested,
        DrawdownReleased: _released,
        DisbursementOrdered: _ordered,
        DisbursementUnknown: _unknown,
        Disbursed: _disbursed,
        DisbursementFailed: _failed,
    }
)
"""Apply one event of a drawdown."""
