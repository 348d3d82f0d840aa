"""What tests of reactors share: topics on a real cluster, events written there, and what a reactor wrote in answer.

The topics stay from test to test; each test has a database of its own and begins at the end of the topics.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.wire import headers_of, milliseconds, record_of
from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import NewRecord, Record, TopicPartition
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.stores import HostStore
from schemas import ids
from schemas.topics import Role, topic
from tests.runtime.support.shipping import CONTEXT, Ordered, World, definitions, shipping_service

PARTITIONS = 4
NAME = f"{CONTEXT}.reactor"
EVENTS = topic(CONTEXT, Role.EVENTS)
SERVICING_EVENTS = topic("servicing", Role.EVENTS)
COMMANDS = topic(CONTEXT, Role.COMMANDS)
LETTERS = topic(CONTEXT, Role.DEADLETTERS)


@dataclass
class Bench:
    """One test's view of the cluster."""

    cluster: ClusterSettings
    store: HostStore
    dsn: str = ""
    world: World = field(default_factory=lambda: World(MemoryLog(), PARTITIONS, SystemClock()))  # type: ignore[arg-type]
    begun: dict[TopicPartition, int] = field(default_factory=dict)
    written: dict[TopicPartition, int] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"{NAME}.{uuid4().hex[:8]}")

    async def start(self) -> "Bench":
        """Make the topics where they are missing; let the reactor begin at their ends."""
        await make_topics(self.cluster)
        places = [
            TopicPartition(name, n) for name in (EVENTS, SERVICING_EVENTS, COMMANDS, LETTERS) for n in range(PARTITIONS)
        ]
        self.begun = await ends(self.cluster, places)
        read = {place: at for place, at in self.begun.items() if place.topic in (EVENTS, SERVICING_EVENTS)}
        await self.store.advance(self.name, {}, read, (), ())
        return self

    def reactor(self, **options: Any) -> Reactor:
        """A reactor of the shipping service."""
        options.setdefault("store", self.store)
        options.setdefault("service", shipping_service())
        return Reactor(cluster=self.cluster, clock=SystemClock(), name=self.name, **options)

    def ordered(self, subject: str, **details: Any) -> NewRecord:
        """The record of the next event of an order."""
        return self.world.record(subject, Ordered(order_id=subject, **details))[0]

    async def happen(self, *records: NewRecord, abort: bool = False, transaction: bool = False) -> None:
        """Write records as a decider does; ``abort`` ends the transaction by aborting it."""
        options = {"transactional_id": f"{CONTEXT}-{uuid4().hex[:8]}"} if abort or transaction else {}
        async with AIOKafkaProducer(**self.cluster.client_options(), linger_ms=0, **options) as producer:
            if options:
                await producer.begin_transaction()
            sent = [await self._sent(producer, record) for record in records]
            for at in await asyncio.gather(*sent):
                self.written[TopicPartition(at.topic, at.partition)] = at.offset + 1
            if abort:
                await producer.abort_transaction()
            elif transaction:
                await producer.commit_transaction()

    async def flood(self, name: str, keys: Sequence[bytes], value: bytes) -> None:
        """Write many records to partition 0, as fast as it goes."""
        async with AIOKafkaProducer(**self.cluster.client_options(), max_batch_size=500_000) as producer:
            sent = [await producer.send(name, value, key=key, partition=0) for key in keys]
            await asyncio.gather(*sent)

    async def raw(self, name: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, Any]]) -> int:
        """Write anything at all to partition 0; its offset."""
        async with AIOKafkaProducer(**self.cluster.client_options()) as producer:
            sent = await producer.send_and_wait(name, value, key=key, partition=0, headers=headers)
        return int(sent.offset)

    async def _sent(self, producer: AIOKafkaProducer, record: NewRecord) -> Awaitable[Any]:
        return await producer.send(
            record.topic,
            record.value,
            key=record.key.encode(),
            partition=record.partition,
            timestamp_ms=milliseconds(record.time),
            headers=headers_of(record),
        )

    async def commands(self) -> list[Record]:
        """What was sent to the commands topic since the test began, in order of partition and offset."""
        return [
            record_of(m.topic, m.partition, m.offset, m.timestamp, m.key, m.value, m.headers)
            for m in await self.messages(COMMANDS)
        ]

    async def messages(self, name: str) -> list[Any]:
        """Kafka's messages of a topic since the test began."""
        begun = {place: at for place, at in self.begun.items() if place.topic == name}
        async with AIOKafkaConsumer(**self.cluster.client_options(), isolation_level="read_committed") as consumer:
            consumer.assign([KafkaPlace(*place) for place in begun])
            for place, at in begun.items():
                consumer.seek(KafkaPlace(*place), at)
            end = await consumer.end_offsets([KafkaPlace(*place) for place in begun])
            found: list[Any] = []
            while any([await consumer.position(place) < at for place, at in end.items()]):
                for several in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(several)
        return sorted(found, key=lambda m: (m.partition, m.offset))

    async def until_commands(self, count: int, seconds: float = 20.0) -> list[Record]:
        """Wait until so many commands stand there."""
        return await until(self.commands, lambda found: len(found) >= count, seconds)

    async def until_handled(self, seconds: float = 20.0) -> None:
        """Wait until the stored positions are past every record written."""

        async def behind() -> list[TopicPartition]:
            stored = await self.store.positions(self.name)
            return [place for place, at in self.written.items() if stored.get(place, 0) < at]

        await until(behind, lambda found: not found, seconds)


async def until(ask: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool], seconds: float = 20.0) -> Any:
    """Ask until the answer is enough; fails after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            while not enough(found := await ask()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {found!r}"[:2000]) from None
    return found


@asynccontextmanager
async def running_until_stopped(reactor: Reactor) -> AsyncIterator[None]:
    """A reactor that runs and has come to a stop by itself."""
    task = asyncio.create_task(reactor.run())
    try:
        await until(reactor.not_ready, lambda found: "stopped" in str(found), 30)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(*reactors: Reactor) -> AsyncIterator[None]:
    """Reactors that run and are ready; cancelled and awaited at the end."""
    tasks = [asyncio.create_task(reactor.run()) for reactor in reactors]
    try:
        for reactor, task in zip(reactors, tasks, strict=True):

            async def waits(reactor: Reactor = reactor, task: asyncio.Task[None] = task) -> list[str]:
                if task.done():
                    task.result()
                return await reactor.not_ready()

            await until(waits, lambda found: not found, 30)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def make_topics(cluster: ClusterSettings) -> None:
    """The topics of the context and of servicing."""
    admin = AIOKafkaAdminClient(**cluster.client_options())
    await admin.start()
    try:
        wanted = [NewTopic(each.name, each.partitions, 1) for each in definitions(PARTITIONS)]
        answer = await admin.create_topics(wanted)
        for name, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(name)
    finally:
        await admin.close()


async def ends(cluster: ClusterSettings, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where committed records end."""
    async with AIOKafkaConsumer(**cluster.client_options(), isolation_level="read_committed") as consumer:
        found = await consumer.end_offsets([KafkaPlace(*place) for place in places])
    return {TopicPartition(place.topic, place.partition): at for place, at in found.items()}


def subjects(count: int) -> list[str]:
    """Keys that spread over the partitions and that no other test has."""
    tag = uuid4().hex[:6]
    return [f"order-{tag}-{n}" for n in range(count)]


def expected_ids(records: Sequence[NewRecord]) -> list[str]:
    """Ids of the commands that the events cause."""
    return sorted(
        ids.reaction_command_id(record.headers["ce_id"], "shipping.pack", record.key, 0) for record in records
    )


def ids_of(commands: Sequence[Record]) -> list[str]:
    """Ids of commands."""
    return sorted(record.headers["ce_id"] for record in commands)
