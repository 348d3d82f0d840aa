"""The raw loops on Kafka: aiokafka's consumer and transactional producer with everything made beforehand.

What is written is what the system wrote, byte for byte, in as many transactions; to topics that nobody reads.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as KafkaPlace

from loanstream.eventlog.kafka.batches import BATCH_BYTES
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.wire import headers_of, milliseconds
from loanstream.eventlog.port import NewRecord

_PARTITION_BYTES = 4_000_000
_PATIENCE_MS = 5_000
_RETRY_MS = 3


class Ready(NamedTuple):
    """A record as it goes into a batch."""

    time: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


Transaction = list[tuple[str, int, list[Ready]]]
"""The records of one commit by topic and partition."""


class RawKafka:
    """One transactional producer, and a consumer of one partition of commands."""

    def __init__(self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, commands: KafkaPlace) -> None:
        self._producer = producer
        self._consumer = consumer
        self._commands = commands

    @classmethod
    async def open(cls, settings: ClusterSettings, commands: str, partition: int = 0) -> "RawKafka":
        """Both, the consumer paused at the end of the partition."""
        producer = AIOKafkaProducer(
            **settings.client_options(),
            transactional_id=f"raw-{uuid4().hex}",
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=BATCH_BYTES + 100_000,
            retry_backoff_ms=_RETRY_MS,
        )
        await producer.start()
        consumer, place = raw_consumer(settings), KafkaPlace(commands, partition)
        await consumer.start()
        consumer.assign([place])
        await consumer.seek_to_end(place)
        consumer.pause(place)
        return cls(producer, consumer, place)

    async def close(self) -> None:
        """Stop both."""
        await self._consumer.stop()
        await self._producer.stop()

    async def turn(self, transactions: Iterable[Sequence[NewRecord]], commands: Sequence[int]) -> float:
        """Seconds to consume the commands that came since and to write what was decided, transaction by transaction."""
        made = [ready(records) for records in transactions]
        began = time.perf_counter()
        self._consumer.resume(self._commands)
        for records, count in zip(made, commands, strict=True):
            await self._consume(count)
            await self._write(records)
        spent = time.perf_counter() - began
        self._consumer.pause(self._commands)
        return spent

    async def seconds(self, records: Sequence[NewRecord]) -> float:
        """Seconds of one transaction that writes these records."""
        made = ready(records)
        began = time.perf_counter()
        await self._write(made)
        return time.perf_counter() - began

    async def pass_over(self) -> None:
        """What came since was nobody's turn."""
        await self._consumer.seek_to_end(self._commands)

    async def _consume(self, count: int) -> None:
        while count:
            found = await self._consumer.getmany(timeout_ms=_PATIENCE_MS, max_records=count)
            came = sum(len(records) for records in found.values())
            if not came:
                raise RuntimeError(f"{count} commands did not come to the raw loop")
            count -= came

    async def _write(self, transaction: Transaction) -> None:
        producer = self._producer
        await producer.begin_transaction()
        sent = []
        for topic, partition, records in transaction:
            batch = producer.create_batch()
            for time_, key, value, headers in records:
                if batch.append(timestamp=time_, key=key, value=value, headers=headers) is None:
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=time_, key=key, value=value, headers=headers)
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
        await producer.commit_transaction()


def ready(records: Sequence[NewRecord]) -> Transaction:
    """The records as the producer takes them, for the funding topics instead of servicing's."""
    by_place: dict[tuple[str, int], list[Ready]] = defaultdict(list)
    for record in records:
        made = Ready(milliseconds(record.time), record.key.encode(), record.value, headers_of(record))
        by_place[record.topic.replace(".servicing.", ".funding."), record.partition].append(made)
    return [(topic, partition, some) for (topic, partition), some in by_place.items()]


async def read_all(settings: ClusterSettings, topics: Sequence[str], partition: int = 0) -> int:
    """How many committed records a consumer gets of one partition of the topics, one topic after the other."""
    count = 0
    for topic in topics:
        place = KafkaPlace(topic, partition)
        consumer = raw_consumer(settings)
        await consumer.start()
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            consumer.seek(place, 0)
            while await consumer.position(place) < end:
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    count += len(records)
        finally:
            await consumer.stop()
    return count


def raw_consumer(settings: ClusterSettings) -> AIOKafkaConsumer:
    """A consumer without a group, set to read fast."""
    return AIOKafkaConsumer(
        **settings.client_options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=_PARTITION_BYTES,
        fetch_max_wait_ms=100,
    )
