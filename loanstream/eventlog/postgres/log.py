"""The log in PostgreSQL: the embedded default, and enough for small installations.

One table of records, one row per partition that gives out offsets, one call per transaction. The reasons and what was
measured are in ``docs/decisions/0006-the-log-on-postgresql.md``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from loanstream.eventlog.identity import all_differences
from loanstream.eventlog.port import (
    EventLog,
    Fenced,
    Membership,
    NewRecord,
    Record,
    TopicDefinition,
    TopicPartition,
    TopicState,
    Writer,
)
from loanstream.eventlog.postgres.appends import Appends, Fence
from loanstream.eventlog.postgres.connections import Connections
from loanstream.eventlog.postgres.members import Members
from loanstream.eventlog.postgres.reads import Reads
from loanstream.eventlog.postgres.signals import Signals
from loanstream.eventlog.postgres.tail import Tail
from loanstream.eventlog.postgres.topics import Topics
from loanstream.eventlog.refusals import check_trimmable, writer_closed

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
        self._tail = Tail()
        self._appends = Appends(self._connections, self._topics, self._tail, self._signals.announce)
        self._reads = Reads(self._connections, self._topics)
        self._members = Members(self._connections, self._topics, silence)
        self._turn = 0

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing, tables included; a sentence for each difference, which stays as it is."""
        return await self._topics.apply(topics, installation)

    async def check(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """A sentence for each topic that is missing or differs."""
        return all_differences(topics, await self.describe(), installation)

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name."""
        return await self._topics.describe()

    async def partitions(self, topic: str) -> int:
        """Number of partitions."""
        return (await self._topics.get(topic)).definition.partitions

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """Committed records from the positions on; the rest of an equal share goes to the others in turn.

        What this process committed itself a moment ago needs no statement, anything else needs one for all partitions.
        """
        if not positions:
            return []
        self._turn = (self._turn + 1) % len(positions)
        items = list(positions.items())
        items = items[self._turn :] + items[: self._turn]
        return self._tail.read(items, limit, self._signals.reached) or await self._reads.submit(items, limit)

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Wait for a record at or after any of the positions, at most ``timeout`` seconds."""
        return await self._signals.wait(positions, timeout)

    async def start(self, partition: TopicPartition) -> int:
        """Offset of the first kept record, or of the next one."""
        return (await self._heads([partition]))[partition][0]

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last record."""
        found = {place: end for place, (_, end) in (await self._heads(list(partitions))).items()}
        self._signals.learn(found)
        return found

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
        self._tail.forget(partition)
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
