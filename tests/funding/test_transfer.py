"""The transfer: a saga that ends captured or released, and never gives back what may have been credited."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from schemas import ids
from schemas.funding.commands import (
    MarkCaptured,
    MarkCredited,
    MarkCreditRefused,
    MarkRefused,
    MarkReleased,
    MarkReserved,
    OpenTransfer,
)
from schemas.funding.events import (
    TransferCancelled,
    TransferCaptured,
    TransferCredited,
    TransferReleased,
    TransferReserved,
)
from services.funding.domain.transfer import closed, due
from services.funding.service import TRANSFER as DECIDER
from tests.funding.examples import EXPIRY, LOAN, OWN, TRANSFER, cny, transfer_opened
from tests.support.deciding import Given, given

OPEN = OpenTransfer(
    from_account=OWN, to_account="reserve-CNY", amount=cny("100.00"), purpose="transfer", reference="top up"
)
BETWEEN: dict[str, Any] = {
    "transfer_id": TRANSFER,
    "from_account": OWN,
    "to_account": "reserve-CNY",
    "amount": cny("100.00"),
}
RESERVED = TransferReserved(**BETWEEN)
CREDITED = TransferCredited(**BETWEEN)
CAPTURED = TransferCaptured(transfer_id=TRANSFER, amount=cny("100.00"), purpose="transfer", reference="top up")


def cancelled(reason: str) -> TransferCancelled:
    return TransferCancelled(transfer_id=TRANSFER, from_account=OWN, amount=cny("100.00"), reason=reason)


def released(reason: str) -> TransferReleased:
    return TransferReleased(
        transfer_id=TRANSFER, amount=cny("100.00"), purpose="transfer", reference="top up", reason=reason
    )


def after(*events: object) -> Given:
    """The transfer after it was opened and these events."""
    return given(DECIDER, transfer_opened(), *events, aggregate_id=TRANSFER)


def test_a_transfer_opens_once_and_says_when_it_expires() -> None:
    nothing = given(DECIDER, aggregate_id=TRANSFER)
    nothing.when(OPEN).then(transfer_opened()).when(OPEN).then()


def test_reserved_then_credited_then_captured() -> None:
    done = (
        after()
        .when(MarkReserved())
        .then(RESERVED)
        .when(MarkCredited())
        .then(CREDITED)
        .when(MarkCaptured())
        .then(CAPTURED)
    )
    assert closed(done.state)


@pytest.mark.parametrize("mark", [MarkReserved(), MarkCredited(), MarkCaptured(), MarkReleased()])
def test_a_mark_that_comes_again_or_too_late_does_nothing(mark: object) -> None:
    after(RESERVED, CREDITED, CAPTURED).when(mark).then()


def test_a_transfer_without_money_is_released_with_the_reason() -> None:
    after().when(MarkRefused(reason="insufficient-money")).then(released("insufficient-money"))


def test_a_transfer_to_an_unknown_account_gives_the_money_back_first() -> None:
    back = after(RESERVED).when(MarkCreditRefused(reason="unknown-account")).then(cancelled("unknown-account"))
    back.when(MarkReleased()).then(released("unknown-account"))


def test_an_unreserved_transfer_expires_on_its_day() -> None:
    transfer = after()
    assert due(transfer.state) == EXPIRY
    transfer.on_day(EXPIRY - timedelta(days=1)).then()
    expired = transfer.on_day(EXPIRY).then(cancelled("expired"))
    assert due(expired.state) is None
    expired.when(MarkReleased()).then(released("expired"))


@pytest.mark.parametrize("events", [(RESERVED,), (RESERVED, CREDITED)])
def test_a_transfer_whose_credit_is_ordered_never_expires(events: tuple[object, ...]) -> None:
    transfer = after(*events)
    assert due(transfer.state) is None
    transfer.on_day(date(2099, 1, 1)).then()


def test_a_reservation_reported_after_the_transfer_expired_changes_nothing_because_its_release_is_ordered() -> None:
    after(cancelled("expired")).when(MarkReserved()).then()


def test_an_expired_transfer_that_was_never_reserved_is_released_when_the_account_says_so() -> None:
    after(cancelled("expired")).when(MarkRefused(reason="cancelled")).then(released("expired"))


def test_what_is_not_a_transfer_between_two_accounts_is_refused() -> None:
    nothing = given(DECIDER, aggregate_id=TRANSFER)
    nothing.when(replace(OPEN, to_account=OWN)).then_refused("same-account")
    nothing.when(replace(OPEN, amount=cny("0.00"))).then_refused("bad-amount")
    nothing.when(replace(OPEN, to_account="bank")).then_refused("bad-account-id")
    nothing.when(replace(OPEN, from_account=ids.derived("an application"))).then_refused("bad-account-id")


def test_only_its_funding_touches_a_loans_account() -> None:
    to_loan = replace(OPEN, to_account=f"loan:{LOAN}")
    nothing = given(DECIDER, aggregate_id=TRANSFER)
    nothing.when(to_loan).then_refused("loan-account")
    nothing.when(replace(OPEN, from_account=f"loan:{LOAN}")).then_refused("loan-account")
    nothing.when(replace(to_loan, purpose="funding")).then(
        transfer_opened(to_account=f"loan:{LOAN}", purpose="funding")
    )


def test_a_mark_for_an_unknown_transfer_is_refused() -> None:
    given(DECIDER, aggregate_id=TRANSFER).when(MarkReserved()).then_refused("unknown-transfer")


def test_the_return_of_a_loans_money_never_expires() -> None:
    returning = replace(OPEN, from_account=f"loan:{LOAN}", purpose="return")
    opened = given(DECIDER, aggregate_id=TRANSFER).when(returning).applied()
    assert due(opened.state) is None
    opened.on_day(date(2099, 1, 1)).then()
