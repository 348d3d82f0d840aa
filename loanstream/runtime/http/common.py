"""The routes that every service has: outcomes and events; its operation stands in ``operations``."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from loanstream.runtime.definitions import Service
from loanstream.runtime.http.answering import full
from loanstream.runtime.http.events import EventFilter, EventStreams, event_name, read_places, view
from loanstream.runtime.http.inputs import Reference, ShortText
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.operations import add_operations
from loanstream.runtime.http.parameters import refuse_unknown_types
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.kit import Principal
from schemas.topics import Role, topic

READ_EVENTS = "platform:read-events"
_MOST_TYPES = 50
_log = structlog.get_logger("loanstream.operations")
_encoder = msgspec.json.Encoder()

Identifier = Annotated[Reference | None, Query()]
Limit = Annotated[int, Query(ge=1, le=1000, description="at most this many")]


def common_routes(kit: HttpServiceKit, service: Service) -> APIRouter:
    """The routes of one service, to be mounted beside its own."""
    routes = APIRouter()
    _outcomes(routes, kit)
    _events(routes, kit)
    add_operations(routes, kit, service)
    return routes


def _outcomes(routes: APIRouter, kit: HttpServiceKit) -> None:
    @routes.get("/outcomes/{command_id}")
    async def outcome(
        request: Request, command_id: UUID, principal: Annotated[Principal, Depends(kit.authenticated())]
    ) -> Response:
        """What became of a command: of one's own, or of anybody's with the permission to read events.

        ``Prefer: wait=<seconds>`` waits until it is decided and projected; 404 before.
        """
        what = await kit.submitter.outcome(request, str(command_id))
        if what is None or (what.actor != principal.subject and READ_EVENTS not in principal.permissions):
            raise Problem(
                404, "no-such-outcome", f"No outcome of command {command_id} yet: it is unknown, or not decided so far."
            )
        return _json(full(what))


def _events(routes: APIRouter, kit: HttpServiceKit) -> None:
    streams = EventStreams(kit.log, kit.service)
    permitted = [Depends(kit.require(READ_EVENTS))]

    @routes.get("/events", dependencies=permitted)
    async def events(
        loan_id: Identifier = None,
        application_id: Identifier = None,
        type: Annotated[list[ShortText] | None, Query(max_length=_MOST_TYPES)] = None,
        subject: Identifier = None,
        after: Annotated[str | None, Query(max_length=100, pattern=r"^[\w.:-]+$")] = None,
        limit: Limit = 100,
    ) -> Response:
        """Events with envelope and data, newest last: the newest ones, or those after the cursor of an earlier answer."""
        refuse_unknown_types(kit.service, type or ())
        wanted = _filter(loan_id, application_id, type, subject)
        places = await kit.reads.events(wanted, after or "", limit)
        records = await read_places(kit.log, kit.service, places)
        cursor = places[-1].cursor if places else after
        return _json({"events": [view(record) for record in records], "after": cursor})

    @routes.get("/events/counts", dependencies=permitted)
    async def counts() -> Response:
        """How many events of each type there are, as far as they are projected."""
        rows = await kit.fetch("SELECT type, count(*) AS count FROM event_index GROUP BY type ORDER BY type")
        types = [{"type": row["type"], "name": event_name(row["type"]), "count": row["count"]} for row in rows]
        partitions = await kit.log.partitions(topic(kit.service, Role.EVENTS))
        return _json({"service": kit.service, "partitions": partitions, "counts": types})

    @routes.get("/events/stream", dependencies=permitted)
    async def stream(
        request: Request,
        loan_id: Identifier = None,
        application_id: Identifier = None,
        type: Annotated[list[ShortText] | None, Query(max_length=_MOST_TYPES)] = None,
        subject: Identifier = None,
    ) -> Response:
        """Server-sent events: this service's events from now on, or after ``Last-Event-ID``; data as in ``/events``."""
        refuse_unknown_types(kit.service, type or ())
        if streams.full:
            raise Problem(503, "too-many-streams", "Too many live streams are open: close one.", {"Retry-After": "10"})
        positions = await streams.positions(request.headers.get("last-event-id", ""))
        messages = streams.stream(_filter(loan_id, application_id, type, subject), positions)
        return StreamingResponse(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _filter(
    loan_id: str | None, application_id: str | None, types: list[str] | None, subject: str | None
) -> EventFilter:
    return EventFilter(frozenset(types or ()), subject or "", loan_id or "", application_id or "")


def _json(body: Any) -> Response:
    return Response(_encoder.encode(body), media_type="application/json")
