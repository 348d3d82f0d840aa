"""The funding of a loan: requested, funded or failed, and tried again by a person."""

from schemas.funding.commands import ConfirmFunding, FailFunding, RequestFunding, RetryFunding
from schemas.funding.events import Funded, FundingFailed
from services.funding.domain.funding import closed
from services.funding.domain.funding.state import transfer_of
from services.funding.service import FUNDING
from tests.funding.examples import APPLICATION, CONTRACT, LOAN, OWN, cny, funding_requested, share
from tests.support.deciding import Given, given

REQUEST = RequestFunding(contract_id=CONTRACT, loan_id=LOAN, amount=cny("1000.00"))
FUNDED = Funded(
    application_id=APPLICATION,
    loan_id=LOAN,
    contract_id=CONTRACT,
    amount=cny("1000.00"),
    loan_account=f"loan:{LOAN}",
    sources=(share(OWN, "1000.00", "1"),),
)
FAILED = FundingFailed(
    application_id=APPLICATION, loan_id=LOAN, contract_id=CONTRACT, amount=cny("1000.00"), reason="insufficient-money"
)
FIRST, SECOND = transfer_of(APPLICATION, 1), transfer_of(APPLICATION, 2)


def after(*events: object) -> Given:
    return given(FUNDING, *events, aggregate_id=APPLICATION)


def test_a_signed_contract_is_funded_from_own_capital_of_its_currency() -> None:
    after().when(REQUEST).then(funding_requested()).when(REQUEST).then()


def test_an_amount_that_cannot_be_booked_is_refused() -> None:
    after().when(RequestFunding(contract_id=CONTRACT, loan_id=LOAN, amount=cny("0.00"))).then_refused("bad-amount")


def test_a_captured_transfer_makes_it_funded_with_the_lenders_share() -> None:
    funded = after(funding_requested()).when(ConfirmFunding(transfer_id=FIRST)).then(FUNDED)
    assert closed(funded.state)
    funded.when(ConfirmFunding(transfer_id=FIRST)).then()


def test_a_released_transfer_fails_the_funding_with_its_reason() -> None:
    after(funding_requested()).when(FailFunding(transfer_id=FIRST, reason="insufficient-money")).then(FAILED)


def test_a_failed_funding_can_be_tried_again_with_a_transfer_of_its_own() -> None:
    again = after(funding_requested(), FAILED).when(RetryFunding()).then(funding_requested(attempt=2))
    again.when(FailFunding(transfer_id=FIRST, reason="expired")).then()
    again.when(ConfirmFunding(transfer_id=FIRST)).then()
    again.when(ConfirmFunding(transfer_id=SECOND)).then(FUNDED)


def test_there_is_nothing_to_try_again_unless_it_failed() -> None:
    after().when(RetryFunding()).then_refused("unknown-funding")
    after(funding_requested()).when(RetryFunding()).then_refused("funding-under-way")
    after(funding_requested(), FUNDED).when(RetryFunding()).then_refused("already-funded")
