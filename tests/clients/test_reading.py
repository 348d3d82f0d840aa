"""Both kits on a real cluster, on topics that were written as deciders write them, or as nobody should.

Each test has a context of its own, since the names of topics are part of the contract.
"""

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from loanstream_client import (
    CannotRead,
    Connection,
    Event,
    FilePositions,
    Gap,
    MemoryPositions,
    Place,
    Position,
    Remade,
    Subscription,
)
from loanstream_client.envelope import START
from loanstream_client.events import EVENTS, TOPICS
from loanstream_client.fakes import fake_events
from tests.clients import reading
from tests.clients.reading import (
    HAS_NODE,
    NO_NODE,
    PYTHON_KIT,
    TYPESCRIPT_KIT,
    Kit,
    commit,
    identity_of,
    producer,
    send,
)
from tests.support import kafka_cluster

pytestmark = pytest.mark.kafka

PARTITIONS = 3


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    """A cluster without any topic."""
    if not kafka_cluster.can_run():
        pytest.skip(kafka_cluster.NO_TOOL)
    with kafka_cluster.local_cluster() as cluster:
        yield cluster.servers


@pytest.fixture(scope="module")
def kits() -> list[Kit]:
    """The kits that can run here."""
    if not HAS_NODE:
        return [PYTHON_KIT]
    reading.build_typescript()
    return [PYTHON_KIT, TYPESCRIPT_KIT]


def fakes(context: str, count: int, seed: int = 0) -> list[Event]:
    """Made-up events of a context."""
    types = [ce_type for ce_type in EVENTS if ce_type.split(".")[1] == context]
    return list(fake_events(count, seed=seed, types=types, partitions=PARTITIONS))


async def subscribed(servers: str, context: str, **options: object) -> list[Event]:
    """Everything a subscription gives until the end."""
    subscription = Subscription(Connection(servers=servers), [context], until_end=True, **options)  # type: ignore[arg-type]
    async with subscription as events:
        return [event async for event in events]


async def collect(subscription: Subscription, seen: list[Event]) -> None:
    """Read until an error ends it."""
    async with subscription as events:
        async for event in events:
            seen.append(event)


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
def test_the_typescript_kit_is_among_those_tested(kits: list[Kit]) -> None:
    assert TYPESCRIPT_KIT in kits


async def test_what_was_aborted_is_never_seen(servers: str, kits: list[Kit]) -> None:
    context = "servicing"
    await reading.make_topic(servers, context, PARTITIONS)
    events = fakes(context, 240)
    aborted = 0
    async with producer(servers, "aborting") as client:
        for number, batch in enumerate(reading.batches(events, 20)):
            await commit(client, batch)
            if number % 3 == 2:  # the last one, too
                await client.begin_transaction()
                await send(client, fakes(context, 50, seed=number))
                await client.abort_transaction()
                aborted += 50
    assert aborted == 200
    for kit in kits:
        seen = [reading.type_and_number(line) for line in kit.tail(servers, context)]
        assert sorted(seen) == sorted(map(identity_of, events)), kit.name


async def test_a_killed_reader_goes_on_without_losing_any(servers: str, kits: list[Kit], tmp_path: Path) -> None:
    context = "funding"
    await reading.make_topic(servers, context, PARTITIONS)
    events = fakes(context, 2_000)
    killed = asyncio.Event()

    async def write_slowly() -> None:
        async with producer(servers, "slow") as client:
            for number, batch in enumerate(reading.batches(events, 10)):
                await commit(client, batch)
                if number > 20 and not killed.is_set():
                    await asyncio.sleep(0.1)

    writing = asyncio.create_task(write_slowly())
    first: dict[str, list[str]] = {}
    for kit in kits:
        first[kit.name] = await asyncio.to_thread(kit.killed_in_the_middle, servers, context, tmp_path / kit.name)
    killed.set()
    await writing
    for kit in kits:
        rest = await asyncio.to_thread(kit.tail, servers, context, "--positions", str(tmp_path / kit.name))
        seen = [reading.type_and_number(line) for line in first[kit.name] + rest]
        assert set(seen) == set(map(identity_of, events)), f"{kit.name} lost events"
        assert len(rest) < len(events), f"{kit.name} began anew"
        assert await asyncio.to_thread(kit.tail, servers, context, "--positions", str(tmp_path / kit.name)) == []


async def test_a_gap_stops_the_reader_after_what_came_before(servers: str, kits: list[Kit]) -> None:
    context = "risk"
    await reading.make_topic(servers, context, PARTITIONS)
    events = fakes(context, 90)
    lost = next(event for event in events if event.partitionseq == 12)
    before = [event for event in events if event.place == lost.place and event.partitionseq < 12]
    foreign = [replace(lost, record=replace(lost.record, headers=headers)) for headers in ({}, {"ce_type": "x"})]
    after = [event for event in events if event not in [*before, lost]]
    async with producer(servers, "gap") as client:
        await commit(client, [*before, *foreign, *after])
    positions = MemoryPositions()
    subscription = Subscription(Connection(servers=servers), [context], positions=positions)
    seen: list[Event] = []
    with pytest.raises(Gap, match="event 13 of the partition came after 11"):
        await collect(subscription, seen)
    assert (subscription.foreign, subscription.repeats) == (2, 0)
    assert [event.partitionseq for event in seen if event.place == lost.place] == list(range(1, 12))
    assert ((await positions.load()).get(lost.place, START).partitionseq or 0) <= 11, "no position beyond the gap"
    for kit in kits:
        assert "event 13 of the partition came after 11" in kit.fails(servers, context), kit.name


async def test_where_a_reader_begins(servers: str, tmp_path: Path) -> None:
    context = "origination"
    with pytest.raises(CannotRead, match=r"loanstream.origination.events.v1: no such topic"):
        await subscribed(servers, context)
    await reading.make_topic(servers, context, PARTITIONS)
    events = fakes(context, 120)
    async with producer(servers, "begin") as client:
        await commit(client, events)
    assert sorted(map(identity_of, await subscribed(servers, context))) == sorted(map(identity_of, events))
    assert await subscribed(servers, context, start="end") == []
    later = events[70].time
    since = await subscribed(servers, context, start=later)
    assert sorted(map(identity_of, since)) == sorted(identity_of(event) for event in events if event.time >= later)
    assert await subscribed(servers, context, start=datetime.datetime.now(datetime.UTC)) == []
    shares = [await subscribed(servers, context, partitions=[number]) for number in range(PARTITIONS)]
    assert [{event.place.partition for event in share} for share in shares] == [{0}, {1}, {2}]
    assert sum(map(len, shares)) == len(events)

    with pytest.raises(CannotRead, match=r"partitions 99 are in none of .*, which have 3"):
        await subscribed(servers, context, partitions=[0, 99])
    with pytest.raises(ValueError, match="says no time zone"):
        await subscribed(servers, context, start=later.replace(tzinfo=None))

    stored = FilePositions(tmp_path / "positions.json")
    async with Subscription(Connection(servers=servers), [context], positions=stored) as subscription:
        async for event in subscription:
            if identity_of(event) == identity_of(events[0]):
                subscription.handled(event)
                break
    rest = await subscribed(servers, context, positions=FilePositions(tmp_path / "positions.json"))
    assert identity_of(events[0]) not in map(identity_of, rest)
    assert 0 < len(rest) < len(events)
    beyond = MemoryPositions({Place(TOPICS[context], 0): Position(10_000, 9_000)})
    with pytest.raises(CannotRead, match="it was remade or truncated"):
        await subscribed(servers, context, positions=beyond)
    another = MemoryPositions({Place(TOPICS[context], 0): Position(3, 1)})
    with pytest.raises(Gap):
        await subscribed(servers, context, positions=another)
    regrown = MemoryPositions({Place(TOPICS[context], 0): Position(3, 9_000)})
    with pytest.raises(Remade, match="The topic was remade or restored"):
        await subscribed(servers, context, positions=regrown)


async def test_what_is_not_committed_yet_is_not_waited_for(servers: str) -> None:
    context = "notify"
    await reading.make_topic(servers, context, PARTITIONS)
    events = fakes(context, 60)
    positions = MemoryPositions()
    async with producer(servers, "open") as client:
        await commit(client, events[:20])
        await client.begin_transaction()
        await send(client, events[20:40])
        async with asyncio.timeout(10):
            assert len(await subscribed(servers, context, positions=positions)) == 20
        await client.commit_transaction()
        await commit(client, events[40:])
    seen = await subscribed(servers, context, positions=positions)
    assert sorted(map(identity_of, seen)) == sorted(map(identity_of, events[20:]))


async def test_the_example_keeps_its_position_with_what_events_did(servers: str, fresh_database: str) -> None:
    """After the test of aborted transactions, whose events it reads."""
    example: dict[str, object] = {"__name__": "example"}
    source = (reading.ROOT / "clients/python/examples/postgresql.py").read_text(encoding="utf-8")
    exec(compile(source, "postgresql.py", "exec"), example)
    applied: list[Event] = []

    async def apply(database: asyncpg.Connection, event: Event) -> None:
        if len(applied) == 100:
            applied.append(event)
            raise RuntimeError("the process ended here")
        applied.append(event)
        await database.execute("INSERT INTO loans (loan_id, principal) VALUES ($1, 0)", event.id)

    example["apply"] = apply
    database = await asyncpg.connect(fresh_database)
    try:
        with pytest.raises(RuntimeError, match="ended here"):
            await example["run"](database, servers, until_end=True)  # type: ignore[operator]
        assert await database.fetchval("SELECT count(*) FROM loans") == 100
        await example["run"](database, servers, until_end=True)  # type: ignore[operator]
        # a primary key would have refused an event that came twice
        assert await database.fetchval("SELECT count(*) FROM loans") == 240
        assert await database.fetchval("SELECT sum(partitionseq) FROM positions") == 240
        await example["handle"](database, applied[0])  # type: ignore[operator]
        assert await database.fetchval("SELECT sum(partitionseq) FROM positions") == 240, "a repeat changes nothing"
        ahead = replace(applied[0], partitionseq=9_000)
        with pytest.raises(example["Missing"], match="not at 8999"):  # type: ignore[call-overload]
            await example["handle"](database, ahead)  # type: ignore[operator]
    finally:
        await database.close()


@pytest.mark.parametrize("kit", [PYTHON_KIT, TYPESCRIPT_KIT], ids=lambda kit: kit.name)
async def test_a_topic_remade_while_it_is_followed_ends_the_reader(servers: str, kits: list[Kit], kit: Kit) -> None:
    if kit not in kits:
        pytest.skip(NO_NODE)
    context = "risk"  # after the test of a gap, whose topic is removed
    await reading.remake_topic(servers, context, PARTITIONS)
    events = fakes(context, 90)
    async with producer(servers, f"before {kit.name}") as client:
        await commit(client, events)
    with kit.following(servers, context) as process:
        assert process.stdout is not None
        lines = [await asyncio.to_thread(process.stdout.readline) for _ in events]
        assert sorted(map(reading.type_and_number, lines)) == sorted(map(identity_of, events))
        await reading.remake_topic(servers, context, PARTITIONS)
        async with producer(servers, f"after {kit.name}") as client:
            await commit(client, fakes(context, 30, seed=1))
        rest, complaint = await asyncio.to_thread(process.communicate, timeout=60)
    assert (process.returncode, rest) == (1, ""), complaint
    assert "remade" in complaint
    assert "remove the stored positions" in complaint


async def test_a_topic_remade_with_as_many_events_is_found_by_its_first_record(
    servers: str, kits: list[Kit], tmp_path: Path
) -> None:
    context = "notify"  # after the test of open transactions, whose topic is removed
    events = fakes(context, 60)

    async def remake(timestamp: int) -> None:
        await reading.remake_topic(servers, context, PARTITIONS)
        await reading.identify_topic(servers, context, PARTITIONS, "bank", timestamp)
        async with producer(servers, f"remaking {timestamp}") as client:
            await commit(client, events)

    async def tails(kit: Kit) -> list[str]:
        stored = str(tmp_path / kit.name)
        return await asyncio.to_thread(kit.tail, servers, context, "--positions", stored)

    await remake(1_790_000_000_000)
    assert {kit.name: len(await tails(kit)) for kit in kits} == {kit.name: len(events) for kit in kits}
    assert [await tails(kit) for kit in kits] == [[] for _ in kits], "the same topic"
    await remake(1_790_000_000_001)
    for kit in kits:
        stored = str(tmp_path / kit.name)
        complaint = await asyncio.to_thread(kit.fails, servers, context, "--positions", stored)
        assert "'bank', made at 1790000000000" in complaint, kit.name
        assert "the topic was remade" in complaint, kit.name
        assert "remove the stored positions" in complaint, kit.name


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
async def test_an_error_of_kafkajs_in_a_handler_is_not_tried_again(
    servers: str, kits: list[Kit], tmp_path: Path
) -> None:
    assert TYPESCRIPT_KIT in kits, "it is built"
    context = "funding"  # after the test of a killed reader, whose topic is removed
    await reading.remake_topic(servers, context, PARTITIONS)
    async with producer(servers, "handled once") as client:
        await commit(client, fakes(context, 30))
    done = await asyncio.to_thread(
        reading.run_node, tmp_path, _FAILING % {"kit": reading.TYPESCRIPT, "server": servers}
    )
    assert (done.returncode, done.stdout) == (0, "1 calls: the ledger's own topic is away\n"), done.stderr


_FAILING = """
import kafkajs from "%(kit)s/node_modules/kafkajs/index.js";
import { subscribe } from "%(kit)s/dist/src/index.js";

let calls = 0;
const handle = () => {
  calls += 1;
  throw new kafkajs.KafkaJSError("the ledger's own topic is away", { retriable: true });
};
await subscribe({ kafka: { brokers: ["%(server)s"] }, contexts: ["funding"], handle }).catch((error) => {
  console.log(`${calls} calls: ${error.message}`);
});
"""
