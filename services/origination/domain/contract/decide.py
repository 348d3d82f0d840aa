"""Decisions on a contract: the text is fixed when drafted, and only its digest can be signed."""

from collections.abc import Mapping

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.origination.commands import CancelContract, DraftContract, RecordFunding, SignContract
from schemas.origination.events import (
    ContractDrafted,
    ContractFunded,
    ContractSignatureGiven,
    ContractSigned,
    Side,
)
from services.origination.domain.amounts import text, units, units_in
from services.origination.domain.contract.calendar import ended
from services.origination.domain.contract.state import Contract, Status
from services.origination.domain.contract.text import Facts, digest, render
from services.origination.domain.deciding import Decide, Decision, decided_by

_OTHER = {Side.BORROWER: Side.LENDER, Side.LENDER: Side.BORROWER}


def decider(templates: Mapping[str, str]) -> Decide:
    """``decide`` of a contract over the shipped ``templates``, text by name (``personal-credit/zh/1``)."""

    def draft(state: Contract | None, command: DraftContract, context: Context) -> Decision:
        if state is not None:
            return []
        template = templates.get(command.template)
        if template is None:
            known = ", ".join(sorted(templates))
            return Refusal("unknown-template", f"template: {command.template} is not one of {known}.", limit=known)
        return [_drafted(template, command, context)]

    running: dict[type[object], Decide] = {
        SignContract: _sign,
        RecordFunding: _record_funding,
        CancelContract: _cancel,
    }
    return decided_by("contract", {DraftContract: draft}, running)


def contract_number(contract_id: str, context: Context) -> str:
    """Contract number 合同编号: the day of the draft and 48 bits of the id, e.g. ``LS20260105-0F3C9A71B2D4``."""
    return f"LS{context.business_date:%Y%m%d}-{contract_id.replace('-', '')[:12].upper()}"


def _drafted(template: str, command: DraftContract, context: Context) -> ContractDrafted:
    number = contract_number(context.aggregate_id, context)
    facts = Facts(
        contract_no=number,
        application_id=command.application_id,
        loan_id=command.loan_id,
        party_ref=command.party_ref,
        terms=command.terms,
        language=command.language,
        valid_until=command.valid_until,
    )
    return ContractDrafted(
        contract_id=context.aggregate_id,
        contract_no=number,
        application_id=command.application_id,
        loan_id=command.loan_id,
        party_ref=command.party_ref,
        terms=command.terms,
        template=command.template,
        language=command.language,
        digest=digest(render(template, facts)),
        valid_until=command.valid_until,
        approver=command.approver,
    )


def _sign(state: Contract, command: SignContract, context: Context) -> Decision:
    refusal = _not_signable(state, command, context)
    if refusal is not None:
        return refusal
    if state.signatory(command.side):
        return []
    person = context.actor.subject
    given = ContractSignatureGiven(
        contract_id=context.aggregate_id,
        application_id=state.application_id,
        loan_id=state.loan_id,
        side=command.side,
        signatory=person,
        digest=command.digest,
    )
    other = state.signatory(_OTHER[command.side])
    if not other:
        return [given]
    signatories = {command.side: person, _OTHER[command.side]: other}
    return [given, _signed(state, signatories, context)]


def _not_signable(state: Contract, command: SignContract, context: Context) -> Refusal | None:
    number = state.contract_no
    if command.digest != state.digest:
        return Refusal(
            "digest-mismatch",
            f"digest: this is not the text of contract {number}; read the text again and sign the digest that comes with it.",
            rule="digest of the drafted text",
            limit=state.digest,
            source=f"contract {number}",
        )
    if state.signatory(command.side):
        return None
    if state.status is Status.CLOSED:
        return Refusal("contract-closed", f"Contract {number} was closed unsigned; apply again.")
    if context.business_date > state.valid_until:
        return Refusal(
            "approval-expired",
            f"Contract {number} could be signed until {state.valid_until}; apply again.",
            rule="validity of the approval",
            limit=state.valid_until.isoformat(),
            source=f"contract {number}",
        )
    if state.signatory(_OTHER[command.side]) == context.actor.subject:
        return Refusal(
            "signatory-is-the-same",
            f"{context.actor.subject} signed for the {_OTHER[command.side]} already; another person signs for the {command.side}.",
            rule="one person, one side",
        )
    return None


def _signed(state: Contract, signatories: Mapping[Side, str], context: Context) -> ContractSigned:
    return ContractSigned(
        contract_id=context.aggregate_id,
        contract_no=state.contract_no,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        terms=state.terms,
        digest=state.digest,
        signatories=tuple(f"{side}:{signatories[side]}" for side in Side),
        effective_date=context.business_date,
        language=state.language,
    )


def _record_funding(state: Contract, command: RecordFunding, context: Context) -> Decision:
    if state.status is Status.FUNDED:
        return []
    if state.status is not Status.SIGNED or state.effective_date is None:
        return Refusal(
            "contract-not-signed", f"Contract {state.contract_no} is {state.status}; only a signed one is funded."
        )
    principal = state.terms.principal
    if units_in(command.amount, principal.currency) != units(principal):
        return Refusal(
            "funding-amount-differs",
            f"amount: {text(command.amount)} is not the {text(principal)} of contract {state.contract_no}.",
            rule="amount of the contract",
            limit=text(principal),
            source=f"contract {state.contract_no}",
        )
    event = ContractFunded(
        contract_id=context.aggregate_id,
        contract_no=state.contract_no,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(units(principal) or 0, principal.currency),
        terms=state.terms,
        digest=state.digest,
        effective_date=state.effective_date,
        approver=state.approver,
    )
    return [event]


def _cancel(state: Contract, command: CancelContract, context: Context) -> Decision:
    if state.status is Status.CLOSED:
        return []
    if state.status is not Status.DRAFTED:
        return Refusal(
            "already-signed", f"Contract {state.contract_no} is signed by both sides; it can no longer be withdrawn."
        )
    return [ended(state, context, command.reason)]
