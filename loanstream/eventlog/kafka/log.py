"""The log on Kafka: every promise of the port, on transactions.

``docs/decisions/0012-the-log-on-kafka.md`` says what was chosen and what was measured.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.cursors import Cursors
from loanstream.eventlog.kafka.ends import Ends
from loanstream.eventlog.kafka.members import KafkaMembership
from loanstream.eventlog.kafka.sending import Sending
from loanstream.eventlog.kafka.topics import Topics
from loanstream.eventlog.kafka.wire import milliseconds
from loanstream.eventlog.kafka.writers import CLOSE_SECONDS, KafkaWriter
from loanstream.eventlog.port import (
    EventLog,
    Membership,
    NewRecord,
    Record,
    TopicDefinition,
    TopicPartition,
    TopicState,
    Writer,
)
from loanstream.eventlog.refusals import check_trimmable


def _now() -> datetime:
    return datetime.now(UTC)


class KafkaLog(EventLog):
    """The log of one process on a cluster.

    ``patience``, in seconds, is how long what fails is tried again before an error is raised; ``clock`` gives the time of
    identity records.
    """

    def __init__(
        self, settings: ClusterSettings, *, patience: float = 10.0, clock: Callable[[], datetime] = _now
    ) -> None:
        self._cluster = Cluster(settings, patience)
        self._ends = Ends(self._cluster)
        self._cursors = Cursors(self._cluster, self._ends)
        self._sending = Sending(self._cluster)
        self._topics = Topics(self._cluster, self.writer, clock)
        self._writers: set[KafkaWriter] = set()
        self._members: set[KafkaMembership] = set()

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing; a sentence for each difference, which stays as it is."""
        return await self._topics.apply(topics, installation)

    async def check(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """A sentence for each topic that is missing or differs, and for what is wrong with the cluster."""
        return await self._topics.check(topics, installation)

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name."""
        return await self._topics.describe()

    async def partitions(self, topic: str) -> int:
        """Number of partitions."""
        return await self._cluster.count(topic)

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """Committed records from the positions on: what came already, else what stands there now."""
        if not positions:
            return []
        await self._cluster.check(positions)
        cursor = self._cursors.borrow(positions)
        try:
            if cursor.fresh or not cursor.buffered:
                await cursor.settle(await self._cluster.stable_ends(positions), limit)
            return cursor.take(limit)
        finally:
            self._cursors.give_back(cursor)

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Wait for a record at or after any of the positions, at most ``timeout`` seconds."""
        if not positions:
            return False
        await self._cluster.check(positions)
        cursor = self._cursors.borrow(positions)
        try:
            cursor.verify()
            if cursor.buffered:
                return True
            if timeout <= 0:
                await cursor.settle(await self._cluster.stable_ends(positions), 1)
                return bool(cursor.buffered)
            async with asyncio.timeout(timeout):
                while not cursor.buffered:
                    await cursor.change()
                    cursor.verify()
            return True
        except TimeoutError:
            return False
        finally:
            self._cursors.give_back(cursor)

    async def start(self, partition: TopicPartition) -> int:
        """Offset of the first kept record, or of the next one."""
        return (await self._cluster.starts([partition]))[partition]

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last committed record."""
        places = list(partitions)
        await self._cluster.check(places)
        return await self._ends.of(places)

    async def offset_at(self, partition: TopicPartition, time: datetime) -> int:
        """Offset of the first record at or after ``time``, else the end."""
        position = (await self._cluster.offsets({partition: milliseconds(time)}))[partition]
        while position >= 0:
            records = await self.read({partition: position}, 100)
            if not records:
                break
            for record in records:
                if record.time >= time:
                    return record.offset
            position = records[-1].offset + 1
        return (await self.ends([partition]))[partition]

    async def writer(self, owner: str, partition: int) -> Writer:
        """Open the one fenced writer; returns when the transaction of the earlier one has ended."""
        writer = KafkaWriter(owner, partition, self._cluster, self._ends, self._writers.discard)
        await writer.open()
        self._writers.add(writer)
        return writer

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Append without a fence."""
        await self._sending.send(records)

    def membership(self, group: str, topic: str) -> Membership:
        """A member of ``group``; it owns nothing before its first refresh."""
        member = KafkaMembership(self._cluster, group, topic, self._settled)
        self._members.add(member)
        return member

    async def trim(self, partition: TopicPartition, before: datetime) -> int:
        """Drop the records before the first one that is not older than ``before``; how many offsets that were."""
        await self._cluster.check([partition])
        check_trimmable(await self._topics.definition(partition.topic))
        start, stop = await self.start(partition), await self.offset_at(partition, before)
        if stop <= start:
            return 0
        await self._topics.drop(partition, stop)
        return stop - start

    async def close(self) -> None:
        """Leave every group, finish commits under way, release the connections."""
        await asyncio.gather(*(member.close() for member in list(self._members)))
        await asyncio.gather(*(writer.close() for writer in list(self._writers)))
        await self._cursors.close()
        await self._sending.close()
        await self._cluster.close()

    async def _settled(self, partitions: frozenset[int]) -> None:
        """Wait, for a while, until no commit of these partitions is under way."""
        until = asyncio.get_running_loop().time() + CLOSE_SECONDS
        while asyncio.get_running_loop().time() < until:
            if not any(writer.committing for writer in self._writers if writer.partition in partitions):
                return
            await asyncio.sleep(0.01)
