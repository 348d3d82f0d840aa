"""Topics of the log in PostgreSQL: making and comparing them, and what a process must know about each."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import asyncpg
import msgspec

from loanstream.eventlog.identity import differences, identity_record
from loanstream.eventlog.port import (
    LogUnavailable,
    NewRecord,
    Record,
    TopicDefinition,
    TopicPartition,
    TopicState,
    UnknownTopic,
)
from loanstream.eventlog.postgres.connections import BROKEN, Connections, refusal
from loanstream.eventlog.refusals import unknown_partition, unknown_topic

_SCHEMA = (files("loanstream.eventlog.postgres") / "schema.sql").read_text(encoding="utf-8")
_APPLY_LOCK = 0x6C6F616E_6C6F67
_TOPICS = "SELECT topic_id, name, partitions, retention, identity FROM eventlog.topics WHERE $1::text[] IS NULL OR name = ANY ($1)"
_IDENTITIES = """
SELECT t.name AS topic, r.part, r.off, r.time, r.key, r.type, r.headers, r.value
FROM eventlog.topics t
JOIN eventlog.heads h USING (topic_id)
CROSS JOIN LATERAL (
    (SELECT * FROM eventlog.records l WHERE l.topic_id = h.topic_id AND l.part = h.part ORDER BY off LIMIT 1)
    UNION ALL
    (SELECT * FROM eventlog.private_records l WHERE l.topic_id = h.topic_id AND l.part = h.part ORDER BY off LIMIT 1)
) r
WHERE t.identity AND ($1::text[] IS NULL OR t.name = ANY ($1))
"""
_headers_decoder = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """A topic and its number in the tables; private ones stand in the table that is trimmed."""

    topic_id: int
    definition: TopicDefinition

    @property
    def private(self) -> bool:
        """Whether its records expire."""
        return self.definition.retention is not None


class Topics:
    """What exists, remembered: topics are never changed, so a known one stays known."""

    def __init__(self, connections: Connections, clock: Callable[[], datetime]) -> None:
        self._connections = connections
        self._clock = clock
        self._by_name: dict[str, KnownTopic] = {}
        self._by_id: dict[int, KnownTopic] = {}
        self._loading = asyncio.Lock()

    async def apply(self, wanted: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing; a sentence for each difference. Several processes may do so at once."""
        topics = list(wanted)
        names = [definition.name for definition in topics]
        connection = await self._connections.own()
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _APPLY_LOCK)
                await connection.execute(_SCHEMA)
                existing = states(await connection.fetch(_TOPICS, names), await connection.fetch(_IDENTITIES, names))
                sentences: list[str] = []
                for definition in topics:
                    found = existing.get(definition.name)
                    if found is None:
                        await self._create(connection, definition, installation)
                    else:
                        sentences += differences(definition, found, installation)
        except BROKEN as error:
            raise LogUnavailable(f"the connection broke while topics were made: {error}; apply them again") from error
        except asyncpg.PostgresError as error:
            raise refusal(error) from error
        finally:
            await connection.close()
        return sentences

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name; none where ``topics apply`` never ran."""
        try:
            topics = await self._connections.fetch(_TOPICS, None)
            return states(topics, await self._connections.fetch(_IDENTITIES, None))
        except UnknownTopic:
            return {}

    async def get(self, name: str) -> KnownTopic:
        """A topic. Raises :class:`UnknownTopic`."""
        if name not in self._by_name:
            # one at a time: those who append stay in the order in which they came
            async with self._loading:
                if name not in self._by_name:
                    await self._load()
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownTopic(unknown_topic(name)) from None

    async def check(self, places: Iterable[tuple[str, int]]) -> None:
        """Raises :class:`UnknownTopic` for a topic or partition that does not exist; all are :meth:`known` after."""
        for topic, partition in places:
            known = self._by_name.get(topic) or await self.get(topic)
            if not 0 <= partition < known.definition.partitions:
                raise UnknownTopic(unknown_partition(known.definition, partition))

    def known(self, name: str) -> KnownTopic:
        """A topic that was checked before."""
        return self._by_name[name]

    def named(self, topic_id: int) -> KnownTopic | None:
        """A topic by its number, if this process has met it."""
        return self._by_id.get(topic_id)

    async def _load(self) -> None:
        for row in await self._connections.fetch(_TOPICS, None):
            topic = KnownTopic(row["topic_id"], _definition(row))
            self._by_name[row["name"]] = self._by_id[topic.topic_id] = topic

    async def _create(
        self, connection: "asyncpg.Connection[asyncpg.Record]", definition: TopicDefinition, installation: str
    ) -> None:
        topic_id = await connection.fetchval(
            "INSERT INTO eventlog.topics (name, partitions, retention, identity) VALUES ($1, $2, $3, $4) RETURNING topic_id",
            definition.name,
            definition.partitions,
            definition.retention,
            definition.identity,
        )
        await connection.execute(
            "INSERT INTO eventlog.heads (topic_id, part, next_off) SELECT $1, n, $3 FROM generate_series(0, $2 - 1) n",
            topic_id,
            definition.partitions,
            1 if definition.identity else 0,
        )
        if definition.identity:
            table = "records" if definition.retention is None else "private_records"
            now = self._clock()
            opening = [identity_record(definition, n, installation, now) for n in range(definition.partitions)]
            await connection.executemany(
                f"INSERT INTO eventlog.{table} (topic_id, part, off, time, key, type, headers, value) "
                "VALUES ($1, $2, 0, $3, $4, $5, $6, $7)",
                [(topic_id, r.partition, r.time, r.key, r.type, headers_text(r), r.value) for r in opening],
            )


def states(topics: Iterable[asyncpg.Record], identities: Iterable[asyncpg.Record]) -> dict[str, TopicState]:
    """Topics and their identity records from rows."""
    found: dict[str, dict[int, Record]] = {}
    for row in identities:
        found.setdefault(row["topic"], {})[row["part"]] = record_of(TopicPartition(row["topic"], row["part"]), row)
    truncated = {name: {part: r.offset for part, r in first.items() if r.offset} for name, first in found.items()}
    return {
        row["name"]: TopicState(_definition(row), found.get(row["name"], {}), truncated.get(row["name"], {}))
        for row in topics
    }


def record_of(place: TopicPartition, row: asyncpg.Record) -> Record:
    """A record from a row that ends in off, time, key, type, headers, value."""
    off, time, key, record_type, headers, value = row[-6:]
    return Record(place.topic, place.partition, off, key, record_type, _headers_decoder.decode(headers), value, time)


def headers_text(record: NewRecord) -> str:
    """Headers as they are stored."""
    return msgspec.json.encode(record.headers).decode()


def _definition(row: asyncpg.Record) -> TopicDefinition:
    return TopicDefinition(row["name"], row["partitions"], row["retention"], row["identity"])
