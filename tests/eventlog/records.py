"""Short ways to make records and to read a log whole, shared by the tests of the adapters."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from loanstream.eventlog.identity import IDENTITY_TYPE
from loanstream.eventlog.port import EventLog, NewRecord, Record, TopicPartition

A_TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def a_record(topic: str, partition: int = 0, key: str = "k", *, value: bytes = b"{}", minute: int = 0) -> NewRecord:
    """A record with a header, ``minute`` minutes after a fixed time."""
    return NewRecord(
        topic, partition, key, "test.Happened.v1", {"ce_id": key}, value, A_TIME + timedelta(minutes=minute)
    )


async def everything(log: EventLog, places: Iterable[TopicPartition], limit: int = 100) -> list[Record]:
    """All records of the partitions from their start to their end, without identities, in order per partition."""
    positions = {place: await log.start(place) for place in places}
    found: list[Record] = []
    while records := await log.read(positions, limit):
        for record in records:
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
        found += records
    return [record for record in found if record.type != IDENTITY_TYPE]


def keys(records: Sequence[Record]) -> list[str]:
    """What the records are called."""
    return [record.key for record in records]
