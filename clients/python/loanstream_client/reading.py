"""Reading events: from the beginning, a time or the position stored last; each at least once, in order, none passed over."""

import asyncio
import datetime
import logging
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from loanstream_client.connection import Connection
from loanstream_client.continuity import Continuity, Gap
from loanstream_client.envelope import IDENTITY_TYPE, TYPE, Event, Place, Position, Record, event_of, record_of
from loanstream_client.events import TOPICS
from loanstream_client.identity import compare, read_identities
from loanstream_client.positions import Identities, MemoryPositions, Positions

Start = Literal["beginning", "end"] | datetime.datetime

_STORE_SECONDS = 1.0
_POLL_MS = 500
_RECORDS = 500

_log = logging.getLogger(__name__)


class CannotRead(Exception):
    """The cluster does not give the events that were asked for; the text says why and what to do."""


class Subscription:
    """Events of one or several contexts, as an asynchronous iterator.

    Partitions with a stored position go on there, the others begin at ``start``: the first record, the end, or the first event
    recorded at or after a time. Asking for the next event says that the one before it was handled; positions are stored once a
    second, and when the subscription is left without an exception. After a crash the last events come again: handle each so
    that a second time changes nothing, or keep the position with what the events did (:attr:`Event.position`).

    Order holds within a partition, hence for all events of an aggregate, and nowhere else. Repeats are dropped; a missing event
    raises :class:`~loanstream_client.continuity.Gap`. Identity records and foreign records are passed over, aborted records are
    never seen. ``partitions`` limits the reader to some, so that several share the work; without it one reader has all.
    ``until_end`` ends the iteration where the topics ended when it began.

    Raises :class:`CannotRead` when a topic or one of ``partitions`` does not exist, nobody answers, or a stored position is not
    in the topic any more, :class:`~loanstream_client.continuity.Remade` when a partition's first record is not the one that was
    there when its position was stored (positions that are :class:`~loanstream_client.positions.Identities` keep it),
    ``ValueError`` for a ``start`` without a time zone, and :class:`~loanstream_client.connection.ConnectionRefused`.
    """

    def __init__(
        self,
        connection: Connection,
        contexts: Iterable[str],
        *,
        positions: Positions | None = None,
        start: Start = "beginning",
        partitions: Collection[int] | None = None,
        until_end: bool = False,
        check_aggregates: bool = True,
    ) -> None:
        if isinstance(start, datetime.datetime) and start.tzinfo is None:
            raise ValueError(f"start {start} says no time zone: add one, e.g. tzinfo=datetime.UTC")
        self._connection = connection
        self._topics = [_topic(context) for context in contexts]
        self._store = positions or MemoryPositions()
        self._start = start
        self._only = partitions
        self._until_end = until_end
        self._check_aggregates = check_aggregates
        self._waiting: deque[Event] = deque()
        self._given: Event | None = None
        self._gap: Gap | None = None
        self._unstored: dict[Place, Position] = {}
        self._stored_at = time.monotonic()
        self.foreign = 0
        """Records that are no events of ours and were passed over, besides identity records."""

    async def __aenter__(self) -> Self:
        """Connect and find where to begin."""
        options = self._connection.options()
        places = await self._places(options)
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_poll_records=_RECORDS,
        )
        try:
            await _answered(self._consumer.start(), self._connection)
            stored = await self._store.load()
            await self._identify(options, places)
            begins = {place: stored[place] for place in places if place in stored}
            begins |= await self._first_positions([place for place in places if place not in stored])
            self._consumer.assign([TopicPartition(*place) for place in places])
            for place, position in begins.items():
                self._consumer.seek(TopicPartition(*place), position.offset)
            self._ends = await self._consumer.end_offsets([TopicPartition(*place) for place in places])
            self._check_inside(begins)
        except BaseException:
            await self._consumer.stop()
            raise
        self._continuity = Continuity(begins, check_aggregates=self._check_aggregates)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store what was handled, unless an exception came; disconnect."""
        try:
            if kind is None:
                await self.store()
        finally:
            await self._consumer.stop()

    def __aiter__(self) -> Self:
        """The subscription itself."""
        return self

    async def __anext__(self) -> Event:
        """The next event; the one before it counts as handled."""
        if self._given is not None:
            self.handled(self._given)
            self._given = None
        while not self._waiting:
            if self._gap is not None:
                raise self._gap
            await self._store_when_due()
            if self._until_end and await self._is_at_end():
                await self.store()
                raise StopAsyncIteration
            await self._poll()
        await self._store_when_due()
        self._given = self._waiting.popleft()
        return self._given

    @property
    def repeats(self) -> int:
        """How many events came again and were dropped."""
        return self._continuity.repeats

    def handled(self, event: Event) -> None:
        """Say that an event was handled without asking for the next one, before a ``break``."""
        self._unstored[event.place] = event.position

    async def store(self) -> None:
        """Store the positions of all events handled so far, now."""
        if self._unstored:
            unstored, self._unstored = self._unstored, {}
            await self._store.store(unstored)
        self._stored_at = time.monotonic()

    async def _store_when_due(self) -> None:
        if self._unstored and time.monotonic() - self._stored_at >= _STORE_SECONDS:
            await self.store()

    async def _poll(self) -> None:
        try:
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        except OffsetOutOfRangeError as error:
            raise CannotRead(_REMADE.format(error)) from error
        except KafkaError as error:
            raise CannotRead(f"Kafka at {self._connection.servers}: {error}") from error
        records = (
            record_of(place.topic, place.partition, each.offset, each.timestamp, each.key, each.value, each.headers)
            for place, found in batches.items()
            for each in found
        )
        try:
            for record in records:
                self._take(record)
        except Gap as gap:
            self._gap = gap  # raised once the events before it were given

    def _take(self, record: Record) -> None:
        event = event_of(record)
        if event is not None and self._continuity.is_new(event):
            self._waiting.append(event)
        elif event is None and record.headers.get(TYPE) != IDENTITY_TYPE:
            self.foreign += 1
            _log.warning("%s partition %d offset %d is no event", record.topic, record.partition, record.offset)

    async def _is_at_end(self) -> bool:
        for place, end in self._ends.items():
            if await self._consumer.position(place) < end:
                return False
        return True

    async def _places(self, options: Mapping[str, Any]) -> list[Place]:
        admin = AIOKafkaAdminClient(**options)
        try:
            await _answered(admin.start(), self._connection)
            described = await _answered(admin.describe_topics(self._topics), self._connection)
        finally:
            await admin.close()
        found = {topic["topic"]: topic["partitions"] for topic in described if not topic["error_code"]}
        if missing := [topic for topic in self._topics if not found.get(topic)]:
            raise CannotRead(
                f"{', '.join(missing)}: no such topic at {self._connection.servers}, or no right to read it"
            )
        numbered = [Place(topic, each["partition"]) for topic in self._topics for each in found[topic]]
        wanted = sorted(place for place in numbered if self._only is None or place.partition in self._only)
        if absent := sorted(set(self._only or ()) - {place.partition for place in wanted}):
            raise CannotRead(
                f"partitions {', '.join(map(str, absent))} are in none of {', '.join(self._topics)}, which have"
                f" {', '.join(str(len(found[topic])) for topic in self._topics)}"
            )
        return wanted

    async def _identify(self, options: Mapping[str, Any], places: list[Place]) -> None:
        """Compare which logs the stored positions are of. Raises :class:`~loanstream_client.continuity.Remade`."""
        if isinstance(self._store, Identities):
            found = await _answered(read_identities(options, places), self._connection)
            compare(await self._store.identities(), found)
            await self._store.identify({place: identity for place, identity in found.items() if identity})

    async def _first_positions(self, places: list[Place]) -> Mapping[Place, Position]:
        partitions = [TopicPartition(*place) for place in places]
        if not partitions:
            return {}
        if self._start == "beginning":
            # none was handled: where a topic lost its first events, the first one found shows it
            starts = await self._consumer.beginning_offsets(partitions)
            return {Place(*place): Position(offset, 0) for place, offset in starts.items()}
        ends = await self._consumer.end_offsets(partitions)
        if self._start == "end":
            return {Place(*place): Position(offset, None) for place, offset in ends.items()}
        since = round(self._start.timestamp() * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(partitions, since))
        return {Place(*place): Position(ends[place] if at is None else at.offset, None) for place, at in found.items()}

    def _check_inside(self, begins: Mapping[Place, Position]) -> None:
        for place, position in begins.items():
            end = self._ends[TopicPartition(*place)]
            if position.offset > end:
                raise CannotRead(
                    _REMADE.format(f"{place.topic} partition {place.partition}: {position.offset} > {end}")
                )


_REMADE = (
    "a stored position is not in the topic ({}): it was remade or truncated. Ask who runs it; to read everything anew, remove"
    " the stored positions and what was made from them."
)


def _topic(context: str) -> str:
    if context not in TOPICS:
        raise CannotRead(f"no context {context!r}: one of {', '.join(TOPICS)}")
    return TOPICS[context]


async def _answered(call: Any, connection: Connection, seconds: float = 20.0) -> Any:
    """What a client's call gives, in time. Raises :class:`CannotRead`."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except (KafkaError, OSError, TimeoutError) as error:
        raise CannotRead(f"Kafka at {connection.servers} does not let us in: {error or 'no answer in time'}") from error
