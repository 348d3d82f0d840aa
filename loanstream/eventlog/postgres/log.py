"""The log in PostgreSQL: the embedded default, and enough for small installations.

One table of records, one row per partition that gives out offsets, one call per transaction. The reasons and what was
measured are in ``docs/decisions/0006-the-log-on-postgresql.md``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from loanstream.eventlog.port import (
    EventLog,
    Fenced,
    Membership,
    NewRecord,
    OffsetOutOfRange,
    Record,
    TopicDefinition,
    TopicPartition,
    TopicState,
    Writer,
)
from loanstream.eventlog.postgres.appends import Appends, Fence
from loanstream.eventlog.postgres.connections import BelowStart, Connections
from loanstream.eventlog.postgres.members import Members
from loanstream.eventlog.postgres.signals import Signals
from loanstream.eventlog.postgres.topics import Topics, record_of
from loanstream.eventlog.refusals import check_trimmable, out_of_range, writer_closed

_READ = """
WITH asked AS (
    SELECT u.place, u.topic_id, u.part, u.position,
        CASE WHEN u.position < h.first_off THEN eventlog.out_of_range(u.place, h.first_off)
            ELSE greatest(h.next_off - u.position, 0) END AS available
    FROM unnest($1::smallint[], $2::smallint[], $3::bigint[]) WITH ORDINALITY AS u (topic_id, part, position, place)
    JOIN eventlog.heads h USING (topic_id, part)
), equal AS (
    SELECT *, least(available, $4 / count(*) OVER ()) AS equal_share FROM asked
), shared AS (
    SELECT *, $4 - sum(equal_share) OVER () AS remaining,
        sum(available - equal_share) OVER (ORDER BY place) - (available - equal_share) AS wanted_before
    FROM equal
), granted AS (
    SELECT place, topic_id, part, position,
        equal_share + greatest(0, least(available - equal_share, remaining - wanted_before)) AS share
    FROM shared
)
SELECT g.place, r.off, r.time, r.key, r.type, r.headers, r.value
FROM granted g
CROSS JOIN LATERAL (
    {selects}
) r
WHERE g.share > 0
ORDER BY g.place, r.off
"""
_SELECT = """
    (SELECT l.off, l.time, l.key, l.type, l.headers, l.value FROM eventlog.{table} l
     WHERE l.topic_id = g.topic_id AND l.part = g.part AND l.off >= g.position ORDER BY l.off LIMIT g.share)
"""
_ENDS = """
SELECT u.place, h.first_off, h.next_off
FROM unnest($1::smallint[], $2::smallint[]) WITH ORDINALITY AS u (topic_id, part, place)
JOIN eventlog.heads h USING (topic_id, part)
"""
_FIRST_SINCE = """
SELECT coalesce(
    (SELECT off FROM eventlog.{table} WHERE topic_id = $1 AND part = $2 AND time >= $3 ORDER BY off LIMIT 1),
    (SELECT next_off FROM eventlog.heads WHERE topic_id = $1 AND part = $2)
) AS off
"""
_TAKE_OVER = """
INSERT INTO eventlog.writers AS w (owner, part, epoch) VALUES ($1, $2, 1)
ON CONFLICT (owner, part) DO UPDATE SET epoch = w.epoch + 1
RETURNING epoch
"""
# the head row first: a read's snapshot then sees both the new start and the missing records, or neither
_TRIM = """
WITH old AS (
    SELECT off FROM eventlog.private_records
    WHERE topic_id = $1 AND part = $2 AND off < $3 ORDER BY off LIMIT $4
), moved AS (
    UPDATE eventlog.heads SET first_off = greatest(first_off, (SELECT max(off) + 1 FROM old))
    WHERE topic_id = $1 AND part = $2 AND EXISTS (SELECT FROM old)
)
DELETE FROM eventlog.private_records r USING old
WHERE r.topic_id = $1 AND r.part = $2 AND r.off = old.off
RETURNING r.off
"""
_TRIMMED_AT_ONCE = 10_000


def _read_sql(tables: Iterable[str]) -> str:
    return _READ.format(selects="UNION ALL".join(_SELECT.format(table=table) for table in tables))


_READS = {
    frozenset((False,)): _read_sql(["records"]),
    frozenset((True,)): _read_sql(["private_records"]),
    frozenset((False, True)): _read_sql(["records", "private_records"]),
}
"""The read of partitions, by whether they are private."""


def _now() -> datetime:
    return datetime.now(UTC)


class PostgresLog(EventLog):
    """All promises of the port on one PostgreSQL database (15 or later).

    ``dsn`` is asyncpg's; ``readers`` bounds the connections that read at once, three more serve appends, signals and
    memberships. ``patience``, in seconds, is how long a broken connection is made anew before an error is raised;
    ``silence``, in seconds, after how long a hung process loses its memberships. ``clock`` gives the time of identity records.
    """

    def __init__(
        self,
        dsn: str,
        *,
        readers: int = 4,
        patience: float = 10.0,
        silence: float = 10.0,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._connections = Connections(dsn, readers, patience)
        self._topics = Topics(self._connections, clock)
        self._signals = Signals(self._connections, self._topics, self.ends)
        self._appends = Appends(self._connections, self._topics, self._signals.announce)
        self._members = Members(self._connections, self._topics, silence)
        self._turn = 0

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing, tables included; a sentence for each difference, which stays as it is."""
        return await self._topics.apply(topics, installation)

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name."""
        return await self._topics.describe()

    async def partitions(self, topic: str) -> int:
        """Number of partitions."""
        return (await self._topics.get(topic)).definition.partitions

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """Committed records from the positions on, in one statement; the rest of an equal share goes to the others in turn."""
        if not positions:
            return []
        self._turn = (self._turn + 1) % len(positions)
        items = list(positions.items())
        items = items[self._turn :] + items[: self._turn]
        places = [place for place, _ in items]
        await self._topics.check(places)
        topics = [self._topics.known(place.topic) for place in places]
        try:
            rows = await self._connections.fetch(
                _READS[frozenset(topic.private for topic in topics)],
                [topic.topic_id for topic in topics],
                [place.partition for place in places],
                [position for _, position in items],
                limit,
            )
        except BelowStart as error:
            raise OffsetOutOfRange(out_of_range(*items[error.place - 1], error.first)) from None
        return [record_of(places[row[0] - 1], row) for row in rows]

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Wait for a record at or after any of the positions, at most ``timeout`` seconds."""
        return await self._signals.wait(positions, timeout)

    async def start(self, partition: TopicPartition) -> int:
        """Offset of the first kept record, or of the next one."""
        return (await self._heads([partition]))[partition][0]

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last record."""
        return {place: end for place, (_, end) in (await self._heads(list(partitions))).items()}

    async def offset_at(self, partition: TopicPartition, time: datetime) -> int:
        """Offset of the first record at or after ``time``, else the end. Reads on from the start: a tool's query."""
        await self._topics.check([partition])
        topic = self._topics.known(partition.topic)
        table = "private_records" if topic.private else "records"
        rows = await self._connections.fetch(
            _FIRST_SINCE.format(table=table), topic.topic_id, partition.partition, time
        )
        return int(rows[0]["off"])

    async def writer(self, owner: str, partition: int) -> Writer:
        """Open the one fenced writer. Waits for a commit of the earlier one that is already under way."""
        rows = await self._connections.fetch(_TAKE_OVER, owner, partition)
        return _PostgresWriter(self._appends, Fence(owner, partition, rows[0]["epoch"]))

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Append without a fence."""
        await self._appends.submit(records, None)

    def membership(self, group: str, topic: str) -> Membership:
        """A member of ``group``; it owns nothing before its first refresh."""
        return self._members.join(group, topic)

    async def trim(self, partition: TopicPartition, before: datetime) -> int:
        """Drop the records before the first one that is not older than ``before``; returns how many."""
        await self._topics.check([partition])
        topic = self._topics.known(partition.topic)
        check_trimmable(topic.definition)
        stop = await self.offset_at(partition, before)
        trimmed = 0
        while True:
            rows = await self._connections.fetch(_TRIM, topic.topic_id, partition.partition, stop, _TRIMMED_AT_ONCE)
            trimmed += len(rows)
            if len(rows) < _TRIMMED_AT_ONCE:
                return trimmed

    async def close(self) -> None:
        """Finish what was submitted and release the connections."""
        await self._appends.close()
        await self._members.close()
        await self._signals.close()
        await self._connections.close()

    async def _heads(self, places: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """First kept and next offset of partitions."""
        if not places:
            return {}
        await self._topics.check(places)
        rows = await self._connections.fetch(
            _ENDS,
            [self._topics.known(place.topic).topic_id for place in places],
            [place.partition for place in places],
        )
        return {places[place - 1]: (first, end) for place, first, end in rows}


class _PostgresWriter:
    """A writer at one epoch."""

    def __init__(self, appends: Appends, fence: Fence) -> None:
        self.owner = fence.owner
        self.partition = fence.partition
        self._appends = appends
        self._fence = fence
        self._closed = False

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append all or nothing; the next offset of each partition written."""
        if self._closed:
            raise Fenced(writer_closed(self.owner, self.partition))
        return await self._appends.submit(records, self._fence)

    async def close(self) -> None:
        """Give the partition up."""
        self._closed = True
