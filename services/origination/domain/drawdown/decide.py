"""Decisions on a drawdown: two people release 双人放款, the order goes out once, only the bank's answer ends it."""

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.origination.commands import PayoutStatus, RecordPayout, ReleaseDrawdown, RequestDrawdown
from schemas.origination.events import (
    Disbursed,
    DisbursementFailed,
    DisbursementOrdered,
    DisbursementUnknown,
    DrawdownReleased,
    DrawdownRequested,
)
from services.origination.domain.amounts import text, units, units_in
from services.origination.domain.deciding import Decide, Decision, decided_by
from services.origination.domain.drawdown.checks import last_check, person_may_not_release
from services.origination.domain.drawdown.state import Drawdown, Status


def _request(state: Drawdown | None, command: RequestDrawdown, context: Context) -> Decision:
    if state is not None:
        return []
    principal = command.terms.principal
    amount, most = units_in(command.amount, principal.currency), units(principal)
    if amount is None or most is None or not 0 < amount <= most:
        return Refusal(
            "amount-above-contract",
            f"amount: {text(command.amount)} is not above 0 and within the {text(principal)} of the contract.",
            rule="amount of the contract",
            limit=text(principal),
            source=f"contract {command.contract_no}",
        )
    event = DrawdownRequested(
        drawdown_id=context.aggregate_id,
        contract_id=command.contract_id,
        contract_no=command.contract_no,
        application_id=command.application_id,
        loan_id=command.loan_id,
        party_ref=command.party_ref,
        amount=of_minor(amount, principal.currency),
        payee_ref=command.payee_ref,
        terms=command.terms,
        digest=command.digest,
        effective_date=command.effective_date,
        approver=command.approver,
    )
    return [event]


def _release(state: Drawdown, command: ReleaseDrawdown, context: Context) -> Decision:
    refusal = person_may_not_release(state, context)
    if refusal is not None:
        return refusal
    if state.status not in (Status.REQUESTED, Status.RELEASED):
        return Refusal(
            "already-ordered",
            f"The drawdown is {state.status}: two people released it, and the order is never sent a second time.",
            rule="one order a drawdown",
        )
    results = last_check(state, command, context)
    if isinstance(results, Refusal):
        return results
    person = context.actor.subject
    if state.status is Status.REQUESTED:
        first = DrawdownReleased(
            drawdown_id=context.aggregate_id,
            application_id=state.application_id,
            loan_id=state.loan_id,
            party_ref=state.party_ref,
            releaser=person,
        )
        return [first]
    order = DisbursementOrdered(
        drawdown_id=context.aggregate_id,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(state.amount, state.terms.principal.currency),
        payee_ref=state.payee_ref,
        releasers=(state.first_releaser, person),
        contract_id=state.contract_id,
        checks=results,
    )
    return [order]


def _record_payout(state: Drawdown, command: RecordPayout, context: Context) -> Decision:
    if state.status in (Status.REQUESTED, Status.RELEASED):
        return Refusal("not-ordered", "No order went to the bank for this drawdown; its answer cannot be recorded.")
    return _ANSWERS[command.status](state, command, context)


def _succeeded(state: Drawdown, command: RecordPayout, context: Context) -> Decision:
    if state.status is Status.DISBURSED:
        return []
    if state.status is Status.FAILED:
        return _final(state)
    if command.value_date is None:
        return Refusal("value-date-missing", "value_date: the bank's value date is needed, interest starts on it.")
    event = Disbursed(
        drawdown_id=context.aggregate_id,
        contract_id=state.contract_id,
        contract_no=state.contract_no,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(state.amount, state.terms.principal.currency),
        value_date=command.value_date,
        bank_reference=command.bank_reference,
        terms=state.terms,
        payment_id=command.payment_id,
    )
    return [event]


def _failed(state: Drawdown, command: RecordPayout, context: Context) -> Decision:
    if state.status is Status.FAILED:
        return []
    if state.status is Status.DISBURSED:
        return _final(state)
    event = DisbursementFailed(
        drawdown_id=context.aggregate_id,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(state.amount, state.terms.principal.currency),
        reason=command.reason,
        payment_id=command.payment_id,
    )
    return [event]


def _unknown(state: Drawdown, command: RecordPayout, context: Context) -> Decision:
    if state.status is not Status.ORDERED:
        return []
    event = DisbursementUnknown(
        drawdown_id=context.aggregate_id,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        amount=of_minor(state.amount, state.terms.principal.currency),
        payment_id=command.payment_id,
    )
    return [event]


def _final(state: Drawdown) -> Refusal:
    return Refusal(
        "payout-final",
        f"The payout is {state.status} by the bank's final answer; a later one is a correction, not a change.",
    )


_ANSWERS: dict[PayoutStatus, Decide] = {
    PayoutStatus.SUCCEEDED: _succeeded,
    PayoutStatus.FAILED: _failed,
    PayoutStatus.UNKNOWN: _unknown,
}

decide = decided_by("drawdown", {RequestDrawdown: _request}, {ReleaseDrawdown: _release, RecordPayout: _record_payout})
"""Decide one command on a drawdown."""
