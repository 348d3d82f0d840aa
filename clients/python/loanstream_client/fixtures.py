"""Records as lines of JSON, for tests without Kafka: recorded from topics, or made up.

A line has topic, partition, offset, timestamp, key, headers and value. The value is text, exactly the bytes of the record, so
that hashes still fit; bytes that are no UTF-8 stand as ``value64`` in base64.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from loanstream_client.continuity import Continuity
from loanstream_client.envelope import START, Event, Record, event_of


class BadFixture(ValueError):
    """A line is no record; the text says which."""


def line_of(record: Record) -> str:
    """A record as one line, without its end."""
    line: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": record.key,
        "headers": record.headers,
    }
    try:
        line["value"] = record.value.decode()
    except UnicodeDecodeError:
        line["value64"] = b64encode(record.value).decode()
    return json.dumps(line, ensure_ascii=False)


def records(path: Path) -> Iterator[Record]:
    """The records of a file, in order. Raises :class:`BadFixture`."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _record(line, f"{path}, line {number}")


def write(events: Iterable[Event], path: Path) -> int:
    """Write events to a file; how many."""
    with path.open("w", encoding="utf-8") as file:
        return sum(_written(event, file) for event in events)


async def record(events: AsyncIterable[Event], path: Path) -> int:
    """Write what a subscription gives to a file, to its end; how many events."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        async for event in events:
            count += _written(event, file)
    return count


def replay(path: Path, *, from_the_first: bool = False) -> Iterator[Event]:
    """The events of a file, as a subscription gives them: repeats dropped, others passed over, a gap is an error.

    A file may begin in the middle of a partition; with ``from_the_first`` it must not. Raises :class:`BadFixture` and
    :class:`~loanstream_client.continuity.Gap`.
    """
    found = [event for event in map(event_of, records(path)) if event is not None]
    begins = {event.place: START for event in found} if from_the_first else {}
    return Continuity(begins).new(found)


def _written(event: Event, file: TextIO) -> int:
    file.write(line_of(event.record) + "\n")
    return 1


def _record(line: str, where: str) -> Record:
    try:
        stored = json.loads(line)
        value = b64decode(stored["value64"]) if "value64" in stored else stored["value"].encode()
        return Record(
            topic=str(stored["topic"]),
            partition=int(stored["partition"]),
            offset=int(stored["offset"]),
            timestamp=int(stored["timestamp"]),
            key=str(stored["key"]),
            headers={str(name): str(text) for name, text in stored["headers"].items()},
            value=value,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFixture(f"{where} is no record ({error!r})") from error
