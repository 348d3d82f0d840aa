"""Queries: the live read models of a service, and waiting until they have what the caller wrote."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.database import Pool, close_pool, open_pool
from loanstream.runtime.http.answering import Decided, decided
from loanstream.runtime.http.events import EventFilter, EventPlace
from loanstream.runtime.http.lag import Lag
from loanstream.runtime.http.problems import invalid
from loanstream.runtime.projector import projection_lag, read_schema, skip
from schemas import registry
from schemas.outcomes import decode_outcome

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MICROSECOND = 2**57


class ReadModels(Protocol):
    """What the kit asks of a service's read models."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """Rows; unqualified names are this service's live tables."""
        ...

    async def outcome(self, command_id: str) -> Decided | None:
        """What first became of a command, when the projector has it."""
        ...

    async def reached(self, subject: str, sequence: int) -> bool:
        """Whether the projector has event ``sequence`` of ``subject``."""
        ...

    async def events(self, wanted: EventFilter, after: str, limit: int) -> list[EventPlace]:
        """Places of the newest events that are asked for, or of the first ones after a cursor; newest last.

        Raises :class:`~loanstream.runtime.http.problems.Problem` 400 for a cursor that is none of ours.
        """
        ...

    async def lag(self, log: EventLog, clock: Clock) -> list[Lag]:
        """How far the projector is behind."""
        ...

    async def skip(self, clock: Clock, place: TopicPartition, position: int, actor: str, reason: str) -> None:
        """Pass over the record that stopped them. Raises :class:`~loanstream.runtime.projector.NotStopped`."""
        ...


class NoReadModels:
    """For the simulation and for hosts without a database: nothing can be asked."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """See :class:`ReadModels`. Raises ``LookupError``."""
        raise LookupError(f"no read models here: {sql}")

    async def outcome(self, command_id: str) -> Decided | None:
        """See :class:`ReadModels`."""
        return None

    async def reached(self, subject: str, sequence: int) -> bool:
        """See :class:`ReadModels`."""
        return False

    async def events(self, wanted: EventFilter, after: str, limit: int) -> list[EventPlace]:
        """See :class:`ReadModels`."""
        return []

    async def lag(self, log: EventLog, clock: Clock) -> list[Lag]:
        """See :class:`ReadModels`."""
        return []

    async def skip(self, clock: Clock, place: TopicPartition, position: int, actor: str, reason: str) -> None:
        """See :class:`ReadModels`. Raises ``LookupError``."""
        raise LookupError("this service has no read models")


class PostgresReads:
    """The read models of one service, through a pool of its own whose search path is the live schema.

    A rebuild swaps schemas by renaming them: unqualified names, prepared statements too, then mean the new tables.
    """

    def __init__(self, pool: Pool, service: str) -> None:
        """``pool`` must be opened with the service's read schema; see :meth:`open`."""
        self._pool = pool
        self._service = service

    @classmethod
    async def open(cls, dsn: str, service: str, connections: int = 4) -> "PostgresReads":
        """With a pool made for it."""
        return cls(await open_pool(dsn, schema=read_schema(service), minimum=0, maximum=connections), service)

    async def close(self) -> None:
        """Close the pool."""
        await close_pool(self._pool)

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """See :class:`ReadModels`."""
        return [dict(row) for row in await self._pool.fetch(sql, *args)]

    async def outcome(self, command_id: str) -> Decided | None:
        """See :class:`ReadModels`."""
        stored = await self._pool.fetchval("SELECT outcome::text FROM outcomes WHERE command_id = $1", command_id)
        return None if stored is None else decided(decode_outcome(stored.encode()))

    async def reached(self, subject: str, sequence: int) -> bool:
        """See :class:`ReadModels`."""
        found = await self._pool.fetchval(
            "SELECT EXISTS (SELECT 1 FROM event_index WHERE subject = $1 AND sequence >= $2)", subject, sequence
        )
        return bool(found)

    async def events(self, wanted: EventFilter, after: str, limit: int) -> list[EventPlace]:
        """See :class:`ReadModels`. Between partitions the order is the recorded time's."""
        conditions, arguments = self._conditions(wanted)
        if after:
            n = len(arguments)
            conditions.append(f"(time, partition, partitionseq) > (${n + 1}, ${n + 2}, ${n + 3})")
            arguments += _parsed_cursor(after)
        direction = "ASC" if after else "DESC"
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = await self._pool.fetch(
            f"SELECT partition, partitionseq, log_offset, time FROM event_index {where}"
            f" ORDER BY time {direction}, partition {direction}, partitionseq {direction} LIMIT ${len(arguments) + 1}",
            *arguments,
            limit,
        )
        ordered = rows if after else reversed(rows)
        return [
            EventPlace(r["partition"], r["log_offset"], _cursor(r["time"], r["partition"], r["partitionseq"]))
            for r in ordered
        ]

    async def lag(self, log: EventLog, clock: Clock) -> list[Lag]:
        """See :class:`ReadModels`."""
        behind = await projection_lag(self._pool, log, clock, read_schema(self._service))
        consumer = f"{self._service}.projector"
        return [
            Lag(consumer, lag.place.topic, lag.place.partition, lag.events, round(lag.seconds, 3), lag.error)
            for lag in behind
        ]

    async def skip(self, clock: Clock, place: TopicPartition, position: int, actor: str, reason: str) -> None:
        """See :class:`ReadModels`."""
        await skip(self._pool, clock, read_schema(self._service), place, position, actor, reason)

    def _conditions(self, wanted: EventFilter) -> tuple[list[str], list[Any]]:
        asked: list[tuple[str, Any]] = [
            ("subject = ${n}", wanted.subject),
            ("(loan_id = ${n} OR subject = ${n})", wanted.loan_id),
            ("(application_id = ${n} OR subject = ${n})", wanted.application_id),
            ("type = ANY (${n}::text[])", self._full_types(wanted.types)),
        ]
        given = [(condition, value) for condition, value in asked if value]
        return [condition.format(n=n) for n, (condition, _) in enumerate(given, 1)], [value for _, value in given]

    def _full_types(self, types: frozenset[str]) -> list[str]:
        """Type strings of names, in every version; what no contract has is kept and finds nothing."""
        named = [t.ce_type for t in registry.all_types("event", self._service) if t.name in types]
        return [*types, *named] if types else []


async def until_reached(reads: ReadModels, subject: str, sequence: int, seconds: float) -> bool:
    """Wait until the projector has event ``sequence`` of ``subject``; ``False`` when the time ran out."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not await reads.reached(subject, sequence):
        if time.monotonic() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True


async def until_outcome(reads: ReadModels, command_id: str, seconds: float) -> Decided | None:
    """Wait until the projector has the outcome of a command; ``None`` when the time ran out."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while (found := await reads.outcome(command_id)) is None:
        if time.monotonic() + pause > deadline:
            return None
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return found


def _cursor(moment: datetime, partition: int, partitionseq: int) -> str:
    """Microseconds since 1970, partition, position."""
    return f"{(moment - _EPOCH) // _MICROSECOND}.{partition}.{partitionseq}"


def _parsed_cursor(cursor: str) -> list[Any]:
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise invalid("after", "is not a cursor of this service")
    micros, partition, partitionseq = map(int, parts)
    if micros > _LAST_MICROSECOND or partition >= 2**31 or partitionseq >= 2**63:
        raise invalid("after", "is not a cursor of this service")
    return [_EPOCH + micros * _MICROSECOND, partition, partitionseq]
