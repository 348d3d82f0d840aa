"""What operators see and do in every service: lag, business days, dead letters, effects, holds, records passed over."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from loanstream.eventlog.port import NewRecord, TopicPartition
from loanstream.runtime.definitions import EffectRow, EffectStatus, Service
from loanstream.runtime.http.inputs import Reference, ShortText
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.lag import consumer_lag, decider_lag
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import require
from loanstream.runtime.http.submitting import idempotency_key
from loanstream.runtime.kit import Principal
from loanstream.runtime.projector import NotStopped
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.roles import roles
from loanstream.runtime.stores import ConsumerDeadLetter
from schemas import envelope, ids
from schemas.platform import RELEASE_AGGREGATE
from schemas.topics import Role, topic

_log = structlog.get_logger("loanstream.operations")
_encoder = msgspec.json.Encoder()

_MOST_LETTERS = 1_000
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

Limit = Annotated[int, Query(ge=1, le=1000, description="at most this many")]


class Reason(BaseModel):
    """Why somebody does it: it stands in the event."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText


class Skip(Reason):
    """Which record the projector is to pass over: the one at which it stopped, as ``/lag`` names it."""

    topic: ShortText
    partition: Annotated[int, Field(ge=0, le=32_767)]
    position: Annotated[int, Field(ge=0, lt=2**63)]


def add_operations(routes: APIRouter, kit: HttpServiceKit, service: Service) -> None:
    """The routes of one service."""
    _looking(routes, kit, service)
    _dead_letters(routes, kit, service)
    _mending(routes, kit)


def _looking(routes: APIRouter, kit: HttpServiceKit, service: Service) -> None:
    read_lag = [Depends(kit.require("platform:read-lag"))]

    @routes.get("/lag", dependencies=read_lag)
    async def lag() -> Response:
        """How far each consumer of this service is behind, by partition, in records and seconds."""
        now = kit.clock.now()
        lags = [
            *await decider_lag(kit.log, kit.service, now),
            *await consumer_lag(kit.log, kit.store, service.consumer, now),
            *await kit.reads.lag(kit.log, kit.clock),
        ]
        return _json({"service": kit.service, "lag": [asdict(entry) for entry in lags]})

    @routes.get("/business-days", dependencies=read_lag)
    async def business_days(days: Annotated[int, Query(ge=1, le=100)] = 5) -> Response:
        """The last business days: on how many partitions each one started and closed, and what was done."""
        partitions = await kit.log.partitions(topic(kit.service, Role.EVENTS))
        rows = await kit.fetch(_BUSINESS_DAYS, partitions, days)
        return _json({"service": kit.service, "partitions": partitions, "days": rows[::-1]})

    @routes.get("/effects", dependencies=[Depends(kit.require("platform:read-dead-letters"))])
    async def effects(status: EffectStatus | None = None, limit: Limit = 100) -> Response:
        """Mails, webhooks and payouts of this service with what became of each, newest first; references, no personal data."""
        rows = await kit.store.effects(kit.service, status, limit)
        counts = await kit.store.effect_counts(kit.service)
        return _json({"service": kit.service, "counts": counts, "effects": [_effect_view(row) for row in rows]})


def _dead_letters(routes: APIRouter, kit: HttpServiceKit, service: Service) -> None:
    replay = kit.require("platform:replay-dead-letters")

    @routes.get("/dead-letters", dependencies=[Depends(kit.require("platform:read-dead-letters"))])
    async def dead_letters(limit: Limit = 100) -> Response:
        """Commands that the decider could not decide and events that the router or reactor could not handle, newest first.

        ``mended`` says that a command's replay was decided.
        """
        commands = await kit.fetch(_DEAD_LETTERS, limit)
        letters = await kit.store.dead_letters(service.consumer, limit)
        return _json({"commands": commands, "events": [_consumer_view(letter) for letter in letters]})

    @routes.post("/dead-letters/{error_id}/replay")
    async def replay_letter(
        request: Request, error_id: Reference, principal: Annotated[Principal, Depends(replay)]
    ) -> Response:
        """Have a failed command decided anew, or an event handled anew with those that wait behind it, once its cause is mended.

        Commands keep their ids, so nothing is done twice.
        """
        rows = await kit.fetch(_DEAD_LETTER, error_id)
        if rows:
            return await replay_command(request, rows[0], error_id, principal)
        idempotency_key(request)
        letters = await kit.store.dead_letters(service.consumer, _MOST_LETTERS)
        found = next((each for each in letters if each.status == "open" and _letter_id(each) == error_id), None)
        if found is None:
            raise Problem(404, "no-such-dead-letter", f"This service has no open dead letter {error_id}.")
        host = ReactionHost(service, kit.log, kit.store, kit.clock)
        replayed = await host.replay(found)
        _log.info("events replayed", error_id=error_id, settled=replayed.settled, by=principal.subject)
        if replayed.error:
            raise Problem(
                409,
                "failed-again",
                f"{replayed.settled} events were handled, then one failed again: {replayed.error}. Mend its cause first.",
                settled=replayed.settled,
            )
        return _json({"status": "replayed", "settled": replayed.settled})

    async def replay_command(request: Request, letter: Any, error_id: str, principal: Principal) -> Response:
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


def _mending(routes: APIRouter, kit: HttpServiceKit) -> None:
    release = _may_release(kit)
    mend = kit.require("platform:replay-dead-letters")

    @routes.post("/holds/{aggregate_id}/release")
    async def release_hold(
        request: Request, aggregate_id: Reference, body: Reason, principal: Annotated[Principal, Depends(release)]
    ) -> Response:
        """Take an aggregate off hold, after the cause of its failure was mended; it catches up with the open day."""
        command = RELEASE_AGGREGATE[kit.service](reason=body.reason)
        return await kit.submit(request, principal, "release-hold", aggregate_id, command)

    @routes.post("/projections/skips")
    async def skip_record(request: Request, body: Skip, principal: Annotated[Principal, Depends(mend)]) -> Response:
        """Let the read models pass over the record at which they stopped; kept with who and why.

        A rebuild passes over it as well, unless it can be projected by then.
        """
        idempotency_key(request)
        place = TopicPartition(body.topic, body.partition)
        try:
            await kit.reads.skip(kit.clock, place, body.position, principal.subject, body.reason)
        except NotStopped as error:
            raise Problem(409, "not-stopped-there", f"{error}.") from None
        _log.warning("record passed over", **body.model_dump(), by=principal.subject)
        return _json({"status": "skipped", **body.model_dump()})


def _may_release(kit: HttpServiceKit) -> Callable[..., Principal]:
    """An operator of the platform, or of the service where it has such a permission of its own."""
    own = f"{kit.service}:release-hold"
    return require(kit.authenticator, "platform:release-hold", *(p for p in roles().permissions if p == own))


def _letter_id(letter: ConsumerDeadLetter) -> str:
    """The id under which a parked event is replayed."""
    record = letter.record
    return ids.derived("parked", letter.consumer, record.topic, record.partition, record.offset)


def _consumer_view(letter: ConsumerDeadLetter) -> dict[str, Any]:
    record = letter.record
    return {
        "id": _letter_id(letter),
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


def _effect_view(row: EffectRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _EFFECT_FIELDS}


_EFFECT_FIELDS = (
    "id",
    "kind",
    "recipient",
    "status",
    "attempts",
    "unknowns",
    "created_at",
    "due_at",
    "source_event",
    "business_date",
    "detail",
)


def _json(body: Any) -> Response:
    return Response(_encoder.encode(body), media_type="application/json")
