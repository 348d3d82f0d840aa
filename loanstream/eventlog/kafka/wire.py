"""Records as they travel: our fields in Kafka's key, value, headers and timestamp, and back.

The type is the header ``ce_type``, as CloudEvents' Kafka binding wants it. Kafka keeps milliseconds: what a time has beyond them
stands in the header ``us``, so that a record comes back with the time it was sent with.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from loanstream.eventlog.port import NewRecord, Record

TYPE = "ce_type"
MICROSECONDS = "us"

Headers = list[tuple[str, bytes]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PER_RECORD = 64
"""Bytes of a record beside key, value and header texts, at most."""
_PER_HEADER = 10


def headers_of(record: NewRecord) -> Headers:
    """Kafka headers of a record."""
    headers = [(TYPE, record.type.encode())]
    headers += [(name, text.encode()) for name, text in record.headers.items()]
    beyond = record.time.microsecond % 1000
    if beyond:
        headers.append((MICROSECONDS, b"%d" % beyond))
    return headers


def milliseconds(time: datetime) -> int:
    """Kafka's timestamp of a time: whole milliseconds, rounded down."""
    return (time - _EPOCH) // _MILLISECOND


def size_of(record: NewRecord) -> int:
    """Bytes that a record needs, at most."""
    headers = sum(len(name) + 4 * len(text) + _PER_HEADER for name, text in record.headers.items())
    return _PER_RECORD + 4 * len(record.key) + 4 * len(record.type) + len(record.value) + headers


def record_of(
    topic: str,
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes]],
) -> Record:
    """A record of ours from what Kafka delivers."""
    texts = {name: text.decode() for name, text in headers}
    beyond = texts.pop(MICROSECONDS, None)
    time = _EPOCH + timedelta(milliseconds=timestamp, microseconds=int(beyond) if beyond else 0)
    return Record(
        topic,
        partition,
        offset,
        "" if key is None else key.decode(),
        texts.pop(TYPE, ""),
        texts,
        b"" if value is None else value,
        time,
    )
