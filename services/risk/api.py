"""HTTP of risk: queries only; assessments are made by reactions."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from loanstream.runtime.kit import ServiceKit
from schemas.money import of_minor

_COLUMNS = (
    "application_id, loan_id, party_ref, score, rating, probability_of_default, advice, limit_minor, currency, scorecard,"
    " reasons, rules, assessed_at, business_date"
)


def api(kit: ServiceKit) -> APIRouter:
    """Routes of risk; every one needs the permission ``risk:read``."""
    router = APIRouter(tags=["risk"], dependencies=[Depends(kit.require("risk:read"))])

    @router.get("/assessments/{application_id}")
    async def assessment(request: Request, application_id: str) -> dict[str, Any]:
        """The assessment of an application, with reasons and every rule as it was applied."""
        await kit.at_least(request, application_id)
        rows = await kit.fetch(f"SELECT {_COLUMNS} FROM assessments WHERE application_id = $1", application_id)
        if not rows:
            raise kit.problem(404, "not-found", f"There is no assessment of application {application_id}.")
        return _view(rows[0])

    @router.get("/assessments")
    async def assessments(
        advice: Literal["approve", "refer", "refuse"] | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """Assessments, newest first, of one advice or all."""
        rows = await kit.fetch(
            f"SELECT {_COLUMNS} FROM assessments WHERE $1::text IS NULL OR advice = $1"
            " ORDER BY assessed_at DESC, application_id LIMIT $2",
            advice,
            limit,
        )
        return {"assessments": [_view(row) for row in rows]}

    return router


def _view(row: Mapping[str, Any]) -> dict[str, Any]:
    limit = of_minor(row["limit_minor"], row["currency"])
    kept = (
        "application_id",
        "loan_id",
        "party_ref",
        "score",
        "rating",
        "advice",
        "scorecard",
        "assessed_at",
        "business_date",
    )
    return {
        **{name: row[name] for name in kept},
        "probability_of_default": str(row["probability_of_default"]),
        "limit": {"amount": str(limit.amount), "currency": limit.currency},
        "reasons": json.loads(row["reasons"]),
        "rules": json.loads(row["rules"]),
    }
