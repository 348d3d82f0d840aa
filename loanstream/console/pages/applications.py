"""Applications: the list, and one with its assessment, decision and events. Worklists: what waits for a person."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from loanstream.console.api import ApiProblem, Json, nothing, together
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit
from loanstream.console.timeline import sources_of_application, timeline
from schemas.topics import CONTEXTS

STATES = ("submitted", "returned", "accepted", "review", "approved", "withdrawing", "completed", "refused", "closed")
DECIDE = "origination:decide"
RELEASE = "origination:release"
READ = "origination:read"
PAGE = 50

_MOST_ITEMS = 100
_TO_RELEASE = ("requested", "released")

Text = Annotated[str, Query(max_length=200)]
Passed = Annotated[int, Query(ge=0, le=1_000_000)]


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The list, the page of an application and its further events, the worklists."""
    _application_routes(routes, visitor)
    _worklist_routes(routes, visitor)


def _application_routes(routes: APIRouter, visitor: Visitor) -> None:
    here = Depends(visitor)

    @routes.get("/applications")
    async def applications(visit: Visit = here, state: Text = "", after: Text = "") -> Response:
        """Applications, oldest first, in one state or all."""
        chosen = state if state in STATES else ""
        found = await visit.api.get("/api/origination/applications", state=chosen, after=after, limit=PAGE)
        rows = found["applications"]
        return visit.page(
            "applications.html", applications=rows, following=found["next"], states=STATES, state=chosen, after=after
        )

    @routes.get("/applications/{application_id}")
    async def application(application_id: str, visit: Visit = here) -> Response:
        """One application with its assessment."""
        name = quote(application_id, safe="")
        may = visit.person.may
        found = await together(
            application=visit.api.get(f"/api/origination/applications/{name}"),
            assessment=visit.api.find(f"/api/risk/assessments/{name}") if may("risk:read") else nothing(),
            happened=_events(visit, application_id, "", 0),
        )
        return visit.page(
            "application.html", **found, may_decide=may(DECIDE), context="", more=f"/applications/{name}/timeline"
        )

    @routes.get("/applications/{application_id}/timeline")
    async def events(application_id: str, visit: Visit = here, context: Text = "", passed: Passed = 0) -> Response:
        """Further events of an application, or those of one context."""
        chosen = context if context in CONTEXTS else ""
        happened = await _events(visit, application_id, chosen, passed)
        more = f"/applications/{quote(application_id, safe='')}/timeline"
        return visit.page("timeline_part.html", happened=happened, context=chosen, more=more, passed=passed)


async def _events(visit: Visit, application_id: str, context: str, passed: int) -> Any:
    if not visit.person.may("platform:read-events"):
        return None
    return await timeline(visit.api, sources_of_application(application_id), context, passed)


# -- worklists ---------------------------------------------------------------------------------------------------------


def _worklist_routes(routes: APIRouter, visitor: Visitor) -> None:
    here = Depends(visitor)

    @routes.get("/worklists")
    async def worklists(visit: Visit = here) -> Response:
        """What waits for a person's decision or release."""
        return visit.page("worklists.html", **await _waiting(visit))

    @routes.get("/fragments/worklists")
    async def refreshed(visit: Visit = here) -> Response:
        """The same without what stands around it."""
        return visit.page("worklists_live.html", **await _waiting(visit))


async def _waiting(visit: Visit) -> dict[str, Any]:
    api = visit.api
    if not visit.person.may(READ):
        raise ApiProblem(403, "forbidden", visit.words("needs", permission=READ))
    found = await together(
        review=api.get("/api/origination/applications", state="review", limit=_MOST_ITEMS),
        **{state: api.get("/api/origination/drawdowns", state=state, limit=_MOST_ITEMS) for state in _TO_RELEASE},
    )
    drawdowns: Sequence[Json] = [row for state in _TO_RELEASE for row in found[state]["drawdowns"]]
    return {
        "review": found["review"]["applications"],
        "drawdowns": drawdowns,
        "more": any(answer["next"] for answer in found.values()),
        "may_decide": visit.person.may(DECIDE),
        "may_release": visit.person.may(RELEASE),
    }
