"""What notify shows to others: read model and HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from loanstream.runtime.kit import Principal
from schemas.notify.events import NotificationFailed, NotificationSent, NotificationSuppressed
from services.notify.service import service
from tests.notify.samples import A_TIME, meta_of
from tests.support.reading import reading

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


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (SENT, {"outcome": "sent", "template": "overdue/zh/1", "uncertain": False}),
        (NotificationFailed(**COMMON, reason="the mail server answered 550"), {"outcome": "failed"}),
        (NotificationSuppressed(**COMMON, reason="no-address"), {"outcome": "suppressed", "reason": "no-address"}),
    ],
)
async def test_what_became_of_a_message_is_shown(event: Any, outcome: dict[str, Any], fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        await reader.show(event, meta_of(event))
        answer = (await reader.http.get("/messages/message-1")).json()
        assert (await reader.http.get("/messages/message-2")).status_code == 404
    assert answer.items() >= {**COMMON, **outcome}.items()
    assert set(reader.permissions) == {"notify:read"}
    assert reader.waited_for == ["message-1", "message-2"]


@pytest.mark.postgres
async def test_messages_are_listed_by_loan_and_category_newest_first(fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        for number, (loan, category) in enumerate((("l-1", "overdue"), ("l-2", "overdue"), ("l-1", "settled"))):
            event = replace(SENT, message_id=f"m-{number}", loan_id=loan, category=category)
            await reader.show(event, msgspec.structs.replace(meta_of(event), time=A_TIME + timedelta(minutes=number)))
        found = {
            query: [m["message_id"] for m in (await reader.http.get(f"/messages{query}")).json()["messages"]]
            for query in ("", "?loan_id=l-1", "?category=overdue", "?loan_id=l-1&category=overdue", "?limit=1")
        }
        assert (await reader.http.get("/messages?limit=0")).status_code == 422
    assert found == {
        "": ["m-2", "m-1", "m-0"],
        "?loan_id=l-1": ["m-2", "m-0"],
        "?category=overdue": ["m-1", "m-0"],
        "?loan_id=l-1&category=overdue": ["m-0"],
        "?limit=1": ["m-2"],
    }


@pytest.mark.postgres
async def test_a_borrower_sees_the_own_messages_only(fresh_database: str) -> None:
    async with reading(service(), fresh_database) as reader:
        await reader.show(SENT, meta_of(SENT))
        for party, listed, status in (("party-1", 1, 200), ("party-2", 0, 404)):
            reader.caller = Principal(f"user:{party}", frozenset(), frozenset(), party=party, scoped=True)
            assert len((await reader.http.get("/messages")).json()["messages"]) == listed
            assert (await reader.http.get("/messages/message-1")).status_code == status
