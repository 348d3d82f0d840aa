"""What origination does because of events, its own and those of risk and funding: pure functions."""

from collections.abc import Callable, Sequence
from typing import Any

from loanstream.runtime.definitions import Effect, Reaction, Send
from schemas.envelope import EventMeta
from schemas.funding.events import Funded
from schemas.origination.commands import (
    AdmitApplication,
    CancelContract,
    CloseApproval,
    DraftContract,
    MarkSigned,
    RecordAdmission,
    RecordAssessment,
    RecordFunding,
    ReleaseParty,
    RequestDrawdown,
)
from schemas.origination.events import (
    ApplicationAdmitted,
    ApplicationBarred,
    ApplicationClosed,
    ApplicationCompleted,
    ContractClosed,
    ContractFunded,
    ContractSigned,
    DisbursementOrdered,
    LoanApplied,
    LoanApproved,
    LoanRefused,
    WithdrawalRequested,
)
from schemas.risk.events import RiskAssessed
from schemas.terms import Language
from services.origination import identifiers

PAYOUT = "payout"
"""Effect kind of a payment order to the bank."""

CONTRACT_TEMPLATES = {Language.ZH: "personal-credit/zh/1", Language.EN: "personal-credit/en/1"}
"""Template of a new contract by language: its newest version."""


def admit_application(event: LoanApplied, _meta: EventMeta) -> Sequence[Send]:
    """A new application takes the party's one place."""
    return (Send(event.party_ref, AdmitApplication(application_id=event.application_id)),)


def record_admitted(event: ApplicationAdmitted, _meta: EventMeta) -> Sequence[Send]:
    """An admitted application is checked for completeness."""
    return (Send(event.application_id, RecordAdmission(admitted=True)),)


def record_barred(event: ApplicationBarred, _meta: EventMeta) -> Sequence[Send]:
    """A barred application is closed."""
    return (Send(event.application_id, RecordAdmission(admitted=False, reason=event.reason)),)


def record_assessment(event: RiskAssessed, _meta: EventMeta) -> Sequence[Send]:
    """The assessment approves, refuses or refers."""
    command = RecordAssessment(
        advice=event.advice,
        limit=event.limit,
        reasons=event.reasons,
        score=event.score,
        rating=event.rating,
        scorecard=event.scorecard,
    )
    return (Send(event.application_id, command),)


def draft_contract(event: LoanApproved, _meta: EventMeta) -> Sequence[Send]:
    """An approved loan gets its contract, in the applicant's language."""
    command = DraftContract(
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        terms=event.terms,
        template=CONTRACT_TEMPLATES[event.language],
        language=event.language,
        valid_until=event.valid_until,
        approver=event.authority,
    )
    return (Send(identifiers.contract_id(event.application_id), command),)


def cancel_contract(event: WithdrawalRequested, _meta: EventMeta) -> Sequence[Send]:
    """A withdrawal after approval closes the contract, unless both sides signed first."""
    return (Send(identifiers.contract_id(event.application_id), CancelContract(reason="withdrawn")),)


def mark_signed(event: ContractSigned, _meta: EventMeta) -> Sequence[Send]:
    """A signed contract completes its application."""
    return (Send(event.application_id, MarkSigned(contract_id=event.contract_id)),)


def close_approval(event: ContractClosed, _meta: EventMeta) -> Sequence[Send]:
    """A contract that ended unsigned ends its application."""
    return (Send(event.application_id, CloseApproval(reason=event.reason)),)


def release_party(event: ApplicationClosed | ApplicationCompleted, _meta: EventMeta) -> Sequence[Send]:
    """An ended application gives the party's place back."""
    return (Send(event.party_ref, ReleaseParty(application_id=event.application_id)),)


def release_refused_party(event: LoanRefused, _meta: EventMeta) -> Sequence[Send]:
    """A refused one too, with the waiting time before the next."""
    command = ReleaseParty(application_id=event.application_id, reapply_from=event.reapply_from)
    return (Send(event.party_ref, command),)


def record_funding(event: Funded, _meta: EventMeta) -> Sequence[Send]:
    """Money for a contract is available."""
    return (Send(event.contract_id, RecordFunding(amount=event.amount)),)


def request_drawdown(event: ContractFunded, _meta: EventMeta) -> Sequence[Send]:
    """A funded contract is drawn in full, to the account named in the application."""
    command = RequestDrawdown(
        contract_id=event.contract_id,
        contract_no=event.contract_no,
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        amount=event.amount,
        payee_ref=identifiers.payee_ref(event.party_ref, event.application_id),
        terms=event.terms,
        digest=event.digest,
        effective_date=event.effective_date,
        approver=event.approver,
    )
    return (Send(identifiers.drawdown_id(event.application_id), command),)


def send_payout(event: DisbursementOrdered, meta: EventMeta) -> Sequence[Effect]:
    """The order goes to the bank, with the business date of the order as value date asked for."""
    assert meta.business_date is not None, "a decided event has a business date"
    payload = {
        "drawdown_id": event.drawdown_id,
        "loan_id": event.loan_id,
        "amount": str(event.amount.amount),
        "currency": event.amount.currency,
        "payee_ref": event.payee_ref,
        "value_date": meta.business_date.isoformat(),
    }
    return (Effect(PAYOUT, event.payee_ref, payload),)


_REACTIONS: tuple[tuple[str, type[Any], Callable[[Any, EventMeta], Sequence[Send | Effect]]], ...] = (
    ("admit-application", LoanApplied, admit_application),
    ("record-admitted", ApplicationAdmitted, record_admitted),
    ("record-barred", ApplicationBarred, record_barred),
    ("record-assessment", RiskAssessed, record_assessment),
    ("draft-contract", LoanApproved, draft_contract),
    ("cancel-contract", WithdrawalRequested, cancel_contract),
    ("mark-signed", ContractSigned, mark_signed),
    ("close-approval", ContractClosed, close_approval),
    ("release-party-closed", ApplicationClosed, release_party),
    ("release-party-completed", ApplicationCompleted, release_party),
    ("release-party-refused", LoanRefused, release_refused_party),
    ("record-funding", Funded, record_funding),
    ("request-drawdown", ContractFunded, request_drawdown),
    ("send-payout", DisbursementOrdered, send_payout),
)

REACTIONS = tuple(Reaction(name, on, react) for name, on, react in _REACTIONS)
"""Reactions of origination; names are part of command ids and never change."""
