"""Reactions: which event makes which command, for whom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loanstream.runtime.definitions import Send
from schemas.envelope import EventMeta
from schemas.origination.events import Disbursed
from schemas.servicing import events as happened
from schemas.servicing.commands import (
    ApplyPayment,
    BookLoan,
    MarkApplied,
    MarkReversed,
    ReversePayment,
    Suspend,
)
from services.servicing.reactions import REACTIONS
from tests.servicing.examples import A_YEAR, BOOKED_ON, CONTRACT, LOAN_ID, PARTY, day, parts, yuan

META = EventMeta(
    id="event-1",
    type="",
    context="servicing",
    subject="",
    sequence=1,
    partition=0,
    partitionseq=1,
    time=datetime(2026, 1, 15, 9, 0, tzinfo=UTC),
    business_date=BOOKED_ON,
    correlation="",
    causation="",
    actor="system",
)

DISBURSED = Disbursed(
    drawdown_id="drawdown-1",
    contract_id="contract-1",
    contract_no=CONTRACT,
    application_id="application-1",
    loan_id=LOAN_ID,
    party_ref=PARTY,
    amount=yuan(12_000),
    value_date=BOOKED_ON,
    bank_reference="PAYOUT-1",
    terms=A_YEAR,
)
RECEIVED = happened.MoneyReceived(
    receipt_id="R1", loan_id=LOAN_ID, amount=yuan(10), value_date=day("02-10"), channel="manual"
)
PAID = happened.PaymentReceived(
    loan_id=LOAN_ID,
    party_ref=PARTY,
    receipt_id="R1",
    value_date=day("02-10"),
    channel="manual",
    amount=yuan(8),
    allocation=parts(8),
    surplus=yuan(2),
    outstanding_principal=yuan(0),
)
RECOVERED = happened.RecoveryReceived(
    loan_id=LOAN_ID, party_ref=PARTY, receipt_id="R1", value_date=day("02-10"), amount=yuan(10)
)
DECLINED = happened.PaymentDeclined(loan_id=LOAN_ID, receipt_id="R1", amount=yuan(10), reason="loan-settled")
REQUESTED = happened.ReceiptReversalRequested(receipt_id="R1", loan_id=LOAN_ID, amount=yuan(10), cause="returned")
UNDONE = happened.PaymentReversed(
    loan_id=LOAN_ID,
    party_ref=PARTY,
    receipt_id="R1",
    amount=yuan(8),
    allocation=parts(8),
    cause="returned",
    outstanding_principal=yuan(8),
)
RECOVERY_UNDONE = happened.RecoveryReversed(
    loan_id=LOAN_ID, party_ref=PARTY, receipt_id="R1", amount=yuan(10), cause="returned"
)


@pytest.mark.parametrize(
    ("event", "target", "command"),
    [
        (
            DISBURSED,
            LOAN_ID,
            BookLoan(
                application_id="application-1",
                contract_no=CONTRACT,
                party_ref=PARTY,
                amount=yuan(12_000),
                value_date=BOOKED_ON,
                terms=A_YEAR,
            ),
        ),
        (
            RECEIVED,
            LOAN_ID,
            ApplyPayment(receipt_id="R1", amount=yuan(10), value_date=day("02-10"), channel="manual"),
        ),
        (PAID, "R1", MarkApplied(applied=yuan(8), suspended=yuan(2))),
        (RECOVERED, "R1", MarkApplied(applied=yuan(10), suspended=yuan(0))),
        (DECLINED, "R1", Suspend(reason="loan-settled")),
        (REQUESTED, LOAN_ID, ReversePayment(receipt_id="R1", cause="returned")),
        (UNDONE, "R1", MarkReversed()),
        (RECOVERY_UNDONE, "R1", MarkReversed()),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_an_event_makes_one_command(event: Any, target: str, command: Any) -> None:
    assert reacted(event) == [Send(target, command)]


def test_money_that_names_no_loan_is_applied_to_none() -> None:
    unnamed = happened.MoneyReceived(
        receipt_id="R1", loan_id="", amount=yuan(10), value_date=day("02-10"), channel="manual"
    )
    assert reacted(unnamed) == []


def test_reactions_have_names_of_their_own() -> None:
    names = [reaction.name for reaction in REACTIONS]
    assert len(set(names)) == len(names)


def reacted(event: Any) -> list[Any]:
    """What all reactions make of an event."""
    return [made for reaction in REACTIONS if reaction.on is type(event) for made in reaction.react(event, META)]
