"""What notify shows to others: read model and HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request

from loanstream.runtime.kit import Principal
from schemas.notify.events import NotificationFailed, NotificationSent, NotificationSuppressed
from services.notify.api import api
from services.notify.projections import PROJECTION
from tests.notify.samples import meta_of

COMMON = {
    "message_id": "message-1",
    "party_ref": "party-1",
    "channel": "email",
    "category": "overdue",
    "cause": "event-1",
    "loan_id": "loan-1",
    "recipient": "party-1",
}
SENT = NotificationSent(**COMMON, template="overdue/zh/1", uncertain=False)
STAFF = Principal("user:officer", frozenset(), frozenset())
BORROWER = Principal("user:wang", frozenset(), frozenset(), party="party-1", scoped=True)
STRANGER = Principal("user:li", frozenset(), frozenset(), party="party-2", scoped=True)


def row_of(event: Any) -> Mapping[str, Any]:
    """The read model's row."""
    (row,) = PROJECTION.handlers[type(event)](event, meta_of(event))
    assert row.table == "messages"
    return {**row.key, **row.values}


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (SENT, "sent"),
        (NotificationFailed(**COMMON, reason="the mail server answered 550"), "failed"),
        (NotificationSuppressed(**COMMON, reason="no-address"), "suppressed"),
    ],
)
def test_the_read_model_has_one_row_a_message(event: Any, outcome: str) -> None:
    assert row_of(event)["outcome"] == outcome
    assert row_of(event)["message_id"] == "message-1"


class QueriesOnly:
    """A kit that answers queries from rows and remembers what was asked, by whom."""

    def __init__(self, rows: list[Mapping[str, Any]], caller: Principal) -> None:
        self.rows = rows
        self.caller = caller
        self.asked: list[tuple[Any, ...]] = []
        self.permissions: list[str] = []

    def require(self, permission: str) -> Any:
        self.permissions.append(permission)
        return lambda: self.caller

    def owns(self, principal: Principal, party_ref: str) -> bool:
        return not principal.scoped or principal.party == party_ref

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        self.asked.append(args)
        return self.rows

    async def at_least(self, request: Request, subject: str) -> None:
        self.waited_for = subject

    def problem(self, status: int, code: str, detail: str, **members: Any) -> Exception:
        return HTTPException(status, {"code": code})


def client(kit: QueriesOnly) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(api(kit))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notify")


async def test_messages_are_listed_by_loan_and_category() -> None:
    kit = QueriesOnly([row_of(SENT)], STAFF)
    async with client(kit) as http:
        answer = await http.get("/messages?loan_id=loan-1&category=overdue&limit=5")
        assert (await http.get("/messages?limit=0")).status_code == 422
    assert answer.json()["messages"][0]["template"] == "overdue/zh/1"
    assert kit.asked == [("loan-1", "overdue", None, 5)]
    assert kit.permissions == ["notify:read"]


async def test_a_borrower_sees_the_own_messages_only() -> None:
    kit = QueriesOnly([row_of(SENT)], BORROWER)
    async with client(kit) as http:
        await http.get("/messages")
        assert (await http.get("/messages/message-1")).status_code == 200
    assert kit.asked[0] == (None, None, "party-1", 100)
    async with client(QueriesOnly([row_of(SENT)], STRANGER)) as http:
        assert (await http.get("/messages/message-1")).status_code == 404


async def test_an_unknown_message_is_not_found() -> None:
    async with client(QueriesOnly([], STAFF)) as http:
        answer = await http.get("/messages/message-2")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "not-found")
