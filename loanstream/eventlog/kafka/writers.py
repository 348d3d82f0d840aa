"""The fenced writer of a partition: a transactional producer whose id names owner and partition.

``start`` fences: the broker raises the epoch of the id, ends the transaction of the earlier producer, and refuses it from then
on. The rules of a commit are those of DESIGN section 11: every batch's future is awaited before the commit, because a commit
does not look at batches that failed; a commit is never cancelled; after any error the producer is dropped, not classified.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
)
from aiokafka.structs import RecordMetadata

from loanstream.eventlog.kafka.batches import BATCH_BYTES, Batch, packed
from loanstream.eventlog.kafka.cluster import BROKEN, Cluster
from loanstream.eventlog.kafka.ends import Ends
from loanstream.eventlog.port import (
    Fenced,
    LogUnavailable,
    NewRecord,
    OutcomeUnknown,
    RecordRefused,
    TopicPartition,
)
from loanstream.eventlog.refusals import taken_over, writer_closed

CLOSE_SECONDS = 5.0
"""How long a commit under way may take to finish when its writer is closed."""

_TRANSACTION_MS = 15_000
_REQUEST_MS = 10_000
_RETRY_MS = 3
"""The broker answers the first produce of a transaction with an error that passes; aiokafka's 100 ms would be the latency."""
_VISIBLE_SECONDS = 5.0
_LOOK_SECONDS = 0.001

_FAILED = (*BROKEN, IllegalOperation)
"""The last is no ``KafkaError``: what a producer says whose transaction failed a moment ago."""

_TAKEN_OVER = (
    ProducerFenced,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    OutOfOrderSequenceNumber,
)


class KafkaWriter:
    """The writer of one partition at one epoch. ``closed`` is told when it is dropped."""

    def __init__(
        self, owner: str, partition: int, cluster: Cluster, ends: Ends, closed: Callable[["KafkaWriter"], None]
    ) -> None:
        self.owner = owner
        self.partition = partition
        self._cluster = cluster
        self._ends = ends
        self._closed = closed
        self._producer: AIOKafkaProducer | None = None
        self._turn = asyncio.Lock()
        self._fenced = False

    async def open(self) -> None:
        """Fence every earlier writer and wait until the transaction that it left is ended."""

        async def start() -> AIOKafkaProducer:
            producer = AIOKafkaProducer(
                **self._cluster.settings.client_options(),
                client_id=f"{self.owner}-p{self.partition}",
                transactional_id=f"{self.owner}-p{self.partition}",
                transaction_timeout_ms=_TRANSACTION_MS,
                request_timeout_ms=_REQUEST_MS,
                retry_backoff_ms=_RETRY_MS,
                linger_ms=0,
                max_batch_size=BATCH_BYTES,
                max_request_size=BATCH_BYTES + 100_000,
            )
            try:
                await producer.start()
            except _TAKEN_OVER as error:
                # somebody opened it at the same time, and later
                await _stopped(producer)
                raise Fenced(taken_over(self.owner, self.partition)) from error
            except BaseException:
                await _stopped(producer)
                raise
            return producer

        self._producer = await self._cluster.retry(start)

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append all or nothing; the next offset of each partition written.

        Returns when readers see it, so that whoever looks after the commit finds what it wrote.
        """
        producer = self._producer
        if producer is None:
            raise Fenced((taken_over if self._fenced else writer_closed)(self.owner, self.partition))
        await self._cluster.check(
            TopicPartition(*place) for place in {(record.topic, record.partition) for record in records}
        )
        batches = packed(producer, records)
        # A cancelled commit would leave nobody to say what became of it: it goes on without the one who asked.
        return await asyncio.shield(asyncio.create_task(self._commit(batches)))

    async def close(self) -> None:
        """Let a commit that is under way finish, then give the partition up."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS), self._turn:
                pass
        except TimeoutError:
            pass
        await self._drop()

    async def _commit(self, batches: Sequence[Batch]) -> Mapping[TopicPartition, int]:
        async with self._turn:
            producer = self._producer
            if producer is None:
                raise Fenced((taken_over if self._fenced else writer_closed)(self.owner, self.partition))
            try:
                ends = await self._transact(producer, batches)
            except BaseException:
                await self._drop()
                raise
        self._ends.appended(ends)
        return ends

    async def _transact(self, producer: AIOKafkaProducer, batches: Sequence[Batch]) -> Mapping[TopicPartition, int]:
        try:
            await producer.begin_transaction()
            ends = await self._send(producer, batches)
        except _TAKEN_OVER as error:
            self._fenced = True
            raise Fenced(taken_over(self.owner, self.partition)) from error
        except MessageSizeTooLargeError as error:
            raise RecordRefused(f"the broker takes no batch of {BATCH_BYTES} bytes: {error!r}") from error
        except _FAILED as error:
            # not committed, and nobody will: whoever opens the writer next ends this transaction
            if _is_fenced(producer):
                self._fenced = True
                raise Fenced(taken_over(self.owner, self.partition)) from error
            raise LogUnavailable(f"Kafka did not take the records: {error!r}") from error
        try:
            await producer.commit_transaction()
        except _TAKEN_OVER as error:
            self._fenced = True
            raise Fenced(taken_over(self.owner, self.partition)) from error
        except _FAILED as error:
            if _is_fenced(producer):
                self._fenced = True
                raise Fenced(taken_over(self.owner, self.partition)) from error
            raise OutcomeUnknown(f"Kafka did not answer whether it committed: {error!r}") from error
        await self._visible(ends)
        return ends

    async def _send(self, producer: AIOKafkaProducer, batches: Sequence[Batch]) -> dict[TopicPartition, int]:
        if not batches:
            # a transaction without records ends without a word to the broker; one with a group asks it
            topics = sorted(await self._cluster.topics(), key=lambda name: f".{self.owner}." not in name)
            if topics:
                await producer.send_offsets_to_transaction({KafkaPlace(topics[0], 0): 0}, f"{self.owner}.fence")
            return {}
        sent, refused = await _sent(producer, batches)
        # every one, also after one that failed: what nobody awaits, nobody hears of
        written = await asyncio.gather(*sent, return_exceptions=True)
        ends: dict[TopicPartition, int] = {}
        for batch, one in zip(batches, written, strict=False):
            if isinstance(one, BaseException):
                raise one
            ends[batch.place] = one.offset + batch.records
        if refused is not None:
            raise refused
        return ends

    async def _visible(self, ends: Mapping[TopicPartition, int]) -> None:
        """Wait for the markers: the broker answers a commit when it is certain, and writes them a moment later."""
        try:
            async with asyncio.timeout(_VISIBLE_SECONDS):
                while True:
                    stable = await self._cluster.stable_ends(ends)
                    if all(stable[place] >= end for place, end in ends.items()):
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        except (TimeoutError, LogUnavailable):
            return  # it is committed; readers will see it when the broker is well again

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            self._closed(self)
            await _stopped(producer)

    @property
    def committing(self) -> bool:
        """Whether a commit is under way."""
        return self._turn.locked()


async def _sent(
    producer: AIOKafkaProducer, batches: Sequence[Batch]
) -> tuple[list[asyncio.Future[RecordMetadata]], Exception | None]:
    """Hand batches over, until the producer takes no more because one before failed."""
    sent: list[asyncio.Future[RecordMetadata]] = []
    try:
        for batch in batches:
            sent.append(await producer.send_batch(batch.builder, batch.place.topic, partition=batch.place.partition))
    except _FAILED as error:
        return sent, error
    return sent, None


def _is_fenced(producer: AIOKafkaProducer) -> bool:
    """aiokafka wraps what its sender met; the cause stands in the transaction manager."""
    task = producer._sender.sender_task
    error = task.exception() if task is not None and task.done() and not task.cancelled() else None
    return isinstance(error, _TAKEN_OVER)


async def _stopped(producer: AIOKafkaProducer) -> None:
    """Stop a producer in bounded time, whatever state it is in."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError):
        await producer.client.close()
