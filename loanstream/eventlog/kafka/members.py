"""Group membership by Kafka's consumer groups: a consumer that is assigned partitions and never fetches from them.

It subscribes to the one topic of its group, heartbeats, and says what it was assigned. Reading happens elsewhere, from positions
that the host knows from its own log, so no rebalance can hold up a poll or let a stale one take records.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPlace

from loanstream.eventlog.kafka.cluster import BROKEN, Cluster
from loanstream.eventlog.kafka.coordination import WholeTopics, has_ended, heard

SESSION_MS = 6_000
HEARTBEAT_MS = 300
REBALANCE_MS = 30_000
_NEVER_MS = 2_147_483_647
_FIRST_ASSIGNMENT_SECONDS = 5.0
_CLOSE_SECONDS = 5.0

_log = structlog.get_logger(__name__)

Settled = Callable[[frozenset[int]], Awaitable[None]]
"""Waits until the commits under way on some partitions are done."""


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a membership of its present consumer; what one that was given up still says counts no more."""

    def __init__(self, member: "KafkaMembership", consumer: AIOKafkaConsumer) -> None:
        self._member = member
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPlace]) -> None:
        """Everything is taken."""
        if self._member.consumer is self._consumer:
            await self._member.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPlace]) -> None:
        """Some of it is given. Nothing slow here: no heartbeat is sent meanwhile."""
        if self._member.consumer is self._consumer:
            self._member.assigned(tuple(assigned))


class KafkaMembership:
    """One member of a group."""

    def __init__(self, cluster: Cluster, group: str, topic: str, settled: Settled) -> None:
        self.group = group
        self.topic = topic
        self._cluster = cluster
        self._settled = settled
        self.consumer: AIOKafkaConsumer | None = None
        """The consumer by which it is a member now."""
        self._owned: frozenset[int] = frozenset()
        self._settling = False
        self._assigned = asyncio.Event()

    def owned(self) -> frozenset[int]:
        """The partitions assigned now; empty while the group rebalances."""
        return self._owned

    def settling(self) -> bool:
        """Whether the group rebalances: a rebalance takes everything from everybody, and gives most of it back."""
        return self._settling

    async def refresh(self) -> frozenset[int]:
        """Join if this member has not; what it owns now. Must be called every so often: see :meth:`_hear`."""
        if self.consumer is None:
            await self._join()
        else:
            await self._hear(self.consumer)
        return self._owned

    async def close(self) -> None:
        """Leave the group: the others are told at once."""
        if self.consumer is not None:
            await self._leave(self.consumer)

    async def revoked(self) -> None:
        """Give everything up; commits under way may finish."""
        self._settling = True
        lost, self._owned = self._owned, frozenset()
        if lost:
            await self._settled(lost)

    def assigned(self, places: Sequence[KafkaPlace]) -> None:
        """Take what the group's leader assigned."""
        if self.consumer is not None and places:
            self.consumer.pause(*places)
            for place in places:
                self.consumer.seek(place, 0)  # a position of its own, or aiokafka would ask for a committed one
        self._owned = frozenset(place.partition for place in places)
        self._settling = False
        self._assigned.set()

    async def _hear(self, consumer: AIOKafkaConsumer) -> None:
        """Take what the group's coordination met: this consumer never polls."""
        error = heard(consumer)
        if error is not None:
            _log.warning("trouble in the group", group=self.group, topic=self.topic, error=repr(error))
            if has_ended(consumer):
                await self._leave(consumer)

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        """Give this consumer up: the next refresh joins with another."""
        self.consumer = None
        self._assigned.clear()
        await self.revoked()  # aiokafka does not tell it when a consumer stops
        self._settling = False
        await _stopped(consumer)

    async def _join(self) -> None:
        await self._cluster.count(self.topic)
        consumer = AIOKafkaConsumer(
            **self._cluster.settings.client_options(),
            client_id=self.group,
            group_id=f"{self.group}:{self.topic}",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            partition_assignment_strategy=(WholeTopics,),
            max_poll_interval_ms=_NEVER_MS,  # this consumer never polls
        )
        self.consumer = consumer
        consumer.subscribe([self.topic], listener=_Listener(self, consumer))
        try:
            async with asyncio.timeout(_FIRST_ASSIGNMENT_SECONDS):
                await consumer.start()
                await self._assigned.wait()
        except BaseException as error:
            if isinstance(error, TimeoutError) and consumer._coordinator is not None:
                return  # the group is still settling
            await self._leave(consumer)
            if not isinstance(error, BROKEN):
                raise
            _log.warning("cannot join", group=self.group, topic=self.topic, error=repr(error))


async def _stopped(consumer: AIOKafkaConsumer) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await consumer.stop()
    except BROKEN:
        await consumer._client.close()
