"""Records as Faust hands them over: bytes that anybody may have written."""

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from faust import EventT

from loanstream.eventlog.kafka.wire import record_of, salvaged
from loanstream.eventlog.port import Record, TopicPartition

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
        record, unreadable = salvaged(*place, message.key, message.value, headers), f"{type(error).__name__}: {error}"
    return Received(record, message.key, message.value, headers, unreadable, event)
