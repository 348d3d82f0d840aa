"""The raw loops on PostgreSQL: the bare PL/pgSQL append with columns that are made beforehand."""

import time
from collections.abc import Sequence
from typing import Any, Protocol

import asyncpg
import msgspec

from loanstream.eventlog.port import NewRecord, Record

_APPEND = "SELECT fenced, reached FROM eventlog.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)"
_TAKE = """
INSERT INTO eventlog.writers AS w (owner, part, epoch) VALUES ($1, 0, 1)
ON CONFLICT (owner, part) DO UPDATE SET epoch = w.epoch + 1 RETURNING epoch
"""


class Raw(Protocol):
    """A bare append."""

    async def seconds(self, records: Sequence[NewRecord]) -> float:
        """Seconds that it takes for these."""

    async def close(self) -> None:
        """Give back what it holds."""


class RawAppend:
    """The append call alone, fenced, on a connection of its own; into topics that nobody reads."""

    owner = "raw"

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", epoch: int, topic_ids: dict[str, int]) -> None:
        self._connection = connection
        self._epoch = epoch
        self._topic_ids = topic_ids

    @classmethod
    async def open(cls, dsn: str) -> "RawAppend":
        """Take a fence of its own."""
        connection = await asyncpg.connect(dsn)
        epoch = await connection.fetchval(_TAKE, cls.owner)
        rows = await connection.fetch("SELECT name, topic_id FROM eventlog.topics")
        return cls(connection, epoch, {row["name"]: row["topic_id"] for row in rows})

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.close()

    async def seconds(self, records: Sequence[NewRecord | Record]) -> float:
        """The time of one call that appends these records: bytes, headers and count are theirs, the topics are others."""
        arguments = self._arguments(records)
        began = time.perf_counter()
        await self._connection.fetchrow(_APPEND, *arguments)
        return time.perf_counter() - began

    def _arguments(self, records: Sequence[NewRecord | Record]) -> tuple[Any, ...]:
        by_topic: dict[str, list[NewRecord | Record]] = {}
        for record in records:
            by_topic.setdefault(record.topic.replace(".servicing.", ".funding."), []).append(record)
        places = sorted(by_topic.items(), key=lambda item: self._topic_ids[item[0]])
        every = [record for _, some in places for record in some]
        return (
            [self.owner],
            [0],
            [self._epoch],
            [self._topic_ids[name] for name, _ in places],
            [0] * len(places),
            [len(some) for _, some in places],
            [name.endswith(".commands.v1") for name, _ in places],
            [number for number, (_, some) in enumerate(places, 1) for _ in some],
            [index for _, some in places for index in range(len(some))],
            [record.time for record in every],
            [record.key for record in every],
            [record.type for record in every],
            [msgspec.json.encode(record.headers).decode() for record in every],
            [record.value for record in every],
        )
