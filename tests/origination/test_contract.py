"""Contracts: the text, its digest, both signatures, the money; or an end without them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas.decision import Refusal
from schemas.money import Money
from schemas.origination.commands import CancelContract, RecordFunding, SignContract
from schemas.origination.events import ContractDrafted, Side
from schemas.terms import Language
from tests.origination.samples import (
    BORROWER,
    BORROWER_SIGNED,
    CONTRACT_NO,
    DIGEST,
    DRAFT,
    DRAFTED,
    FUNDED,
    LENDER,
    LENDER_SIGNED,
    SIGNED,
    VALID_UNTIL,
    cny,
    contract,
    contract_closed,
)

AS_BORROWER = SignContract(side=Side.BORROWER, digest=DIGEST)
AS_LENDER = SignContract(side=Side.LENDER, digest=DIGEST)
MONEY = RecordFunding(amount=cny("1200.00"))
BOTH = (BORROWER_SIGNED, LENDER_SIGNED, SIGNED)


def test_an_approved_loan_gets_one_contract_with_number_and_digest() -> None:
    contract().when(DRAFT).then(DRAFTED).when(DRAFT).then()


def test_the_language_chooses_the_text() -> None:
    english = replace(DRAFT, template="personal-credit/en/1", language=Language.EN)
    decision = contract().when(english)
    decision.then_types(ContractDrafted)
    (event,) = decision.decision  # type: ignore[misc]
    assert event.digest != DIGEST
    assert event.contract_no == CONTRACT_NO


def test_a_template_that_is_not_shipped_is_refused() -> None:
    contract().when(replace(DRAFT, template="personal-credit/fr/1")).then_refused("unknown-template")


def test_one_signature_waits_for_the_other() -> None:
    history = contract(DRAFTED).when(AS_BORROWER, by=BORROWER).then(BORROWER_SIGNED)
    history.when(AS_BORROWER, by=BORROWER).then()
    history.when(AS_LENDER, by=LENDER).then(LENDER_SIGNED, SIGNED)


def test_the_lender_may_sign_first() -> None:
    history = contract(DRAFTED).when(AS_LENDER, by=LENDER).then(LENDER_SIGNED)
    history.when(AS_BORROWER, by=BORROWER).then(BORROWER_SIGNED, SIGNED)


def test_nobody_signs_for_both_sides() -> None:
    contract(DRAFTED, BORROWER_SIGNED).when(AS_LENDER, by=BORROWER).then_refused("signatory-is-the-same")


@pytest.mark.parametrize("history", [(), (BORROWER_SIGNED,), BOTH], ids=["drafted", "once", "signed"])
def test_only_the_digest_of_the_text_is_signed(history: tuple[Any, ...]) -> None:
    wrong = SignContract(side=Side.BORROWER, digest="0" * 64)
    decision = contract(DRAFTED, *history).when(wrong, by=BORROWER)
    decision.then_refused("digest-mismatch")
    assert isinstance(decision.decision, Refusal)
    assert decision.decision.limit == DIGEST


def test_a_signature_on_a_signed_contract_changes_nothing() -> None:
    contract(DRAFTED, *BOTH).when(AS_LENDER, by="user:other").then()


def test_the_last_day_of_signing_counts() -> None:
    contract(DRAFTED).when(AS_BORROWER, by=BORROWER, on=VALID_UNTIL).then(BORROWER_SIGNED)
    late = contract(DRAFTED).when(AS_BORROWER, by=BORROWER, on=date(2026, 2, 5))
    late.then_refused("approval-expired")


@pytest.mark.parametrize("history", [(), (BORROWER_SIGNED,)], ids=["unsigned", "half-signed"])
def test_without_both_signatures_in_time_the_approval_lapses(history: tuple[Any, ...]) -> None:
    open_contract = contract(DRAFTED, *history)
    assert open_contract.decider.due(open_contract.state) == date(2026, 2, 5)
    open_contract.on_day(VALID_UNTIL).then()
    after = open_contract.on_day(date(2026, 2, 5)).then(contract_closed("approval-lapsed"))
    assert after.decider.due(after.state) is None
    after.on_day(date(2026, 2, 6)).then()
    after.when(AS_LENDER, by=LENDER).then_refused("contract-closed")


def test_a_signed_contract_never_lapses() -> None:
    signed = contract(DRAFTED, *BOTH)
    assert signed.decider.due(signed.state) is None
    signed.on_day(date(2027, 1, 1)).then()


def test_a_withdrawal_closes_a_contract_that_is_not_signed_by_both() -> None:
    after = contract(DRAFTED, LENDER_SIGNED).when(CancelContract(reason="withdrawn")).then(contract_closed("withdrawn"))
    after.when(CancelContract(reason="withdrawn")).then()
    contract(DRAFTED, *BOTH).when(CancelContract(reason="withdrawn")).then_refused("already-signed")


def test_the_money_of_the_contract_makes_it_drawable_once() -> None:
    contract(DRAFTED, *BOTH).when(MONEY).then(FUNDED).when(MONEY).then()


@pytest.mark.parametrize("amount", [cny("1199.99"), cny("1200.01"), Money(cny("1200").amount, "EUR")])
def test_another_amount_than_the_contracts_is_refused(amount: Money) -> None:
    contract(DRAFTED, *BOTH).when(RecordFunding(amount=amount)).then_refused("funding-amount-differs")


@pytest.mark.parametrize("history", [(), (BORROWER_SIGNED,), (contract_closed("withdrawn"),)])
def test_only_a_signed_contract_is_funded(history: tuple[Any, ...]) -> None:
    contract(DRAFTED, *history).when(MONEY).then_refused("contract-not-signed")


@pytest.mark.parametrize("command", [AS_BORROWER, MONEY, CancelContract(reason="withdrawn")])
def test_an_unknown_contract_is_named(command: Any) -> None:
    contract().when(command).then_refused("unknown-contract")


def test_a_contract_is_finished_when_funded_or_closed() -> None:
    finished = contract().decider.closed
    assert finished(contract(DRAFTED, *BOTH, FUNDED).state)
    assert finished(contract(DRAFTED, contract_closed("withdrawn")).state)
    assert not finished(contract(DRAFTED, *BOTH).state)
