"""Drawdowns: two people, the last check, one order, the bank's answer."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas.decision import Refusal
from schemas.money import Money
from schemas.origination.commands import PayoutStatus, RecordPayout, ReleaseDrawdown
from tests.origination.samples import (
    DAY,
    DIGEST,
    DISBURSED,
    FAILED,
    FIRST,
    OFFICER,
    ORDERED,
    RELEASED,
    REQUEST,
    REQUESTED,
    SECOND,
    UNKNOWN,
    cny,
    drawdown,
)

RELEASE = ReleaseDrawdown(contract_digest=DIGEST)
PAID = RecordPayout(status=PayoutStatus.SUCCEEDED, payment_id="pay-1", bank_reference="SBX1", value_date=DAY)
NOT_PAID = RecordPayout(status=PayoutStatus.FAILED, payment_id="pay-1", reason="account-closed")
SILENCE = RecordPayout(status=PayoutStatus.UNKNOWN, payment_id="pay-1")


def test_a_funded_contract_is_drawn_once() -> None:
    drawdown().when(REQUEST).then(REQUESTED).when(REQUEST).then()


@pytest.mark.parametrize("amount", [cny("1200.01"), cny("0.00"), cny("1.001"), Money(cny("1200").amount, "EUR")])
def test_no_more_than_the_contract_is_drawn(amount: Money) -> None:
    drawdown().when(replace(REQUEST, amount=amount)).then_refused("amount-above-contract")


def test_two_people_release_and_the_order_goes_out_with_every_check() -> None:
    history = drawdown(REQUESTED).when(RELEASE, by=FIRST).then(RELEASED)
    history.when(RELEASE, by=SECOND).then(ORDERED)


def test_one_person_never_releases_twice() -> None:
    drawdown(REQUESTED, RELEASED).when(RELEASE, by=FIRST).then_refused("releaser-is-the-same")


@pytest.mark.parametrize("history", [(), (RELEASED,)], ids=["first", "second"])
def test_who_approved_the_loan_does_not_release_it(history: tuple[Any, ...]) -> None:
    requested = replace(REQUESTED, approver=OFFICER)
    drawdown(requested, *history).when(RELEASE, by=OFFICER).then_refused("releaser-is-the-approver")


@pytest.mark.parametrize("machine", ["system", "service:origination"])
def test_a_machine_releases_nothing(machine: str) -> None:
    drawdown(REQUESTED).when(RELEASE, by=machine).then_refused("not-a-person")


@pytest.mark.parametrize("history", [(), (RELEASED,)], ids=["first", "second"])
def test_a_text_that_is_not_the_signed_one_stops_the_release(history: tuple[Any, ...]) -> None:
    decision = drawdown(REQUESTED, *history).when(ReleaseDrawdown(contract_digest="0" * 64), by=SECOND)
    decision.then_refused("digest-mismatch")
    assert isinstance(decision.decision, Refusal)
    assert decision.decision.limit == DIGEST


def test_nothing_is_released_before_the_contract_takes_effect() -> None:
    drawdown(REQUESTED).when(RELEASE, by=FIRST, on=date(2026, 1, 4)).then_refused("contract-not-effective")


def test_an_amount_above_the_contract_stops_the_release() -> None:
    too_much = replace(REQUESTED, amount=cny("1200.01"))
    drawdown(too_much).when(RELEASE, by=FIRST).then_refused("amount-above-contract")


@pytest.mark.parametrize("history", [(ORDERED,), (ORDERED, UNKNOWN), (ORDERED, DISBURSED), (ORDERED, FAILED)])
def test_after_the_order_nobody_releases_again(history: tuple[Any, ...]) -> None:
    drawdown(REQUESTED, RELEASED, *history).when(RELEASE, by="user:releaser-3").then_refused("already-ordered")


@pytest.mark.parametrize("silent", [(), (UNKNOWN,)], ids=["at once", "after silence"])
def test_the_banks_answer_ends_the_drawdown(silent: tuple[Any, ...]) -> None:
    ordered = drawdown(REQUESTED, RELEASED, ORDERED, *silent)
    ordered.when(PAID).then(DISBURSED).when(PAID).then()
    ordered.when(NOT_PAID).then(FAILED).when(NOT_PAID).then()


def test_silence_is_recorded_once_and_orders_nothing() -> None:
    drawdown(REQUESTED, RELEASED, ORDERED).when(SILENCE).then(UNKNOWN).when(SILENCE).then()


@pytest.mark.parametrize("end", [DISBURSED, FAILED])
def test_a_final_answer_is_not_undone_by_silence(end: Any) -> None:
    drawdown(REQUESTED, RELEASED, ORDERED, end).when(SILENCE).then()


def test_a_final_answer_is_not_undone_by_another() -> None:
    drawdown(REQUESTED, RELEASED, ORDERED, DISBURSED).when(NOT_PAID).then_refused("payout-final")
    drawdown(REQUESTED, RELEASED, ORDERED, FAILED).when(PAID).then_refused("payout-final")


def test_money_without_a_value_date_is_not_recorded_as_paid() -> None:
    command = replace(PAID, value_date=None)
    drawdown(REQUESTED, RELEASED, ORDERED).when(command).then_refused("value-date-missing")


def test_the_value_date_is_the_banks_not_ours() -> None:
    later = date(2026, 1, 7)
    command = replace(PAID, value_date=later)
    drawdown(REQUESTED, RELEASED, ORDERED).when(command, on=date(2026, 1, 8)).then(replace(DISBURSED, value_date=later))


@pytest.mark.parametrize("answer", [PAID, NOT_PAID, SILENCE])
@pytest.mark.parametrize("history", [(), (RELEASED,)], ids=["requested", "released"])
def test_no_answer_without_an_order(history: tuple[Any, ...], answer: RecordPayout) -> None:
    drawdown(REQUESTED, *history).when(answer).then_refused("not-ordered")


@pytest.mark.parametrize("command", [RELEASE, PAID])
def test_an_unknown_drawdown_is_named(command: Any) -> None:
    drawdown().when(command).then_refused("unknown-drawdown")


def test_a_drawdown_is_finished_with_the_final_answer() -> None:
    finished = drawdown().decider.closed
    assert finished(drawdown(REQUESTED, RELEASED, ORDERED, DISBURSED).state)
    assert not finished(drawdown(REQUESTED, RELEASED, ORDERED, UNKNOWN).state)
