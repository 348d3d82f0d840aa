"""What risk reads from others and shows to them: reaction, read model, HTTP."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request

from loanstream.runtime.definitions import Row, Send
from schemas.envelope import EventMeta
from schemas.origination.events import ApplicationAccepted
from services.risk.api import api
from services.risk.projections import PROJECTION
from services.risk.reactions import REACTIONS
from services.risk.service import service
from tests.risk.applicants import PROFILE, SOUND
from tests.support.deciding import given

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


def row() -> Row:
    """The read model's row of the sound application."""
    (event,) = given(service().deciders[0]).when(SOUND).decision
    (result,) = PROJECTION.handlers[type(event)](event, META)
    return result


def test_an_accepted_application_is_assessed_as_declared() -> None:
    (reaction,) = REACTIONS
    assert reaction.on is ApplicationAccepted
    assert list(reaction.react(ACCEPTED, META)) == [Send("a-1", SOUND)]


def test_the_read_model_has_one_row_an_assessment() -> None:
    assert row().key == {"application_id": "a-1"}
    assert row().values["limit_minor"] == 6_480_000
    assert row().values["probability_of_default"] < Decimal("0.05")


class QueriesOnly:
    """A kit that answers queries from rows and remembers what was asked."""

    def __init__(self, rows: list[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.asked: list[tuple[Any, ...]] = []
        self.waited_for: list[str] = []
        self.permissions: list[str] = []

    def require(self, permission: str) -> Any:
        self.permissions.append(permission)
        return lambda: None

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        self.asked.append((sql, *args))
        return self.rows

    async def at_least(self, request: Request, subject: str) -> None:
        self.waited_for.append(subject)

    def problem(self, status: int, code: str, detail: str, **members: Any) -> Exception:
        return HTTPException(status, {"code": code, "detail": detail})


def client(kit: QueriesOnly) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(api(kit))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://risk")


async def test_an_assessment_is_shown_with_reasons_and_rules() -> None:
    kit = QueriesOnly([{**row().key, **row().values}])
    async with client(kit) as http:
        answer = (await http.get("/assessments/a-1")).json()
    assert answer["limit"] == {"amount": "64800.00", "currency": "CNY"}
    assert answer["rules"][0] == {"rule": "blacklist", "version": "1", "inputs": "listed=no", "outcome": "pass"}
    assert kit.permissions == ["risk:read"]
    assert kit.waited_for == ["a-1"]


async def test_an_unknown_assessment_is_not_found() -> None:
    async with client(QueriesOnly([])) as http:
        answer = await http.get("/assessments/a-2")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "not-found")


async def test_assessments_are_listed_by_advice() -> None:
    kit = QueriesOnly([{**row().key, **row().values}])
    async with client(kit) as http:
        answer = await http.get("/assessments?advice=approve&limit=5")
        assert (await http.get("/assessments?advice=maybe")).status_code == 422
    assert [a["application_id"] for a in answer.json()["assessments"]] == ["a-1"]
    assert kit.asked[0][1:] == ("approve", 5)
