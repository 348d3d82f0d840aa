"""Totals over all applications and drawdowns, counted from rows when asked."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends

from loanstream.runtime.kit import Principal, ServiceKit
from services.origination.routes.queries import ANY_PARTY, money

_APPLICATIONS = """
SELECT currency, state, count(*) AS count, sum(amount_minor)::bigint AS amount_minor
FROM applications WHERE state IS NOT NULL GROUP BY currency, state ORDER BY currency, state
"""
_DRAWDOWNS = """
SELECT currency, state, count(*) AS count, sum(amount_minor)::bigint AS amount_minor
FROM drawdowns WHERE state IS NOT NULL GROUP BY currency, state ORDER BY currency, state
"""


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of totals."""
    router = APIRouter(tags=["totals"])
    reader = Depends(kit.require("origination:read"))

    @router.get("/totals")
    async def totals(principal: Principal = reader) -> dict[str, Any]:
        """How many applications and drawdowns stand in each state, and the money asked for; by currency."""
        if principal.scoped and principal.party != ANY_PARTY:
            raise kit.problem(403, "forbidden", "Totals over all applications are not for borrowers.")
        applications, drawdowns = await kit.fetch(_APPLICATIONS), await kit.fetch(_DRAWDOWNS)
        return {"applications": [_group(row) for row in applications], "drawdowns": [_group(row) for row in drawdowns]}

    return router


def _group(row: Mapping[str, Any]) -> dict[str, Any]:
    amount = money(row["amount_minor"], row["currency"])
    return {**{name: row[name] for name in ("currency", "state", "count")}, "amount": amount}
