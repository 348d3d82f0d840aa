"""Decisions of a funding."""

from collections.abc import Callable
from typing import Any

from schemas.decision import Context, Refusal
from schemas.funding.commands import ConfirmFunding, FailFunding, RequestFunding, RetryFunding
from schemas.funding.events import Funded, FundingFailed, FundingRequested, Share
from schemas.money import of_minor
from services.funding.domain import Decision, books, shares
from services.funding.domain.funding.state import Funding, Status, transfer_of


def decide(state: Funding | None, command: Any, context: Context) -> Decision:
    """Events or a refusal for any command of a funding."""
    application_id = context.aggregate_id
    if isinstance(command, RequestFunding):
        return _request(state, command, application_id)
    if state is None:
        return Refusal("unknown-funding", f"No funding was requested for application {application_id}.")
    return _DECISIONS[type(command)](state, command, application_id)


def _request(state: Funding | None, command: RequestFunding, application_id: str) -> Decision:
    """A contract is funded once; asking again does nothing."""
    if state is not None:
        return []
    units = books.bookable(command.amount, command.amount.currency)
    if isinstance(units, Refusal):
        return units
    funding = Funding(Status.REQUESTED, command.contract_id, command.loan_id, units, command.amount.currency, attempt=1)
    return [_requested(funding, application_id)]


def _retry(funding: Funding, _command: RetryFunding, application_id: str) -> Decision:
    if funding.status is Status.FUNDED:
        return Refusal("already-funded", f"Application {application_id} is funded; there is nothing to retry.")
    if funding.status is Status.REQUESTED:
        return Refusal("funding-under-way", f"Application {application_id} is being funded; wait until it ended.")
    again = Funding(
        Status.REQUESTED, funding.contract_id, funding.loan_id, funding.units, funding.currency, funding.attempt + 1
    )
    return [_requested(again, application_id)]


def _confirm(funding: Funding, command: ConfirmFunding, application_id: str) -> Decision:
    if not _is_current(funding, command.transfer_id, application_id):
        return []
    amount = of_minor(funding.units, funding.currency)
    lender = books.own_capital(funding.currency)
    fraction = shares.fractions([(lender, funding.units)])[0]
    return [
        Funded(
            application_id=application_id,
            loan_id=funding.loan_id,
            contract_id=funding.contract_id,
            amount=amount,
            loan_account=books.loan_account(funding.loan_id),
            sources=(Share(account_id=lender, amount=amount, share=fraction),),
        )
    ]


def _fail(funding: Funding, command: FailFunding, application_id: str) -> Decision:
    if not _is_current(funding, command.transfer_id, application_id):
        return []
    return [
        FundingFailed(
            application_id=application_id,
            loan_id=funding.loan_id,
            contract_id=funding.contract_id,
            amount=of_minor(funding.units, funding.currency),
            reason=command.reason,
        )
    ]


def _is_current(funding: Funding, transfer_id: str, application_id: str) -> bool:
    """Whether this transfer is the one that is waited for."""
    return funding.status is Status.REQUESTED and transfer_id == transfer_of(application_id, funding.attempt)


def _requested(funding: Funding, application_id: str) -> FundingRequested:
    return FundingRequested(
        application_id=application_id,
        loan_id=funding.loan_id,
        contract_id=funding.contract_id,
        amount=of_minor(funding.units, funding.currency),
        transfer_id=transfer_of(application_id, funding.attempt),
        lender_account=books.own_capital(funding.currency),
        loan_account=books.loan_account(funding.loan_id),
    )


_DECISIONS: dict[type, Callable[[Funding, Any, str], Decision]] = {
    RetryFunding: _retry,
    ConfirmFunding: _confirm,
    FailFunding: _fail,
}
