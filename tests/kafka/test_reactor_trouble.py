"""A reactor whose store fails, is away, or hangs for one key: nothing is lost, and nobody waits for another's trouble."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.admin import AIOKafkaAdminClient

from loanstream.runtime.database import close_pool, open_pool
from loanstream.runtime.faust_reactor.guard import HURRIED_LOCK_SECONDS
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.postgres_store import PostgresStore
from loanstream.runtime.stores import HostStore
from tests.kafka.reactor_bench import EVENTS, LETTERS, Bench, expected_ids, ids_of, running, subjects, until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


class Store:
    """A store that behaves as told."""

    def __init__(self, real: HostStore) -> None:
        self.real = real
        self.away = False
        self.broken = 0
        self.failures: Iterator[str] = iter(())
        """What becomes of the next writes: ``before`` or ``after`` the database has done them the connection breaks."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.real, name)

        async def call(*arguments: Any) -> Any:
            if self.away:
                raise ConnectionRefusedError("the database does not answer")
            breaks = next(self.failures, "") if name == "advance" else ""
            self.broken += bool(breaks)
            if breaks == "before":
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            answer = await method(*arguments)
            if breaks == "after":
                raise asyncpg.InternalClientError("got result for unknown protocol state")
            return answer

        return call


async def test_a_store_that_fails_now_and_then_loses_nothing_and_doubles_no_effect(bench: Bench) -> None:
    store = Store(bench.store)
    store.failures = iter(["before", "after", "", "after", "before", "before", "after"] * 4)
    records = [bench.ordered(subject, customer=f"c-{subject}") for subject in subjects(60)]
    async with running(bench.reactor(store=store)):
        await bench.happen(*records[:30])
        await bench.until_handled()
        await bench.happen(*records[30:])
        await bench.until_handled()
    assert store.broken >= 6
    assert sorted(set(ids_of(await bench.commands()))) == expected_ids(records)
    assert sorted(row.recipient for row in await bench.store.effects("shipping")) == sorted(
        f"c-{r.key}" for r in records
    )
    assert await bench.store.dead_letters(bench.name) == []


async def test_while_the_store_is_away_nothing_is_acknowledged_and_then_it_goes_on(bench: Bench) -> None:
    store = Store(bench.store)
    reactor = bench.reactor(store=store)
    records = [bench.ordered(subject, customer="c") for subject in subjects(40)]
    async with running(reactor):
        store.away = True
        await bench.happen(*records)
        await until(lambda: _troubles(reactor), bool)
        await asyncio.sleep(4)
        assert await committed(bench) <= sum(at for place, at in bench.begun.items() if place.topic == EVENTS)
        assert await bench.store.effects("shipping") == []
        assert await bench.messages(LETTERS) == []
        store.away = False
        await bench.until_handled()
        assert await _troubles(reactor) == []
        handled = sum(bench.written.values())
        await until(lambda: committed(bench), lambda offsets: offsets == handled)
    assert sorted(set(ids_of(await bench.commands()))) == expected_ids(records)
    assert len(await bench.store.effects("shipping")) == 40
    assert await bench.store.dead_letters(bench.name) == []


async def test_a_reactor_is_stopped_in_time_while_its_store_is_away_and_another_takes_over(bench: Bench) -> None:
    store = Store(bench.store)
    records = [bench.ordered(subject) for subject in subjects(20)]
    reactor = bench.reactor(store=store)
    async with running(reactor):
        store.away = True
        await bench.happen(*records)
        await until(lambda: _troubles(reactor), bool)
        begun = time.monotonic()
    assert time.monotonic() - begun < 3
    async with running(bench.reactor()):
        await bench.until_handled()
    assert sorted(set(ids_of(await bench.commands()))) == expected_ids(records)


async def test_a_recipient_that_hangs_stalls_no_other_key_for_two_seconds(bench: Bench) -> None:
    same = [each for each in subjects(200) if bench.ordered(each).partition == 1]
    hung, others = same[0], same[1:6]
    others += [each for each in subjects(40) if bench.ordered(each).partition != 1][:6]
    await bench.happen(bench.ordered(hung, customer="c-hung"))
    holder = await asyncpg.connect(bench.dsn)
    async with running(bench.reactor()):
        await bench.until_handled()
        async with holder.transaction():
            # as a sender does, but one that has come to a standstill
            await holder.execute("SELECT 1 FROM hosts.effect_lanes WHERE recipient = 'c-hung' FOR UPDATE")
            await bench.happen(bench.ordered(hung, customer="c-hung"), *(bench.ordered(each) for each in others))
            begun = time.monotonic()
            await until(lambda: _have(bench, others), bool)
            await until(lambda: bench.store.dead_letters(bench.name), bool)
            waited = time.monotonic() - begun
    await holder.close()
    assert waited < 2.0
    [letter] = await bench.store.dead_letters(bench.name)
    assert (letter.record.key, letter.reason) == (hung, "exhausted")


async def test_several_recipients_that_hang_at_once_stall_no_other_key_of_their_partition_for_two_seconds(
    bench: Bench,
) -> None:
    same = [each for each in subjects(400) if bench.ordered(each).partition == 1]
    hung, others = same[:5], same[5:10]
    customers = {each: f"c-hung-{n}" for n, each in enumerate(hung)}
    await bench.happen(*(bench.ordered(each, customer=customers[each]) for each in hung))
    holder = await asyncpg.connect(bench.dsn)
    pool = await open_pool(bench.dsn)
    async with running(bench.reactor(hurried=PostgresStore(pool, HURRIED_LOCK_SECONDS))):
        await bench.until_handled()
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM hosts.effect_lanes WHERE recipient LIKE 'c-hung-%' FOR UPDATE")
            again = [bench.ordered(each, customer=customers[each]) for each in hung]
            await bench.happen(*again, *(bench.ordered(each) for each in others))
            begun = time.monotonic()
            await bench.until_handled()
            waited = time.monotonic() - begun
    await holder.close()
    await close_pool(pool)
    assert waited < 2.0
    letters = await bench.store.dead_letters(bench.name)
    assert {(letter.record.key, letter.reason) for letter in letters} == {(each, "exhausted") for each in hung}


async def committed(bench: Bench) -> int:
    """Sum of the group's offsets."""
    admin = AIOKafkaAdminClient(**bench.cluster.client_options())
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(
            bench.name, partitions=[KafkaPlace(EVENTS, n) for n in range(4)]
        )
    finally:
        await admin.close()
    return sum(max(0, each.offset) for each in offsets.values())


async def _troubles(reactor: Reactor) -> list[str]:
    return reactor.troubles()


async def _have(bench: Bench, wanted: list[str]) -> bool:
    return {record.key for record in await bench.commands()} >= set(wanted)
