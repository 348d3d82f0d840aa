"""Records as Faust hands them over: bytes that anybody may have written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, cast

from faust import EventT

from loanstream.eventlog.kafka.wire import TYPE, record_of
from loanstream.eventlog.port import Record, TopicPartition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

RawHeaders: TypeAlias = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Received:
    """One record of an event topic, and the event by which Faust is told that it is done."""

    record: Record
    """As text wherever it is text; the rest is replaced."""
    key: bytes | None
    value: bytes | None
    headers: RawHeaders
    unreadable: str
    """Why it is no record of ours; empty when it may be one."""
    event: EventT[Any] | None = None

    @property
    def place(self) -> TopicPartition:
        """Where it stands."""
        return TopicPartition(self.record.topic, self.record.partition)


def received(event: EventT[Any]) -> Received:
    """A record from Faust's event. Never raises."""
    message = event.message
    place = message.topic, message.partition, message.offset, int(message.timestamp * 1000 + 0.5)
    headers = cast(RawHeaders, tuple(message.headers or ()))
    try:
        record, unreadable = record_of(*place, message.key, message.value, cast(Any, headers)), ""
        if "\x00" in record.key or any(
            "\x00" in text for text in (record.type, *record.headers, *record.headers.values())
        ):
            raise ValueError("a zero byte in key or headers")
    except Exception as error:
        record, unreadable = _salvaged(*place, message.key, message.value, headers), f"{type(error).__name__}: {error}"
    return Received(record, message.key, message.value, headers, unreadable, event)


def _salvaged(
    topic: str, partition: int, offset: int, timestamp: int, key: bytes | None, value: bytes | None, headers: RawHeaders
) -> Record:
    """What can be kept as a dead letter; the bytes themselves go to the dead-letter topic."""
    texts = {_text(name.encode(errors="replace")): _text(content) for name, content in headers}
    time = _EPOCH + timedelta(milliseconds=max(0, timestamp))
    return Record(topic, partition, offset, _text(key), texts.pop(TYPE, ""), texts, value or b"", time)


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="backslashreplace").replace("\x00", "\\x00")
