"""The routes that every service has: outcomes, events, lag, dead letters, business days, holds."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response, StreamingResponse

from loanstream.eventlog.port import NewRecord
from loanstream.runtime.http.answering import full
from loanstream.runtime.http.events import EventFilter, EventStreams, event_name, read_places, view
from loanstream.runtime.http.inputs import Reference, ShortText
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.lag import consumer_lag, decider_lag
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import require
from loanstream.runtime.kit import Principal
from loanstream.runtime.roles import roles
from loanstream.runtime.stores import ConsumerDeadLetter
from schemas import envelope
from schemas.platform import RELEASE_AGGREGATE
from schemas.topics import Role, topic

READ_EVENTS = "platform:read-events"
_MOST_TYPES = 50
_log = structlog.get_logger("loanstream.operations")
_encoder = msgspec.json.Encoder()

_BUSINESS_DAYS = """
SELECT business_date, count(started_at) AS started, count(*) FILTER (WHERE closed) AS closed,
       count(*) FILTER (WHERE closed) = $1::int AS is_closed,
       sum(aggregates)::bigint AS aggregates, sum(events)::bigint AS events, sum(held)::bigint AS held
FROM business_days GROUP BY business_date ORDER BY business_date DESC LIMIT $2
"""
_DEAD_LETTER = """
SELECT topic, partition, key, type, headers, value, command_id FROM dead_letters
WHERE error_id = $1 AND command_id IS NOT NULL
"""
_DEAD_LETTERS = """
SELECT l.error_id, l.command_id, l.topic, l.partition, l.log_offset, l.key, l.type, l.reason, l.error, l.count, l.time,
       coalesce(o.status NOT IN ('failed', 'expired'), false) AS mended
FROM dead_letters l LEFT JOIN outcomes o ON o.command_id::text = l.command_id
ORDER BY l.time DESC, l.error_id LIMIT $1
"""

Identifier = Annotated[Reference | None, Query()]
Limit = Annotated[int, Query(ge=1, le=1000, description="at most this many")]


class Reason(BaseModel):
    """Why somebody does it: it stands in the event."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText


def common_routes(kit: HttpServiceKit) -> APIRouter:
    """The routes of one service, to be mounted beside its own."""
    routes = APIRouter()
    _outcomes(routes, kit)
    _events(routes, kit)
    _operations(routes, kit)
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
        if streams.full:
            raise Problem(503, "too-many-streams", "Too many live streams are open: close one.", {"Retry-After": "10"})
        positions = await streams.positions(request.headers.get("last-event-id", ""))
        messages = streams.stream(_filter(loan_id, application_id, type, subject), positions)
        return StreamingResponse(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _operations(routes: APIRouter, kit: HttpServiceKit) -> None:
    read_lag = [Depends(kit.require("platform:read-lag"))]
    release = _may_release(kit)
    replay = kit.require("platform:replay-dead-letters")

    @routes.get("/lag", dependencies=read_lag)
    async def lag() -> Response:
        """How far each consumer of this service is behind, by partition, in records and seconds."""
        now = kit.clock.now()
        lags = [
            *await decider_lag(kit.log, kit.service, now),
            *await consumer_lag(kit.log, kit.store, f"{kit.service}.router", now),
            *await kit.reads.lag(kit.log, kit.clock),
        ]
        return _json({"service": kit.service, "lag": [asdict(entry) for entry in lags]})

    @routes.get("/business-days", dependencies=read_lag)
    async def business_days(days: Annotated[int, Query(ge=1, le=100)] = 5) -> Response:
        """The last business days: on how many partitions each one started and closed, and what was done."""
        partitions = await kit.log.partitions(topic(kit.service, Role.EVENTS))
        rows = await kit.fetch(_BUSINESS_DAYS, partitions, days)
        return _json({"service": kit.service, "partitions": partitions, "days": rows[::-1]})

    @routes.get("/dead-letters", dependencies=[Depends(kit.require("platform:read-dead-letters"))])
    async def dead_letters(limit: Limit = 100) -> Response:
        """Commands that the decider could not decide and events that the router could not handle, newest first.

        ``mended`` says that a command's replay was decided.
        """
        commands = await kit.fetch(_DEAD_LETTERS, limit)
        letters = await kit.store.dead_letters(f"{kit.service}.router", limit)
        return _json({"commands": commands, "events": [_consumer_view(letter) for letter in letters]})

    @routes.post("/dead-letters/{error_id}/replay")
    async def replay_command(
        request: Request, error_id: Reference, principal: Annotated[Principal, Depends(replay)]
    ) -> Response:
        """Have a failed command decided anew, after its cause was mended; under its own id, so never twice."""
        rows = await kit.fetch(_DEAD_LETTER, error_id)
        if not rows:
            raise Problem(404, "no-such-dead-letter", f"This service has no dead letter {error_id} of a command.")
        letter = rows[0]
        record = NewRecord(
            letter["topic"],
            letter["partition"],
            letter["key"],
            letter["type"],
            {**letter["headers"], envelope.REPLAY: "1"},
            letter["value"].encode(),
            kit.clock.now(),
        )
        _log.info("dead letter replayed", error_id=error_id, command=letter["command_id"], by=principal.subject)
        return await kit.submitter.replay(request, record, letter["command_id"])

    @routes.post("/holds/{aggregate_id}/release")
    async def release_hold(
        request: Request, aggregate_id: Reference, body: Reason, principal: Annotated[Principal, Depends(release)]
    ) -> Response:
        """Take an aggregate off hold, after the cause of its failure was mended; it catches up with the open day."""
        command = RELEASE_AGGREGATE[kit.service](reason=body.reason)
        return await kit.submit(request, principal, "release-hold", aggregate_id, command)


def _may_release(kit: HttpServiceKit) -> Callable[..., Principal]:
    """An operator of the platform, or of the service where it has such a permission of its own."""
    own = f"{kit.service}:release-hold"
    return require(kit.authenticator, "platform:release-hold", *(p for p in roles().permissions if p == own))


def _filter(
    loan_id: str | None, application_id: str | None, types: list[str] | None, subject: str | None
) -> EventFilter:
    return EventFilter(frozenset(types or ()), subject or "", loan_id or "", application_id or "")


def _consumer_view(letter: ConsumerDeadLetter) -> dict[str, Any]:
    record = letter.record
    return {
        "consumer": letter.consumer,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "type": record.type,
        "reason": letter.reason,
        "error": letter.error,
        "count": letter.count,
        "status": letter.status,
        "created_at": letter.created_at,
    }


def _json(body: Any) -> Response:
    return Response(_encoder.encode(body), media_type="application/json")
