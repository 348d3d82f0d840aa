"""What the tests of DESIGN section 11's rules share: a decider's topics on a real broker, its hosts, and what must hold.

Each rule has one test that runs twice: as the product is, and with the rule broken on purpose. What must hold is the same in
both; :func:`holds_unless` expects the broken one to be found out.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.kafka.wire import headers_of, milliseconds
from loanstream.eventlog.port import EventLog, NewRecord, Record, TopicDefinition, TopicPartition, Writer
from loanstream.runtime.decider.host import DeciderHost, DeciderSettings
from loanstream.runtime.memory_store import MemoryStore
from schemas import envelope
from schemas.outcomes import Outcome, decode_outcome
from schemas.topics import Role, topic, topic_specs
from tests.eventlog.records import everything
from tests.support.counting import CONTEXT, SteppedClock, counting_service

COMMANDS, EVENTS, OUTCOMES, LETTERS = (
    TopicPartition(topic(CONTEXT, role), 0) for role in (Role.COMMANDS, Role.EVENTS, Role.OUTCOMES, Role.DEADLETTERS)
)
INSTALLATION = "rules"
SOON = 10.0
"""Seconds within which whatever these tests wait for has come; a tenth of it is usual."""


def definitions(partitions: int = 1) -> list[TopicDefinition]:
    """Topics of the context."""
    return [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in topic_specs(partitions, (CONTEXT,))]


@contextmanager
def holds_unless(broken: object) -> Iterator[None]:
    """What is asserted inside must hold; when the rule is ``broken``, it must be seen not to."""
    if not broken:
        yield
        return
    with pytest.raises(AssertionError):
        yield


@dataclass
class Bench:
    """The cluster with empty topics, a log of the test's own, and processes by their logs."""

    settings: ClusterSettings
    logs: list[KafkaLog] = field(default_factory=list)
    clock: SteppedClock = field(default_factory=SteppedClock)

    @property
    def log(self) -> KafkaLog:
        """The log of the test itself, as a client has one."""
        return self.logs[0]

    def process(self, kind: type[KafkaLog] = KafkaLog, **options: Any) -> KafkaLog:
        """The log of another process."""
        self.logs.append(kind(self.settings, **options))
        return self.logs[-1]

    def host(
        self, log: EventLog | None = None, kind: type[DeciderHost] = DeciderHost, *, batch: int = 500
    ) -> DeciderHost:
        """A host of partition 0 with nothing in memory."""
        log = self.process() if log is None else log
        return kind(counting_service(), 0, log, self.clock, MemoryStore(), DeciderSettings(batch=batch))

    async def send(self, *commands: NewRecord) -> None:
        """Send commands, as clients do."""
        await self.log.send(commands)

    async def records(self, place: TopicPartition) -> list[Record]:
        """What a reader that has just come finds, without the identity."""
        log = KafkaLog(self.settings)
        try:
            return await everything(log, [place], 1_000)
        finally:
            await log.close()

    async def outcomes(self) -> list[Outcome]:
        """Every outcome."""
        return [decode_outcome(record.value) for record in await self.records(OUTCOMES)]

    async def check_all_decided_once(self) -> None:
        """Every command has one outcome, in order; events are gapless and those that the outcomes tell of."""
        outcomes = await self.outcomes()
        commands = await self.records(COMMANDS)
        assert [(o.position, o.command_id) for o in outcomes] == [(c.offset, c.headers[envelope.ID]) for c in commands]
        events = await self.records(EVENTS)
        assert [int(e.headers[envelope.PARTITION_SEQUENCE]) for e in events] == list(range(1, len(events) + 1))
        for subject in {event.key for event in events}:
            own = [int(event.headers[envelope.SEQUENCE]) for event in events if event.key == subject]
            assert own == list(range(1, len(own) + 1)), subject
        days = {o.command_id for o in outcomes if o.target.startswith("partition-")}
        caused = Counter(event.headers[envelope.CAUSATION] for event in events)
        told = {o.command_id: o.event_count for o in outcomes if o.event_count}
        assert {i: n for i, n in caused.items() if i not in days} == {i: n for i, n in told.items() if i not in days}

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """An administrator of the cluster."""
        client = AIOKafkaAdminClient(**self.settings.client_options())
        await client.start()
        try:
            yield client
        finally:
            await client.close()

    async def delete(self, *names: str) -> None:
        """Delete topics; returns when no broker shows them."""
        async with self.admin() as admin:
            await admin.delete_topics(list(names))
            for _ in range(500):
                if not set(names) & set(await admin.list_topics()):
                    return
                await asyncio.sleep(0.02)

    async def make(self) -> None:
        """Make what topics are missing; waits until their partitions answer."""
        log = KafkaLog(self.settings)
        try:
            assert await log.apply(definitions(), INSTALLATION) == []
        finally:
            await log.close()

    @asynccontextmanager
    async def open_transaction(self, *records: NewRecord, owner: str = "somebody-else") -> AsyncIterator[Any]:
        """A transaction of another producer that has written the records and is left open; aborted at the end."""
        producer = AIOKafkaProducer(
            **self.settings.client_options(), transactional_id=owner, linger_ms=0, retry_backoff_ms=3
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            for record in records:
                sent = await producer.send(
                    record.topic,
                    record.value,
                    record.key.encode(),
                    record.partition,
                    milliseconds(record.time),
                    headers_of(record),
                )
                await sent
            yield producer
            if producer._txn_manager.is_in_transaction():
                await producer.abort_transaction()
        finally:
            await producer.stop()


async def drain(*hosts: DeciderHost) -> None:
    """Step each host until nothing waits for it."""
    for host in hosts:
        while await host.step():
            pass


class Meanwhile(KafkaLog):
    """A process's log: at its next read of commands that finds some, or its next fence, something else happens first."""

    after_read: Callable[[], Awaitable[None]] | None = None
    before_fence: Callable[[], Awaitable[None]] | None = None

    async def read(self, positions: Any, limit: int) -> list[Record]:
        """What stands there; then the other thing happens, and only then the reader goes on."""
        records = await super().read(positions, limit)
        if COMMANDS in positions and records and self.after_read is not None:
            happen, self.after_read = self.after_read, None
            await happen()
        return records

    async def writer(self, owner: str, partition: int) -> Writer:
        """The other thing happens, then the fence."""
        if self.before_fence is not None:
            happen, self.before_fence = self.before_fence, None
            await happen()
        return await super().writer(owner, partition)


def keys(records: Sequence[Record]) -> list[str]:
    """What the records are called."""
    return [record.key for record in records]
