"""Records packed into Kafka's batches by topic and partition, and what is too large for one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from loanstream.eventlog.kafka.wire import headers_of, milliseconds, size_of
from loanstream.eventlog.port import NewRecord, RecordRefused, TopicPartition

BATCH_BYTES = 900_000
"""Largest batch that is sent; brokers refuse more than 1,048,588 bytes unless they are told otherwise."""


class Batch(NamedTuple):
    """A full batch for one partition."""

    place: TopicPartition
    builder: BatchBuilder
    records: int


def check_sizes(records: Sequence[NewRecord]) -> None:
    """Raise :class:`RecordRefused` for a record that no batch can take; ask before anything is sent."""
    for record in records:
        size = size_of(record)
        if size > BATCH_BYTES:
            raise RecordRefused(
                f"a record of {record.type} with key {record.key!r} needs {size} bytes; {record.topic} takes"
                f" {BATCH_BYTES} at most"
            )


def packed(producer: AIOKafkaProducer, records: Sequence[NewRecord]) -> list[Batch]:
    """The records in batches, in order within each partition."""
    by_place: dict[TopicPartition, list[NewRecord]] = defaultdict(list)
    for record in records:
        by_place[TopicPartition(record.topic, record.partition)].append(record)
    return [batch for place, of in by_place.items() for batch in _packed(producer, place, of)]


def _packed(producer: AIOKafkaProducer, place: TopicPartition, records: Sequence[NewRecord]) -> list[Batch]:
    batches: list[Batch] = []
    builder = producer.create_batch()
    for record in records:
        if not _append(builder, record):
            batches.append(Batch(place, builder, builder.record_count()))
            builder = producer.create_batch()
            if not _append(builder, record):
                raise RecordRefused(f"a record of {record.type} with key {record.key!r} does not fit a batch")
    builder.close()
    return [*batches, Batch(place, builder, builder.record_count())]


def _append(builder: BatchBuilder, record: NewRecord) -> bool:
    taken = builder.append(
        timestamp=milliseconds(record.time), key=record.key.encode(), value=record.value, headers=headers_of(record)
    )
    return taken is not None
