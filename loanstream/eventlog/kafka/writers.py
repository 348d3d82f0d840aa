"""The fenced writer of a partition: a transactional producer whose id names owner and partition.

``start`` fences: the broker raises the epoch of the id, ends the transaction of the earlier producer, and refuses it from then
on. The rules of a commit are those of DESIGN section 11: every batch's future is awaited before the commit, because a commit
does not look at batches that failed; a commit is never cancelled; after any error, and when no word comes for longer than a
transaction may last, the producer is dropped, not classified.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
)

from loanstream.eventlog.kafka.batches import BATCH_BYTES, Batch, packed
from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.ends import Ends
from loanstream.eventlog.kafka.producers import FAILED, started, stopped, written
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
_RETRY_MS = 3
"""The broker answers the first produce of a transaction with an error that passes; aiokafka's 100 ms would be the latency."""
_COMMIT_SECONDS = 20.0
"""How long a commit may take; longer than the broker keeps a transaction, so its end is then certain for whoever looks."""
_VISIBLE_SECONDS = 5.0
_LOOK_SECONDS = 0.001

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
            name = f"{self.owner}-p{self.partition}"
            try:
                return await started(
                    self._cluster.settings,
                    client_id=name,
                    transactional_id=name,
                    transaction_timeout_ms=_TRANSACTION_MS,
                    retry_backoff_ms=_RETRY_MS,
                )
            except _TAKEN_OVER as error:
                # somebody opened it at the same time, and later
                raise Fenced(taken_over(self.owner, self.partition)) from error

        self._producer = await self._cluster.retry(start)

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append all or nothing; the next offset of each partition written.

        Returns when readers see it, so that whoever looks after the commit finds what it wrote.
        """
        producer = self._producer
        if producer is None:
            raise self._given_up()
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
                raise self._given_up()
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
        except MessageSizeTooLargeError as error:
            raise RecordRefused(f"the broker takes no batch of {BATCH_BYTES} bytes: {error!r}") from error
        except FAILED as error:
            self._check_fence(producer, error)
            # not committed, and nobody will: whoever opens the writer next ends this transaction
            raise LogUnavailable(f"Kafka did not take the records: {error!r}") from error
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await producer.commit_transaction()
        except FAILED as error:
            self._check_fence(producer, error)
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
        # in order within each partition: the last of one counts
        answers = zip(batches, await written(producer, batches), strict=True)
        return {batch.place: answer.offset + batch.records for batch, answer in answers}

    def _given_up(self) -> Fenced:
        return Fenced((taken_over if self._fenced else writer_closed)(self.owner, self.partition))

    def _check_fence(self, producer: AIOKafkaProducer, error: Exception) -> None:
        """Raise :class:`Fenced` when another writer is what ``error`` comes from. aiokafka wraps what its sender met."""
        task = producer._sender.sender_task
        met = task.exception() if task is not None and task.done() and not task.cancelled() else None
        if isinstance(error, _TAKEN_OVER) or isinstance(met, _TAKEN_OVER):
            self._fenced = True
            raise Fenced(taken_over(self.owner, self.partition)) from error

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
            await stopped(producer)

    @property
    def committing(self) -> bool:
        """Whether a commit is under way."""
        return self._turn.locked()
