"""Events of one service for people and tools: by index, and as a live stream (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from loanstream.eventlog.port import EventLog, LogError, Record, TopicPartition
from loanstream.runtime.messages import is_identity
from schemas import envelope
from schemas.envelope import event_meta
from schemas.topics import Role, topic

MAX_STREAMS = 64
"""Live streams at once per service and process."""

_GAP = 64
"""Records between two wanted ones that are read along rather than with another query."""
_BATCH = 500
_HEARTBEAT_SECONDS = 15.0
_RETRY_SECONDS = 1.0

_log = structlog.get_logger("loanstream.events")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; empty members ask for all."""

    types: frozenset[str] = frozenset()
    """Full type strings, or class names such as ``PaymentReceived``."""
    subject: str = ""
    loan_id: str = ""
    application_id: str = ""

    def fits(self, record: Record, data: Mapping[str, Any]) -> bool:
        """Whether an event record with this content is one of them."""
        if self.types and record.type not in self.types and event_name(record.type) not in self.types:
            return False
        if self.subject and record.key != self.subject:
            return False
        return _about(self.loan_id, "loan_id", record, data) and _about(
            self.application_id, "application_id", record, data
        )


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where an event stands, and the cursor that continues after it."""

    partition: int
    offset: int
    cursor: str


def event_name(ce_type: str) -> str:
    """``loanstream.servicing.PaymentReceived.v1`` is ``PaymentReceived``."""
    return ce_type.split(".")[2] if ce_type.count(".") >= 3 else ce_type


def view(record: Record) -> dict[str, Any]:
    """An event as JSON: its envelope, its place, its chain hash, and the stored data untouched."""
    meta = event_meta(record.type, record.partition, record.headers)
    return {
        "id": meta.id,
        "type": meta.type,
        "name": event_name(meta.type),
        "context": meta.context,
        "subject": meta.subject,
        "sequence": meta.sequence,
        "partition": meta.partition,
        "partitionseq": meta.partitionseq,
        "time": record.headers[envelope.TIME],
        "business_date": meta.business_date,
        "correlation": meta.correlation,
        "causation": meta.causation,
        "actor": meta.actor,
        "chain": record.headers.get(envelope.CHAIN, ""),
        "data": msgspec.Raw(record.value),
    }


async def read_places(log: EventLog, service: str, places: Sequence[EventPlace]) -> list[Record]:
    """The records at these places, in their order; near ones are read together."""
    events = topic(service, Role.EVENTS)
    spans = [(n, first, last) for n, offsets in _by_partition(places).items() for first, last in _spans(offsets)]
    reads = [_read_span(log, TopicPartition(events, n), first, last) for n, first, last in spans]
    found = {(r.partition, r.offset): r for records in await asyncio.gather(*reads) for r in records}
    return [found[p.partition, p.offset] for p in places if (p.partition, p.offset) in found]


async def _read_span(log: EventLog, place: TopicPartition, first: int, last: int) -> list[Record]:
    """The records from ``first`` to ``last``; one read may give fewer than there are."""
    found: list[Record] = []
    while first <= last and (records := await log.read({place: first}, last - first + 1)):
        found += records
        first = records[-1].offset + 1
    return found


class EventStreams:
    """Live streams of one service's events."""

    def __init__(self, log: EventLog, service: str) -> None:
        self._log = log
        self._topic = topic(service, Role.EVENTS)
        self._open = 0

    @property
    def full(self) -> bool:
        """Whether no further stream is taken."""
        return self._open >= MAX_STREAMS

    async def positions(self, last_event_id: str) -> dict[TopicPartition, int]:
        """Where a stream starts: after the event that the caller saw last, else at the ends."""
        places = [TopicPartition(self._topic, n) for n in range(await self._log.partitions(self._topic))]
        ends = await self._log.ends(places)
        seen = _parsed(last_event_id)
        if len(seen) != len(places):
            return ends
        return {place: min(seen[place.partition], ends[place]) for place in places}

    async def stream(self, wanted: EventFilter, positions: dict[TopicPartition, int]) -> AsyncIterator[bytes]:
        """Server-sent events from ``positions`` on, with a comment now and then so that a dead peer is noticed."""
        self._open += 1
        try:
            yield b"retry: 2000\n\n"
            while True:
                try:
                    async for message in self._new(wanted, positions):
                        yield message
                    if not await self._log.wait(positions, _HEARTBEAT_SECONDS):
                        yield b": still here\n\n"
                except LogError as error:
                    _log.warning("event stream interrupted", error=repr(error))
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            self._open -= 1

    async def _new(self, wanted: EventFilter, positions: dict[TopicPartition, int]) -> AsyncIterator[bytes]:
        while records := await self._log.read(positions, _BATCH):
            for record in records:
                positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
                if not is_identity(record) and wanted.fits(record, msgspec.json.decode(record.value)):
                    yield _message(record, positions)


def _message(record: Record, positions: Mapping[TopicPartition, int]) -> bytes:
    identifier = ",".join(str(offset) for _, offset in sorted(positions.items(), key=lambda item: item[0].partition))
    return b"id: %s\nevent: event\ndata: %s\n\n" % (identifier.encode(), msgspec.json.encode(view(record)))


def _parsed(last_event_id: str) -> list[int]:
    """Positions out of an event id; none when it is not one of ours."""
    parts = last_event_id.split(",")
    return [int(part) for part in parts] if all(part.isdigit() and len(part) < 19 for part in parts) else []


def _about(identifier: str, member: str, record: Record, data: Mapping[str, Any]) -> bool:
    return not identifier or record.key == identifier or data.get(member) == identifier


def _by_partition(places: Iterable[EventPlace]) -> dict[int, list[int]]:
    offsets: dict[int, list[int]] = {}
    for place in places:
        offsets.setdefault(place.partition, []).append(place.offset)
    return offsets


def _spans(offsets: list[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for offset in sorted(offsets):
        if spans and offset - spans[-1][1] <= _GAP:
            spans[-1] = (spans[-1][0], offset)
        else:
            spans.append((offset, offset))
    return spans
