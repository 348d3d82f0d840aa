"""State of a contract."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from schemas.origination.events import (
    ContractClosed,
    ContractDrafted,
    ContractFunded,
    ContractSignatureGiven,
    ContractSigned,
    Side,
)
from schemas.terms import Language, LoanTerms
from services.origination.domain.deciding import folded_by


class Status(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    """By both sides; waits for the money."""
    FUNDED = "funded"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract."""

    status: Status
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    digest: str
    language: Language
    valid_until: date
    approver: str
    borrower: str = ""
    """Who signed for the borrower; empty before."""
    lender: str = ""
    effective_date: date | None = None

    def signatory(self, side: Side) -> str:
        """Who signed for ``side``; empty when nobody did."""
        return self.borrower if side is Side.BORROWER else self.lender


def closed(state: Contract) -> bool:
    """Whether nothing more happens to the contract here."""
    return state.status in (Status.FUNDED, Status.CLOSED)


def _drafted(_state: None, event: ContractDrafted) -> Contract:
    return Contract(
        status=Status.DRAFTED,
        contract_no=event.contract_no,
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        terms=event.terms,
        digest=event.digest,
        language=event.language,
        valid_until=event.valid_until,
        approver=event.approver,
    )


def _signature(state: Contract, event: ContractSignatureGiven) -> Contract:
    if event.side is Side.BORROWER:
        return replace(state, borrower=event.signatory)
    return replace(state, lender=event.signatory)


def _signed(state: Contract, event: ContractSigned) -> Contract:
    return replace(state, status=Status.SIGNED, effective_date=event.effective_date)


def _funded(state: Contract, _event: ContractFunded) -> Contract:
    return replace(state, status=Status.FUNDED)


def _closed(state: Contract, _event: ContractClosed) -> Contract:
    return replace(state, status=Status.CLOSED)


evolve = folded_by(
    {
        ContractDrafted: _drafted,
        ContractSignatureGiven: _signature,
        ContractSigned: _signed,
        ContractFunded: _funded,
        ContractClosed: _closed,
    }
)
"""Apply one event of a contract."""
