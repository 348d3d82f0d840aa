"""Sends without a fence: commands. An idempotent producer, and an answer only when every batch is acknowledged."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, TopicAuthorizationFailedError

from loanstream.eventlog.kafka.batches import BATCH_BYTES, packed
from loanstream.eventlog.kafka.cluster import BROKEN, Cluster
from loanstream.eventlog.kafka.producers import started, stopped, written
from loanstream.eventlog.port import LogUnavailable, NewRecord, OutcomeUnknown, RecordRefused, TopicPartition

_RETRY_MS = 10
_STOP_SECONDS = 2.0


class Sending:
    """The producer of one process, made anew after an error."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Append the records. After :class:`OutcomeUnknown` some may stand there: sending them again is safe."""
        if not records:
            return
        await self._cluster.check(
            TopicPartition(*place) for place in {(record.topic, record.partition) for record in records}
        )
        producer = await self._opened()
        batches = packed(producer, records)
        try:
            await written(producer, batches)
        except MessageSizeTooLargeError as error:
            raise RecordRefused(f"the broker takes no batch of {BATCH_BYTES} bytes: {error!r}") from error
        except TopicAuthorizationFailedError as error:
            raise LogUnavailable(f"this user may not write there: {error!r}; see `loanstream topics acls`") from error
        except BROKEN as error:
            await self._drop(producer)
            raise OutcomeUnknown(f"Kafka did not acknowledge what was sent: {error!r}") from error

    async def close(self) -> None:
        """Flush and stop."""
        if self._producer is not None:
            await self._drop(self._producer)

    async def _opened(self) -> AIOKafkaProducer:
        if self._producer is None:
            async with self._opening:
                if self._producer is None:
                    self._producer = await self._cluster.retry(self._started)
        return self._producer

    async def _started(self) -> AIOKafkaProducer:
        return await started(
            self._cluster.settings,
            client_id="loanstream-commands",
            acks="all",
            enable_idempotence=True,
            retry_backoff_ms=_RETRY_MS,
        )

    async def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        await stopped(producer, _STOP_SECONDS)
