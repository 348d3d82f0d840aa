"""Records as they travel: our fields in Kafka's key, value, headers and timestamp, and back.

The type is the header ``ce_type``, as CloudEvents' Kafka binding wants it. Kafka keeps milliseconds: what a time has beyond them
stands in the header ``us``, so that a record comes back with the time it was sent with.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from loanstream.eventlog.port import NewRecord, Record

TYPE = "ce_type"
MICROSECONDS = "us"

Headers = list[tuple[str, bytes]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIMES = 1_024
"""Records of a batch share few times: making one costs as much as the rest of the record."""


def headers_of(record: NewRecord) -> Headers:
    """Kafka headers of a record."""
    headers = [(name, text.encode()) for name, text in record.headers.items()]
    headers.append((TYPE, record.type.encode()))
    if beyond := record.time.microsecond % 1000:
        headers.append((MICROSECONDS, b"%d" % beyond))
    return headers


def milliseconds(time: datetime) -> int:
    """Kafka's timestamp of a time: whole milliseconds, rounded down."""
    return (time - _EPOCH) // _MILLISECOND


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
    return Record(
        topic,
        partition,
        offset,
        "" if key is None else key.decode(),
        texts.pop(TYPE, ""),
        texts,
        b"" if value is None else value,
        _time_of(timestamp, texts.pop(MICROSECONDS, "")),
    )


def salvaged(
    topic: str,
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
) -> Record:
    """What can be told of bytes that anybody may have written and :func:`record_of` cannot read. Never raises."""
    texts = {_text(name.encode(errors="replace")): _text(content) for name, content in headers}
    try:
        time = _time_of(max(0, timestamp), "")
    except OverflowError:
        time = _EPOCH
    return Record(topic, partition, offset, _text(key), texts.pop(TYPE, ""), texts, value or b"", time)


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="backslashreplace").replace("\x00", "\\x00")


@lru_cache(maxsize=_TIMES)
def _time_of(timestamp: int, beyond: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=timestamp, microseconds=int(beyond or 0))
