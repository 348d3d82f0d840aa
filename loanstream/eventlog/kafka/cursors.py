"""Cursors: each follows some partitions from a position on, one long poll a node, and keeps what came until it is read.

A reader is not known to the log by name: a read takes the cursor of its partitions that stands where it wants to read, or the
nearest before it, or a new one. One that nobody used for a while goes.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiokafka.errors import UnknownTopicOrPartitionError

from loanstream.eventlog.kafka.cluster import BROKEN, Cluster
from loanstream.eventlog.kafka.ends import Ends
from loanstream.eventlog.kafka.fetching import PARTITION_BYTES, Fetched, OutOfRange, fetch
from loanstream.eventlog.port import LogError, LogUnavailable, OffsetOutOfRange, Record, TopicPartition
from loanstream.eventlog.refusals import out_of_range
from loanstream.eventlog.shares import fair_shares

_LONG_POLL_MS = 1_000
_SHORT_POLL_MS = 20
"""While a full buffer is left out of a poll, the poll must not keep it out for long."""
_BUFFERED = 4_000
"""Records of a partition above which no more are fetched until some are read, unless a read asks for more at once."""
_READS_AHEAD = 2
"""How many reads of the size last asked for are fetched: while one is worked on, the next comes."""
_BACKFILL_BYTES = 4 * PARTITION_BYTES
"""Bytes of a partition in a fetch for somebody who reads much at once: while a fold works, one answer comes and no more."""
_UNUSED_SECONDS = 5.0
_RETRY_SECONDS = 0.1
_LOOK_BEYOND_SECONDS = 0.25


class Cursor:
    """Follows ``positions``; ``fresh`` until the first read."""

    def __init__(self, cluster: Cluster, ends: Ends, positions: Mapping[TopicPartition, int]) -> None:
        self.fresh = True
        self.used = 0.0
        self.delivered = dict(positions)
        """Where the reader stands: nothing below it is given any more."""
        self._fetched = dict(positions)
        self._buffers: dict[TopicPartition, deque[Record]] = {place: deque() for place in positions}
        self._buffered = 0
        self._most = _BUFFERED
        self._below: dict[TopicPartition, int] = {}
        self._beyond: set[TopicPartition] = set()
        self._gone = False
        """Whether a topic was away for a moment: one of the same name may be another, and the positions void."""
        self._failed: Exception | None = None
        self._closed = False
        self._changed: set[asyncio.Future[None]] = set()
        self._room = asyncio.Event()
        self._turn = 0
        self._cluster = cluster
        self._ends = ends
        self._following = asyncio.create_task(self._follow(), name="kafka cursor")

    @property
    def buffered(self) -> int:
        """Records that wait to be read."""
        return self._buffered

    def distance(self, positions: Mapping[TopicPartition, int]) -> int | None:
        """How far the cursor stands before the positions; ``None`` when it is beyond one of them."""
        delivered, distance = self.delivered, 0
        for place, position in positions.items():
            ahead = position - delivered[place]
            if ahead < 0:
                return None
            distance += ahead
        return distance

    def move(self, positions: Mapping[TopicPartition, int]) -> None:
        """Pass over what stands below the positions."""
        for place, position in positions.items():
            if position == self.delivered[place]:
                continue
            self.delivered[place] = position
            buffer = self._buffers[place]
            while buffer and buffer[0].offset < position:
                buffer.popleft()
                self._buffered -= 1
            if self._fetched[place] < position:
                self._fetched[place] = position
                self._room.set()

    def take(self, limit: int) -> list[Record]:
        """Up to ``limit`` records; an equal share for each partition, what one leaves goes to the others in turn.

        Raises :class:`OffsetOutOfRange` where a position lies below what is kept, and as :meth:`verify`.
        """
        self.fresh = False
        self.verify()
        for place, start in self._below.items():
            raise OffsetOutOfRange(out_of_range(place, self._fetched[place], start))
        if not self._buffered:
            return []
        places = [place for place, buffer in self._buffers.items() if buffer]
        self._turn = (self._turn + 1) % len(places)
        places = places[self._turn :] + places[: self._turn]
        available = [len(self._buffers[place]) for place in places]
        shares = available if self._buffered <= limit else fair_shares(available, limit)
        records: list[Record] = []
        for place, share in zip(places, shares, strict=True):
            if not share:
                continue
            buffer = self._buffers[place]
            records += [buffer.popleft() for _ in range(share)]
            self.delivered[place] = records[-1].offset + 1
        self._buffered -= len(records)
        self._room.set()
        return records

    def verify(self) -> None:
        """Raise :class:`LogUnavailable` when a topic was away for a moment: the reader is to make sure of its position."""
        if self._gone:
            topics = ", ".join(sorted({place.topic for place in self.delivered}))
            raise LogUnavailable(f"{topics}: a topic was not there for a moment and may have been remade; look again")

    async def settle(self, stable: Mapping[TopicPartition, int], limit: int) -> None:
        """Wait until everything below ``stable`` has come, or ``limit`` records. Raises :class:`LogUnavailable`."""
        self._most = max(_BUFFERED, _READS_AHEAD * limit)
        self._room.set()
        try:
            async with asyncio.timeout(self._cluster.patience):
                while self._buffered < limit and not self._is_void and not self._has_reached(stable):
                    await self.change()
        except TimeoutError:
            raise LogUnavailable(
                f"Kafka at {self._cluster.settings.servers}: nothing came in time ({self._failed!r})"
            ) from None

    async def change(self) -> None:
        """Wait until something came."""
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed.add(changed)
        try:
            await changed
        finally:
            self._changed.discard(changed)

    async def close(self) -> None:
        """Stop following."""
        # a cancellation that meets a poll's error is lost in the group of polls
        self._closed = True
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        self._cluster.hang_up(self)

    @property
    def _is_void(self) -> bool:
        return self._gone or bool(self._below)

    def _has_reached(self, stable: Mapping[TopicPartition, int]) -> bool:
        fetched, beyond = self._fetched, self._beyond
        return all(fetched[place] >= end or place in beyond for place, end in stable.items())

    # -- following ---------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while not self._closed:
            try:
                led = await self._cluster.retry(lambda: self._cluster.by_leader(self._fetched))
                async with asyncio.TaskGroup() as polls:
                    for node, places in led.items():
                        polls.create_task(self._poll(node, places))
            except* (*BROKEN, LogError) as errors:
                self._failed = errors.exceptions[0]
                if any(isinstance(error, UnknownTopicOrPartitionError) for error in errors.exceptions):
                    self._gone = True
                    self._tell()
            self._cluster.hang_up(self)
            await self._look_again()

    async def _look_again(self) -> None:
        """Somebody else may lead by now."""
        await asyncio.sleep(_RETRY_SECONDS)
        try:
            await self._cluster.stale()
        except (*BROKEN, LogError) as error:
            self._failed = error

    async def _poll(self, node: int, places: list[TopicPartition]) -> None:
        while True:
            asked = {
                place: self._fetched[place]
                for place in places
                if len(self._buffers[place]) < self._most and place not in self._below and place not in self._beyond
            }
            self._room.clear()
            if not asked:
                await self._room.wait()
                continue
            wait = _LONG_POLL_MS if len(asked) == len(places) else _SHORT_POLL_MS
            most = PARTITION_BYTES if self._most == _BUFFERED else _BACKFILL_BYTES
            answer = await fetch(self._cluster, node, asked, wait_ms=wait, group=self, most=most)
            self._failed = None
            for place, found in answer.items():
                await self._store(place, asked[place], found)
            if answer:
                self._tell()

    async def _store(self, place: TopicPartition, asked: int, found: Fetched | OutOfRange) -> None:
        if self._fetched[place] != asked:
            return  # the reader has moved on meanwhile
        if isinstance(found, OutOfRange):
            start = (await self._cluster.starts([place]))[place]
            if asked < start:
                self._below[place] = start
            else:
                self._beyond.add(place)
                asyncio.get_running_loop().call_later(_LOOK_BEYOND_SECONDS, self._look_beyond, place)
            return
        self._ends.learn(place, asked, found)
        self._fetched[place] = found.reached
        self._buffers[place].extend(found.records)
        self._buffered += len(found.records)

    def _look_beyond(self, place: TopicPartition) -> None:
        self._beyond.discard(place)
        self._room.set()

    def _tell(self) -> None:
        for changed in self._changed:
            if not changed.done():
                changed.set_result(None)


class Cursors:
    """The cursors of one process, by the partitions that they follow."""

    def __init__(self, cluster: Cluster, ends: Ends) -> None:
        self._cluster = cluster
        self._ends = ends
        self._idle: dict[frozenset[TopicPartition], list[Cursor]] = {}
        self._busy: set[Cursor] = set()
        self._closing: set[asyncio.Task[Any]] = set()
        self._swept = 0.0

    def borrow(self, positions: Mapping[TopicPartition, int]) -> Cursor:
        """The cursor for a read at ``positions``; :meth:`give_back` it."""
        idle = self._idle.get(frozenset(positions), [])
        near = [(distance, n) for n, cursor in enumerate(idle) if (distance := cursor.distance(positions)) is not None]
        if near:
            cursor = idle.pop(min(near)[1])
            cursor.move(positions)
        else:
            cursor = Cursor(self._cluster, self._ends, positions)
        self._busy.add(cursor)
        return cursor

    def give_back(self, cursor: Cursor) -> None:
        """The cursor may serve another read."""
        self._busy.discard(cursor)
        now = cursor.used = asyncio.get_running_loop().time()
        if cursor._is_void or cursor._failed is not None or cursor._following.done():
            self._close(cursor)
        else:
            self._idle.setdefault(frozenset(cursor.delivered), []).append(cursor)
        if now - self._swept > _UNUSED_SECONDS / 4:
            self._swept = now
            self._sweep(now)

    async def close(self) -> None:
        """Close every cursor."""
        for cursors in self._idle.values():
            for cursor in cursors:
                self._close(cursor)
        for cursor in self._busy:
            self._close(cursor)
        self._idle.clear()
        await asyncio.gather(*self._closing)

    def _sweep(self, now: float) -> None:
        for places, cursors in list(self._idle.items()):
            for cursor in [one for one in cursors if now - one.used > _UNUSED_SECONDS]:
                cursors.remove(cursor)
                self._close(cursor)
            if not cursors:
                del self._idle[places]

    def _close(self, cursor: Cursor) -> None:
        closing = asyncio.create_task(cursor.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
