"""The log in memory: for tests and for the deterministic simulation. Nothing sleeps here except :meth:`MemoryLog.wait`."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Literal

from loanstream.eventlog.identity import all_differences, differences, identity_record
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
    UnknownTopic,
    Writer,
)
from loanstream.eventlog.refusals import (
    check_trimmable,
    out_of_range,
    taken_over,
    unknown_partition,
    unknown_topic,
    writer_closed,
)
from loanstream.eventlog.shares import fair_shares

Fault = Callable[[Literal["commit", "send"], Literal["before", "after"], Sequence[NewRecord]], None]
"""Called inside an append, before and after it is applied; may raise ``OutcomeUnknown`` or whatever stands for a crash."""

_OFFSET = attrgetter("offset")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _long_ago() -> datetime:
    return _LONG_AGO


class _Partition:
    """Kept records in offset order: from ``kept_from`` on, the last at ``end - 1``, the next one at ``next_offset``."""

    __slots__ = ("end", "kept_from", "next_offset", "records")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.kept_from = 0
        self.next_offset = 0
        self.end = 0

    def append(self, record: NewRecord) -> None:
        offset = self.next_offset
        self.records.append(
            Record(
                record.topic,
                record.partition,
                offset,
                record.key,
                record.type,
                dict(record.headers),
                record.value,
                record.time,
            )
        )
        self.next_offset = self.end = offset + 1

    def start(self) -> int:
        return self.records[0].offset if self.records else self.end

    def drop(self, count: int) -> None:
        """Drop the first ``count`` kept records."""
        if count:
            self.kept_from = self.records[count - 1].offset + 1
            del self.records[:count]

    def index(self, offset: int) -> int:
        """Index of the first kept record at or after ``offset``."""
        if not self.records or offset >= self.end:
            return len(self.records)
        guess = offset - self.records[0].offset
        if guess < len(self.records) and self.records[guess].offset == offset:
            return guess
        return bisect_left(self.records, offset, key=_OFFSET)


class MemoryLog(EventLog):
    """All promises of the port within one event loop, in an order that depends on the calls alone.

    ``fencing=False`` plants the fault that a zombie's commit succeeds. ``fault`` is called inside every commit and send and
    may raise; it can be set at any time. ``markers=True`` leaves an unused offset after each append in every partition it
    touched, as Kafka's transaction markers do: what works with it assumes no contiguous offsets. ``clock`` gives the time of
    identity records.
    """

    def __init__(
        self,
        *,
        fencing: bool = True,
        fault: Fault | None = None,
        markers: bool = False,
        clock: Callable[[], datetime] = _long_ago,
    ) -> None:
        self.fencing = fencing
        self.fault = fault
        self._markers = markers
        self._clock = clock
        self._definitions: dict[str, TopicDefinition] = {}
        self._partitions: dict[tuple[str, int], _Partition] = {}
        self._epochs: dict[tuple[str, int], int] = {}
        self._members: dict[tuple[str, str, int], _MemoryMembership] = {}
        self._waiters: dict[tuple[str, int], set[asyncio.Future[None]]] = {}
        self._turn = 0

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing; a sentence for each difference, which stays as it is."""
        existing = await self.describe()
        sentences: list[str] = []
        for wanted in topics:
            found = existing.get(wanted.name)
            if found is not None:
                sentences += differences(wanted, found, installation)
                continue
            self._definitions[wanted.name] = wanted
            for number in range(wanted.partitions):
                self._partitions[wanted.name, number] = _Partition()
            if wanted.identity:
                now = self._clock()
                opening = [identity_record(wanted, n, installation, now) for n in range(wanted.partitions)]
                self._append(opening, self._targets(opening))
        return sentences

    async def check(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """A sentence for each topic that is missing or differs."""
        return all_differences(topics, await self.describe(), installation)

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name."""
        return {
            name: TopicState(definition, self._identities(definition), self._truncated(definition))
            for name, definition in self._definitions.items()
        }

    async def partitions(self, topic: str) -> int:
        """Number of partitions."""
        return self._definition(topic).partitions

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """Committed records from the positions on; an equal share each, what one leaves goes to the others in turn."""
        order = list(positions.items())
        if not order:
            return []
        self._turn = (self._turn + 1) % len(order)
        order = order[self._turn :] + order[: self._turn]
        found = [self._from(place, position) for place, position in order]
        available = [len(partition.records) - index for partition, index in found]
        total = sum(available)
        if not total:
            return []
        shares = available if total <= limit else fair_shares(available, limit)
        records: list[Record] = []
        for (partition, index), share in zip(found, shares, strict=True):
            records += partition.records[index : index + share]
        return records

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Wait for a record at or after any of the positions, at most ``timeout`` seconds."""
        if any(self._partition(place).end > position for place, position in positions.items()):
            return True
        if timeout <= 0:
            return False
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for place in positions:
            self._waiters.setdefault(place, set()).add(woken)
        try:
            await asyncio.wait_for(woken, timeout)
        except TimeoutError:
            return False
        finally:
            for place in positions:
                self._waiters[place].discard(woken)
        return True

    async def start(self, partition: TopicPartition) -> int:
        """Offset of the first kept record, or of the next one."""
        return self._partition(partition).start()

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last record."""
        return {place: self._partition(place).end for place in partitions}

    async def offset_at(self, partition: TopicPartition, time: datetime) -> int:
        """Offset of the first record at or after ``time``, else the end."""
        kept = self._partition(partition)
        return next((record.offset for record in kept.records if record.time >= time), kept.end)

    async def writer(self, owner: str, partition: int) -> Writer:
        """Open the one fenced writer; earlier ones fail from now on."""
        epoch = self._epochs[owner, partition] = self._epochs.get((owner, partition), 0) + 1
        return _MemoryWriter(self, owner, partition, epoch)

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Append without a fence."""
        if self.fault is not None:
            self.fault("send", "before", records)
        self._append(records, self._targets(records))
        if self.fault is not None:
            self.fault("send", "after", records)

    def membership(self, group: str, topic: str) -> Membership:
        """A member of ``group``; it owns nothing before its first refresh."""
        return _MemoryMembership(self, group, topic)

    def revoke(self, group: str, topic: str, partition: int) -> None:
        """Free a partition without telling its owner, which believes in it until its next refresh: a paused process."""
        self._members.pop((group, topic, partition), None)

    async def trim(self, partition: TopicPartition, before: datetime) -> int:
        """Drop the records before the first one that is not older than ``before``; returns how many."""
        kept = self._partition(partition)
        check_trimmable(self._definition(partition.topic))
        stay = next((index for index, record in enumerate(kept.records) if record.time >= before), len(kept.records))
        kept.drop(stay)
        return stay

    async def close(self) -> None:
        """Every member leaves, as a process's members do when it ends; the records stay."""
        self._members.clear()

    def commit(
        self, owner: str, partition: int, epoch: int, records: Sequence[NewRecord]
    ) -> Mapping[TopicPartition, int]:
        """What a writer's commit does; raises :class:`Fenced` when ``epoch`` is no longer the newest."""
        if self.fault is not None:
            self.fault("commit", "before", records)
        targets = self._targets(records)
        if self.fencing and self._epochs[owner, partition] != epoch:
            raise Fenced(taken_over(owner, partition))
        reached = self._append(records, targets)
        if self.fault is not None:
            self.fault("commit", "after", records)
        return reached

    def take(self, member: "_MemoryMembership") -> frozenset[int]:
        """Give ``member`` every free partition of its topic; what it owns now."""
        numbers = range(self._definition(member.topic).partitions)
        return frozenset(
            n for n in numbers if self._members.setdefault((member.group, member.topic, n), member) is member
        )

    def leave(self, member: "_MemoryMembership") -> None:
        """Free what ``member`` owns."""
        for place in [place for place, owner in self._members.items() if owner is member]:
            del self._members[place]

    def _targets(self, records: Sequence[NewRecord]) -> list[_Partition]:
        """Every partition is looked up before the first append: a wrong topic must leave nothing behind."""
        return [self._partition((record.topic, record.partition)) for record in records]

    def _append(self, records: Sequence[NewRecord], targets: Sequence[_Partition]) -> dict[TopicPartition, int]:
        for partition, record in zip(targets, records, strict=True):
            partition.append(record)
        reached = {place: self._partitions[place].end for place in _places(records)}
        for place in reached:
            if self._markers:
                self._partitions[place].next_offset += 1
            for woken in self._waiters.get(place, ()):
                if not woken.done():
                    woken.set_result(None)
        return reached

    def _from(self, place: TopicPartition, position: int) -> tuple[_Partition, int]:
        partition = self._partition(place)
        if position < partition.kept_from:
            raise OffsetOutOfRange(out_of_range(place, position, partition.start()))
        return partition, partition.index(position)

    def _definition(self, topic: str) -> TopicDefinition:
        try:
            return self._definitions[topic]
        except KeyError:
            raise UnknownTopic(unknown_topic(topic)) from None

    def _partition(self, place: tuple[str, int]) -> _Partition:
        try:
            return self._partitions[place]
        except KeyError:
            definition = self._definition(place[0])
            raise UnknownTopic(unknown_partition(definition, place[1])) from None

    def _identities(self, definition: TopicDefinition) -> dict[int, Record]:
        if not definition.identity:
            return {}
        partitions = ((number, self._partitions[definition.name, number]) for number in range(definition.partitions))
        return {number: partition.records[0] for number, partition in partitions if partition.records}

    def _truncated(self, definition: TopicDefinition) -> dict[int, int]:
        starts = {number: self._partitions[definition.name, number].start() for number in range(definition.partitions)}
        return {number: start for number, start in starts.items() if start}


class _MemoryWriter:
    """A writer at one epoch."""

    def __init__(self, log: MemoryLog, owner: str, partition: int, epoch: int) -> None:
        self.owner = owner
        self.partition = partition
        self._log = log
        self._epoch = epoch
        self._closed = False

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append all or nothing; the next offset of each partition written."""
        if self._closed:
            raise Fenced(writer_closed(self.owner, self.partition))
        return self._log.commit(self.owner, self.partition, self._epoch, records)

    async def close(self) -> None:
        """Give the partition up."""
        self._closed = True


class _MemoryMembership:
    """A member; what it owns is what the log says, as of its last refresh."""

    def __init__(self, log: MemoryLog, group: str, topic: str) -> None:
        self.group = group
        self.topic = topic
        self._log = log
        self._owned: frozenset[int] = frozenset()

    def owned(self) -> frozenset[int]:
        """Owned as of the last refresh."""
        return self._owned

    def settling(self) -> bool:
        """Never: a partition goes from one member to another and touches no third."""
        return False

    async def refresh(self) -> frozenset[int]:
        """Take what is free, drop what was lost."""
        self._owned = self._log.take(self)
        return self._owned

    async def close(self) -> None:
        """Leave the group."""
        self._log.leave(self)
        self._owned = frozenset()


def _places(records: Sequence[NewRecord]) -> Iterable[TopicPartition]:
    return dict.fromkeys(TopicPartition(record.topic, record.partition) for record in records)
