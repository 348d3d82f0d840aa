"""What risk reads from others and shows to them: reaction, read model, HTTP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from loanstream.runtime.definitions import Send
from schemas.envelope import EventMeta
from schemas.origination.events import ApplicationAccepted
from schemas.risk.events import RiskAssessed
from services.risk.reactions import REACTIONS
from services.risk.service import service
from tests.risk.applicants import PROFILE, SOUND
from tests.support.deciding import given
from tests.support.reading import reading

META = EventMeta(
    id="event-1",
    type="loanstream.risk.RiskAssessed.v1",
    context="risk",
    subject="a-1",
    sequence=1,
    partition=0,
    partitionseq=1,
    time=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
    business_date=date(2026, 1, 5),
    correlation="",
    causation="",
    actor="service:risk",
)

ACCEPTED = ApplicationAccepted(
    application_id="a-1",
    loan_id="loan-1",
    party_ref="party-1",
    product_id="personal-credit",
    product_version=1,
    amount=SOUND.amount,
    months=12,
    annual_rate="0.144",
    purpose="radio/television",
    profile=PROFILE,
)


def assessed() -> RiskAssessed:
    """The assessment of the sound application."""
    (event,) = given(service().deciders[0]).when(SOUND).decision
    return event


def test_an_accepted_application_is_assessed_as_declared() -> None:
    (reaction,) = REACTIONS
    assert reaction.on is ApplicationAccepted
    assert list(reaction.react(ACCEPTED, META)) == [Send("a-1", SOUND)]


@pytest.mark.postgres
async def test_an_assessment_is_shown_with_reasons_and_rules(fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        await reader.show(assessed(), META)
        answer = (await reader.http.get("/assessments/a-1")).json()
    assert (answer["advice"], answer["rating"], answer["scorecard"]) == ("approve", "A", "consumer/1")
    assert answer["limit"] == {"amount": "64800.00", "currency": "CNY"}
    assert answer["rules"][0] == {"rule": "blacklist", "version": "1", "inputs": "listed=no", "outcome": "pass"}
    assert answer["reasons"][0]["code"] == "score-savings"
    assert Decimal(answer["probability_of_default"]) == assessed().probability_of_default
    assert reader.permissions == ["risk:read"]
    assert reader.waited_for == ["a-1"]


@pytest.mark.postgres
async def test_an_unknown_assessment_is_not_found(fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        answer = await reader.http.get("/assessments/a-2")
    assert (answer.status_code, answer.json()["detail"]) == (404, "not-found")


@pytest.mark.postgres
async def test_assessments_are_listed_by_advice_newest_first(fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        for number, advice in enumerate(("approve", "refuse", "approve")):
            event = replace(assessed(), application_id=f"a-{number}", advice=advice)
            await reader.show(event, msgspec.structs.replace(META, time=META.time + timedelta(minutes=number)))
        everything = (await reader.http.get("/assessments")).json()["assessments"]
        approved = (await reader.http.get("/assessments?advice=approve")).json()["assessments"]
        newest = (await reader.http.get("/assessments?limit=1")).json()["assessments"]
        assert (await reader.http.get("/assessments?advice=maybe")).status_code == 422
    assert [a["application_id"] for a in everything] == ["a-2", "a-1", "a-0"]
    assert [a["application_id"] for a in approved] == ["a-2", "a-0"]
    assert [a["application_id"] for a in newest] == ["a-2"]
