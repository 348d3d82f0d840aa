"""Receipts: one per bank reference; every unit of the money is somewhere after every event."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given as property_of
from hypothesis import strategies as st

from schemas.money import Money
from schemas.servicing.commands import MarkApplied, MarkReversed, RecordReceipt, RequestReversal, Suspend
from schemas.servicing.events import (
    MoneyReceived,
    PaymentSuspended,
    ReceiptApplied,
    ReceiptReversalRequested,
    ReceiptReversed,
)
from services.servicing.domain.books import balanced, receipt_terms
from tests.servicing.examples import LOAN_ID, RECEIPT, day, yuan
from tests.support.deciding import Given, given

REFERENCE = "BANK-1"
COMMAND = RecordReceipt(loan_id=LOAN_ID, amount=yuan("100"), channel="manual", value_date=day("02-10"))
RECEIVED = MoneyReceived(
    receipt_id=REFERENCE, loan_id=LOAN_ID, amount=yuan("100"), value_date=day("02-10"), channel="manual"
)
REQUESTED = ReceiptReversalRequested(
    receipt_id=REFERENCE, loan_id=LOAN_ID, amount=yuan("100"), cause="returned by the bank"
)
REVERSED = ReceiptReversed(receipt_id=REFERENCE, loan_id=LOAN_ID, amount=yuan("100"), cause="returned by the bank")
REVERSE = RequestReversal(cause="returned by the bank")
UNDONE = MarkReversed()


def applied(amount: str, suspended: str) -> ReceiptApplied:
    return ReceiptApplied(receipt_id=REFERENCE, loan_id=LOAN_ID, applied=yuan(amount), suspended=yuan(suspended))


def suspended(reason: str, loan_id: str = LOAN_ID) -> PaymentSuspended:
    return PaymentSuspended(receipt_id=REFERENCE, loan_id=loan_id, amount=yuan("100"), reason=reason)


def a_receipt(*events: Any) -> Given:
    return given(RECEIPT, *events, aggregate_id=REFERENCE)


TODAY: date = day("02-15")


def test_money_that_came_in_is_recorded_for_its_loan() -> None:
    a_receipt().when(COMMAND, on=TODAY).then(RECEIVED)


def test_without_a_value_date_it_counts_from_the_open_day() -> None:
    a_receipt().when(replace(COMMAND, value_date=None), on=TODAY).then(replace(RECEIVED, value_date=TODAY))


def test_money_that_names_no_loan_is_suspended_at_once() -> None:
    a_receipt().when(replace(COMMAND, loan_id=""), on=TODAY).then(
        replace(RECEIVED, loan_id=""), suspended("loan-unknown", loan_id="")
    )


def test_the_same_receipt_again_is_nothing_new() -> None:
    a_receipt(RECEIVED).when(COMMAND, on=TODAY).then()
    a_receipt(RECEIVED).when(replace(COMMAND, value_date=None), on=TODAY).then()


def test_the_same_reference_with_other_content_is_refused() -> None:
    for other in (
        replace(COMMAND, amount=yuan("101")),
        replace(COMMAND, amount=Money(Decimal("100.00"), "EUR")),
        replace(COMMAND, loan_id="another"),
        replace(COMMAND, channel="cash"),
        replace(COMMAND, value_date=day("02-11")),
    ):
        a_receipt(RECEIVED).when(other, on=TODAY).then_refused("receipt-differs")


def test_money_that_counts_from_more_than_a_year_ago_is_refused() -> None:
    a_receipt().when(replace(COMMAND, value_date=date(2025, 2, 14)), on=TODAY).then_types(MoneyReceived)
    a_receipt().when(replace(COMMAND, value_date=date(2025, 2, 13)), on=TODAY).then_refused("value-date-too-early")


def test_money_of_a_day_to_come_or_of_no_amount_is_refused() -> None:
    a_receipt().when(replace(COMMAND, value_date=day("02-16")), on=TODAY).then_refused("value-date-in-future")
    a_receipt().when(replace(COMMAND, amount=yuan("0")), on=TODAY).then_refused("amount-invalid")
    a_receipt().when(replace(COMMAND, amount=Money(Decimal("0.001"), "CNY")), on=TODAY).then_refused("amount-invalid")


def test_what_the_loan_took_is_applied_and_the_rest_suspended() -> None:
    a_receipt(RECEIVED).when(MarkApplied(applied=yuan("80"), suspended=yuan("20"))).then(applied("80", "20"))


def test_amounts_that_do_not_sum_to_the_receipt_are_refused() -> None:
    a_receipt(RECEIVED).when(MarkApplied(applied=yuan("80"), suspended=yuan("10"))).then_refused("amounts-differ")


def test_money_that_no_loan_took_is_suspended() -> None:
    a_receipt(RECEIVED).when(Suspend(reason="loan-settled")).then(suspended("loan-settled"))


def test_what_is_already_placed_is_not_placed_again() -> None:
    done = a_receipt(RECEIVED, applied("80", "20"))
    done.when(MarkApplied(applied=yuan("80"), suspended=yuan("20"))).then()
    done.when(Suspend(reason="loan-settled")).then()


def test_a_receipt_that_paid_a_loan_is_reversed_when_the_loan_has_undone_it() -> None:
    receipt = a_receipt(RECEIVED, applied("80", "20")).when(REVERSE).then(REQUESTED)
    receipt.when(REVERSE).then()
    receipt = receipt.when(UNDONE).then(REVERSED)
    receipt.when(UNDONE).then()
    receipt.when(REVERSE).then()


def test_a_suspended_receipt_is_reversed_at_once() -> None:
    a_receipt(RECEIVED, suspended("loan-settled")).when(REVERSE).then(REVERSED)


def test_a_reversal_that_overtakes_the_loans_answer_waits_for_it() -> None:
    waiting = a_receipt(RECEIVED).when(REVERSE).then(REQUESTED)
    answered = waiting.when(MarkApplied(applied=yuan("100"), suspended=yuan("0")))
    answered.then(applied("100", "0"), REQUESTED).when(UNDONE).then(REVERSED)
    waiting.when(Suspend(reason="loan-unknown")).then(suspended("loan-unknown"), REVERSED)


def test_commands_to_a_receipt_nobody_recorded_are_refused() -> None:
    for command in (REVERSE, UNDONE, Suspend(reason="x"), MarkApplied(applied=yuan("1"), suspended=yuan("0"))):
        a_receipt().when(command).then_refused("not-found")


COMMANDS: Sequence[Any] = (
    COMMAND,
    MarkApplied(applied=yuan("100"), suspended=yuan("0")),
    MarkApplied(applied=yuan("60"), suspended=yuan("40")),
    MarkApplied(applied=yuan("60"), suspended=yuan("41")),
    Suspend(reason="loan-settled"),
    REVERSE,
    UNDONE,
)


@property_of(st.lists(st.sampled_from(COMMANDS), max_size=12))
def test_every_unit_of_a_receipt_is_in_one_place_after_every_event(commands: list[Any]) -> None:
    receipt = a_receipt()
    for command in commands:
        decided = receipt.when(command, on=TODAY)
        if isinstance(decided.decision, Sequence):
            for event in decided.decision:
                receipt = replace(receipt, state=RECEIPT.evolve(receipt.state, event))
                (terms,) = receipt_terms([receipt.state]).values()
                assert balanced(terms)
                assert min(terms.values()) >= 0
