"""Events as readers get them: the envelope from the record's headers, and the typed value.

A record is CloudEvents 1.0 in binary mode: headers ``ce_…``, the value is the event's JSON.
"""

import datetime
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from loanstream_client.events import EVENTS
from loanstream_client.payload import Generic, Payload

TYPE = "ce_type"
IDENTITY_TYPE = "loanstream.topic.identity.v1"
"""Type of a partition's first record, which names installation, topic and partition count; it is no event."""


_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What bytes that are no JSON, or nested without end, raise."""


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Position(NamedTuple):
    """How far a partition was handled."""

    offset: int
    """Where reading goes on."""
    partitionseq: int | None
    """``ce_partitionseq`` of the last event handled, 0 for none; ``None`` when it is not known, as for a start from a time."""


START = Position(0, 0)
"""Before the first record."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it lies in the topic; the value's bytes are untouched."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since 1970."""
    key: str
    headers: Mapping[str, str]
    value: bytes


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event: its envelope, its value and the record that it came in."""

    id: str
    """The same for ever, also when the event is delivered again."""
    type: str
    """``loanstream.<context>.<Name>.v<major>``."""
    context: str
    subject: str
    """Id of the aggregate that decided."""
    sequence: int
    """Number in its aggregate, from 1, without a gap."""
    partitionseq: int
    """Number in its partition, from 1, without a gap."""
    time: datetime.datetime
    """When it was recorded, UTC."""
    business_date: datetime.date | None
    """Business day on which it counts; none before the first."""
    correlation: str
    causation: str
    """Id of the command that was decided."""
    actor: str
    """``user:<name>``, ``service:<name>`` or ``system``."""
    trace: str
    data: Payload
    """The typed value; :class:`~loanstream_client.payload.Generic` for a type that is not known here."""
    record: Record

    @property
    def place(self) -> Place:
        """The partition that it stands in."""
        return Place(self.record.topic, self.record.partition)

    @property
    def position(self) -> Position:
        """Where to go on once this event is handled: store it together with what the event did."""
        return Position(self.record.offset + 1, self.partitionseq)


def record_of(
    topic: str,
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
) -> Record:
    """A record from what a Kafka client delivers. Never raises: text that is no UTF-8 comes with replacement characters."""
    return Record(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp,
        key=_text(key),
        headers={name: _text(content) for name, content in headers},
        value=value or b"",
    )


def event_of(record: Record) -> Event | None:
    """The event in a record; ``None`` for an identity record, or a foreign one without an event's headers.

    Nothing is missed by passing over such a record: the events around it are numbered without a gap.
    """
    headers = record.headers
    try:
        ce_type, business_date = headers[TYPE], headers["ce_businessdate"]
        return Event(
            id=headers["ce_id"],
            type=ce_type,
            context=headers["ce_source"].rpartition("/")[2],
            subject=headers["ce_subject"],
            sequence=int(headers["ce_sequence"]),
            partitionseq=int(headers["ce_partitionseq"]),
            time=datetime.datetime.fromisoformat(headers["ce_time"]),
            business_date=datetime.date.fromisoformat(business_date) if business_date else None,
            correlation=headers["ce_correlationid"],
            causation=headers["ce_causationid"],
            actor=headers["ce_authid"],
            trace=headers.get("traceparent", ""),
            data=data_of(ce_type, record.value),
            record=record,
        )
    except (KeyError, ValueError):
        return None


def data_of(ce_type: str, value: bytes) -> Payload:
    """The typed value of an event. Never raises: what has no class here, or does not fit it, comes as ``Generic``."""
    known = EVENTS.get(ce_type)
    if known is None:
        return Generic(fields=_fields(value), reason="unknown type")
    try:
        return _decoder(known).decode(value)
    except _UNREADABLE as error:
        return Generic(fields=_fields(value), reason=str(error))


@cache
def _decoder(cls: type[Payload]) -> "msgspec.json.Decoder[Payload]":
    return msgspec.json.Decoder(cls)


def _fields(value: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(value)
    except _UNREADABLE:
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="replace")
