"""Which event leads to which command."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loanstream.runtime.definitions import Effect, Send
from schemas.envelope import EventMeta
from schemas.funding.events import Funded
from schemas.origination import commands, events
from schemas.risk.events import RiskAssessed
from schemas.terms import Language
from services.origination import identifiers
from services.origination.reactions import REACTIONS
from services.origination.shipped import contract_templates
from tests.origination import samples
from tests.origination.samples import cny, reason

META = EventMeta(
    id="event-1",
    type="t",
    context="origination",
    subject="s",
    sequence=1,
    partition=0,
    partitionseq=1,
    time=datetime(2026, 1, 5, 9, tzinfo=UTC),
    business_date=samples.DAY,
    correlation="c",
    causation="k",
    actor="system",
)
CONTRACT = identifiers.contract_id("app-1")
REFUSED = events.LoanRefused(
    application_id="app-1",
    loan_id="loan-1",
    party_ref="party-1",
    reasons=(reason("low-score"),),
    authority="system",
    reapply_from=samples.VALID_UNTIL,
    language=Language.ZH,
)
ASSESSED = RiskAssessed(
    application_id="app-1",
    loan_id="loan-1",
    party_ref="party-1",
    score=600,
    rating="B",
    probability_of_default=cny("0.05").amount,
    reasons=(reason("any"),),
    rules=(),
    limit=cny("20000.00"),
    advice="approve",
    scorecard="consumer/1",
)
FUNDED = Funded(
    application_id="app-1",
    loan_id="loan-1",
    contract_id=samples.CONTRACT_ID,
    amount=cny("1200.00"),
    loan_account="loan:loan-1",
    sources=(),
)
ADMITTED = events.ApplicationAdmitted(party_ref="party-1", application_id="app-1")
BARRED = events.ApplicationBarred(
    party_ref="party-1", application_id="app-1", reason="duplicate", open_application="app-0", reapply_from=None
)
PAYOUT = {
    "drawdown_id": "draw-1",
    "loan_id": "loan-1",
    "amount": "1200.00",
    "currency": "CNY",
    "payee_ref": samples.PAYEE,
    "value_date": "2026-01-05",
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (samples.applied(), Send("party-1", commands.AdmitApplication(application_id="app-1"))),
        (ADMITTED, Send("app-1", commands.RecordAdmission(admitted=True))),
        (BARRED, Send("app-1", commands.RecordAdmission(admitted=False, reason="duplicate"))),
        (ASSESSED, Send("app-1", samples.assessment("approve", "20000.00", reason("any")))),
        (samples.approved(), Send(CONTRACT, samples.DRAFT)),
        (samples.WITHDRAWAL, Send(CONTRACT, commands.CancelContract(reason="withdrawn"))),
        (samples.SIGNED, Send("app-1", commands.MarkSigned(contract_id=samples.CONTRACT_ID))),
        (samples.contract_closed("approval-lapsed"), Send("app-1", commands.CloseApproval(reason="approval-lapsed"))),
        (samples.closed("withdrawn"), Send("party-1", commands.ReleaseParty(application_id="app-1"))),
        (samples.COMPLETED, Send("party-1", commands.ReleaseParty(application_id="app-1"))),
        (
            REFUSED,
            Send("party-1", commands.ReleaseParty(application_id="app-1", reapply_from=samples.VALID_UNTIL)),
        ),
        (FUNDED, Send(samples.CONTRACT_ID, commands.RecordFunding(amount=cny("1200.00")))),
        (samples.FUNDED, Send(identifiers.drawdown_id("app-1"), samples.REQUEST)),
        (samples.ORDERED, Effect("payout", samples.PAYEE, PAYOUT)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_event_leads_to_its_command(event: Any, expected: Send | Effect) -> None:
    assert react(event) == [expected]


def react(event: Any) -> Sequence[Send | Effect]:
    return [sent for each in REACTIONS if each.on is type(event) for sent in each.react(event, META)]


def test_names_of_reactions_are_unique() -> None:
    names = [reaction.name for reaction in REACTIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_a_shipped_template(language: Language) -> None:
    (sent,) = react(replace(samples.approved(), language=language))
    assert isinstance(sent, Send)
    assert sent.command.template == f"personal-credit/{language}/1"
    assert sent.command.template in contract_templates()


def test_a_payee_reference_is_taken_apart_again() -> None:
    assert identifiers.payee_place(identifiers.payee_ref("party-1", "app-1")) == ("party-1", "bank_account/app-1")
