"""Producers: started and stopped in one way, and batches written so that every one is heard of."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation
from aiokafka.structs import RecordMetadata

from loanstream.eventlog.kafka.batches import BATCH_BYTES, Batch
from loanstream.eventlog.kafka.cluster import BROKEN
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.port import TopicPartition

FAILED = (*BROKEN, IllegalOperation)
"""The last is no ``KafkaError``: what a producer says whose transaction failed a moment ago."""

ANSWER_SECONDS = 15.0
"""How long a batch may go unacknowledged, as long as a transaction may last. aiokafka's idempotent producers try for ever."""
_REQUEST_MS = 10_000
_STOP_SECONDS = 5.0


async def started(settings: ClusterSettings, **options: Any) -> AIOKafkaProducer:
    """A producer that sends at once; ``options`` are aiokafka's. Raises what its start raises, and leaves nothing behind."""
    producer = AIOKafkaProducer(
        **settings.client_options(),
        request_timeout_ms=_REQUEST_MS,
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
        max_request_size=BATCH_BYTES + 100_000,
        **options,
    )
    try:
        await producer.start()
    except BaseException:
        await stopped(producer)
        raise
    return producer


async def stopped(producer: AIOKafkaProducer, seconds: float = _STOP_SECONDS) -> None:
    """Stop a producer in bounded time, whatever state it is in."""
    try:
        async with asyncio.timeout(seconds):
            await producer.stop()
    except BROKEN:
        await producer.client.close()
    # what its last transaction failed with was told to whoever committed; asyncio would say it again for the future
    waiter = producer._txn_manager and producer._txn_manager._transaction_waiter
    if waiter is not None:
        _read(waiter)


async def written(producer: AIOKafkaProducer, batches: Sequence[Batch]) -> list[RecordMetadata]:
    """Send every batch and wait for the broker's word on each; then raises what the first that failed raised.

    Raises ``TimeoutError`` when there is no word on one within :data:`ANSWER_SECONDS`; the producer is of no use then.
    """
    sent: list[asyncio.Future[RecordMetadata]] = []
    refused: Exception | None = None
    try:
        for batch in batches:
            sent.append(await producer.send_batch(batch.builder, batch.place.topic, partition=batch.place.partition))
            _hear_drained(producer, batch.place)
    except FAILED as error:
        # the producer takes no more because one before failed: that one says why
        refused = error
    # every one, also after one that failed: what nobody awaits, nobody hears of
    unheard = (await asyncio.wait(sent, timeout=ANSWER_SECONDS))[1] if sent else set()
    failed = [met for each in sent if each.done() and (met := each.exception()) is not None]
    for each in unheard:
        each.add_done_callback(_read)
    if failed:
        raise failed[0]
    if unheard:
        raise TimeoutError(f"no acknowledgement within {ANSWER_SECONDS:g} s")
    if refused is not None:
        raise refused
    return [each.result() for each in sent]


def _hear_drained(producer: AIOKafkaProducer, place: TopicPartition) -> None:
    """Read the second future that aiokafka fails with a batch, whose only readers are batches that wait behind it.

    Unread, asyncio would log its traceback at some later collection of garbage, although the first one told the error.
    """
    queued = producer._message_accumulator._batches[place][-1]
    queued.future.add_done_callback(lambda _: _read(queued._drain_waiter))


def _read(future: "asyncio.Future[Any]") -> None:
    if future.done() and not future.cancelled():
        future.exception()
