"""The live stream of events, with filters."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from loanstream.console.api import ApiProblem, Json
from loanstream.console.live import Feed, Wanted
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit
from loanstream.console.timeline import latest
from schemas.contract import event_types
from schemas.topics import CONTEXTS

READ_EVENTS = "platform:read-events"

_SHOWN_FIRST = 60

Services = Annotated[list[str] | None, Query(max_length=20)]
Text = Annotated[str, Query(max_length=200)]


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The page, its newest events, and what comes after them."""
    here = Depends(visitor)

    @routes.get("/events")
    async def stream(visit: Visit = here, service: Services = None, type: Text = "", loan_id: Text = "") -> Response:
        """The page; its script opens the stream."""
        _check(visit)
        wanted = _wanted(service, type, loan_id)
        return visit.page("stream.html", wanted=wanted, type=type, types=type_names())

    @routes.get("/fragments/events")
    async def newest(visit: Visit = here, service: Services = None, type: Text = "", loan_id: Text = "") -> Response:
        """The newest events there are, for the page to show below what comes."""
        _check(visit)
        wanted = _wanted(service, type, loan_id)
        parameters: dict[str, Any] = {"loan_id": wanted.loan_id, "type": list(wanted.types) or None}
        events = await latest(visit.api, wanted.services, _SHOWN_FIRST, parameters)
        return visit.page("stream_rows.html", events=events, left_out=0)

    @routes.get("/events/feed")
    async def feed(visit: Visit = here, service: Services = None, type: Text = "", loan_id: Text = "") -> Response:
        """Server-sent events: rows of the page, as events happen."""
        _check(visit)

        def rows(events: Sequence[Json], left_out: int) -> str:
            return visit.html("stream_rows.html", events=events, left_out=left_out)

        messages = Feed(visit.api, _wanted(service, type, loan_id), rows).messages()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(messages, media_type="text/event-stream", headers=headers)


def type_names() -> list[str]:
    """Names of all event types of the contract."""
    return sorted({t.name for t in event_types()})


def _check(visit: Visit) -> None:
    if not visit.person.may(READ_EVENTS):
        raise ApiProblem(403, "forbidden", READ_EVENTS)


def _wanted(services: Sequence[str] | None, names: str, loan_id: str) -> Wanted:
    chosen = [context for context in CONTEXTS if context in (services or ())] or list(CONTEXTS)
    return Wanted(chosen, [name for name in names.replace(",", " ").split() if name][:50], loan_id.strip())
