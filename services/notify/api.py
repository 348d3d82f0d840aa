"""HTTP of notify: queries only; messages are made by reactions."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from loanstream.runtime.http.inputs import ShortText
from loanstream.runtime.http.parameters import refuse_unknown
from loanstream.runtime.kit import Principal, ServiceKit
from services.notify.loading import shipped_rules
from services.notify.payloads import WEBHOOK

_SHIPPED = (*(rule.category for rule in shipped_rules().rules), WEBHOOK)
_COLUMNS = (
    "message_id, recipient, party_ref, channel, category, template, cause, loan_id, outcome, uncertain, reason,"
    " recorded_at, business_date"
)


def api(kit: ServiceKit) -> APIRouter:
    """Routes of notify; every one needs the permission ``notify:read``."""
    router = APIRouter(tags=["notify"])
    reader = Depends(kit.require("notify:read"))

    @router.get("/messages")
    async def messages(
        principal: Principal = reader,
        loan_id: Annotated[ShortText | None, Query()] = None,
        category: Annotated[ShortText | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """Messages, newest first, of a loan, of a category, or all; the own ones only for a borrower."""
        if category is not None and category not in _SHIPPED:
            # rules and subscribers of the installation make categories of their own
            stored = await kit.fetch(
                "SELECT DISTINCT category FROM messages WHERE category IS NOT NULL ORDER BY category"
            )
            refuse_unknown("category", [category], (*_SHIPPED, *(row["category"] for row in stored)), "category")
        rows = await kit.fetch(
            f"SELECT {_COLUMNS} FROM messages WHERE ($1::text IS NULL OR loan_id = $1)"
            " AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR party_ref = $3)"
            " ORDER BY recorded_at DESC, message_id LIMIT $4",
            loan_id,
            category,
            principal.party if principal.scoped else None,
            limit,
        )
        return {"messages": [_view(row) for row in rows]}

    @router.get("/messages/{message_id}")
    async def message(request: Request, message_id: str, principal: Principal = reader) -> dict[str, Any]:
        """What became of one message."""
        await kit.at_least(request, message_id)
        rows = await kit.fetch(f"SELECT {_COLUMNS} FROM messages WHERE message_id = $1", message_id)
        if not rows or not kit.owns(principal, rows[0]["party_ref"]):
            raise kit.problem(404, "not-found", f"There is no message {message_id}.")
        return _view(rows[0])

    return router


def _view(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what its outcome does not have."""
    return {name: value for name, value in row.items() if value is not None}
