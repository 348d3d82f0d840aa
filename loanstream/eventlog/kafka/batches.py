"""Records packed into Kafka's batches by topic and partition, and what is too large for one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from loanstream.eventlog.kafka.wire import headers_of, milliseconds
from loanstream.eventlog.port import NewRecord, RecordRefused, TopicPartition

BATCH_BYTES = 900_000
"""Largest batch that is sent; brokers refuse more than 1,048,588 bytes unless they are told otherwise."""


class Batch(NamedTuple):
    """A full batch for one partition."""

    place: TopicPartition
    builder: BatchBuilder
    records: int


def packed(producer: AIOKafkaProducer, records: Sequence[NewRecord]) -> list[Batch]:
    """The records in batches, in order within each partition.

    Raises :class:`RecordRefused` for a record that no batch can take: pack everything before anything is sent.
    """
    by_place: dict[tuple[str, int], list[NewRecord]] = defaultdict(list)
    for record in records:
        by_place[record.topic, record.partition].append(record)
    return [batch for place, of in by_place.items() for batch in _packed(producer, TopicPartition(*place), of)]


def _packed(producer: AIOKafkaProducer, place: TopicPartition, records: Sequence[NewRecord]) -> list[Batch]:
    batches: list[Batch] = []
    builder = producer.create_batch()
    for record in records:
        time, key, headers = milliseconds(record.time), record.key.encode(), headers_of(record)
        if builder.append(timestamp=time, key=key, value=record.value, headers=headers) is None:
            batches.append(Batch(place, builder, builder.record_count()))
            builder = producer.create_batch()
            builder.append(timestamp=time, key=key, value=record.value, headers=headers)
        # aiokafka takes the first record of a batch whatever its size
        if builder.size() > BATCH_BYTES:
            raise RecordRefused(
                f"a record of {record.type} with key {record.key!r} needs {builder.size()} bytes; {record.topic} takes"
                f" {BATCH_BYTES} at most"
            )
    builder.close()
    return [*batches, Batch(place, builder, builder.record_count())]
