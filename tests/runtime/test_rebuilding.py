"""Rebuilding read models beside the live ones: the same rows, nothing lost under traffic, nothing swapped that is not whole."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime import rebuilding
from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.projector import Projector
from loanstream.runtime.rebuilding import RebuildFailed, digest, rebuild
from schemas.topics import Role, topic
from tests.runtime.support.databases import database_of_its_own
from tests.runtime.support.shipping import (
    CONTEXT,
    HANDLERS,
    Ordered,
    Shipped,
    World,
    definitions,
    drain,
    shipping_service,
)

pytestmark = pytest.mark.postgres

LIVE = "shipping_read"
EVENTS = topic(CONTEXT, Role.EVENTS)


class Bench(World):
    """A world with a database and a live projector."""

    pool: Pool
    live: Projector

    def new_projector(self, handlers: Any = HANDLERS) -> Projector:
        """A projector of the live schema."""
        return Projector(shipping_service(handlers=handlers), self.log, self.pool, self.clock, batch=25)

    async def trade(self, first: int, count: int) -> None:
        """Orders from a few customers, each shipped later."""
        for n in range(first, first + count):
            order = f"order-{n}"
            await self.happen(order, Ordered(order_id=order, loan_id=f"loan-{n % 5}", customer=f"c-{n % 3}", amount=n))
            if n >= 3:
                await self.happen(f"order-{n - 3}", Shipped(order_id=f"order-{n - 3}"))

    async def schemas(self) -> list[str]:
        """Schemas of the service that exist."""
        rows = await self.pool.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shipping%' ORDER BY nspname")
        return [row["nspname"] for row in rows]


@pytest.fixture(scope="module")
def database(postgres_dsn: str) -> Iterator[str]:
    with database_of_its_own(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture
async def bench(database: str) -> AsyncIterator[Bench]:
    log = MemoryLog(markers=True)
    await log.apply(definitions(3), "test")
    bench = Bench(log, 3)
    bench.pool = await open_pool(database, minimum=0)
    for schema in await bench.schemas():
        await bench.pool.execute(f"DROP SCHEMA {schema} CASCADE")
    bench.live = bench.new_projector()
    yield bench
    bench.pool.terminate()


async def test_a_rebuild_makes_the_same_rows_as_the_live_projector_and_leaves_nothing_behind(bench: Bench) -> None:
    await bench.trade(0, 60)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)
    done: list[tuple[int, int]] = []
    report = await rebuild(
        shipping_service(), bench.log, bench.pool, lambda *at: done.append(at), clock=bench.clock, batch=10
    )
    assert await digest(bench.pool, LIVE) == before
    assert set(before) == {"business_days", "customers", "dead_letters", "event_index", "orders", "outcomes"}
    assert (report.service, report.events) == (CONTEXT, 60 + 57 + 2 * 9 - 3 * 3)
    assert report.rate == report.events / report.seconds
    assert done[-1][0] == report.events
    assert done == sorted(done)
    assert await bench.schemas() == [LIVE]


async def test_a_digest_sees_one_changed_row(bench: Bench) -> None:
    await bench.trade(0, 10)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)
    await bench.pool.execute("UPDATE shipping_read.orders SET amount = 99 WHERE order_id = 'order-3'")
    after = await digest(bench.pool, LIVE)
    assert {table for table in before if before[table] != after[table]} == {"orders"}


async def test_what_was_changed_by_hand_is_mended(bench: Bench) -> None:
    await bench.trade(0, 10)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)
    await bench.pool.execute("UPDATE shipping_read.customers SET total = 0; DELETE FROM shipping_read.orders")
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert await digest(bench.pool, LIVE) == before


async def test_a_service_without_read_models_gets_them_by_a_rebuild(bench: Bench) -> None:
    await bench.trade(0, 10)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    built = await digest(bench.pool, LIVE)
    await drain(bench.live)
    assert await digest(bench.pool, LIVE) == built


async def test_nothing_is_lost_or_applied_twice_while_events_and_the_live_projector_go_on(bench: Bench) -> None:
    await bench.trade(0, 40)
    await drain(bench.live)
    stop = asyncio.Event()

    async def traffic() -> None:
        n = 40
        while not stop.is_set():
            await bench.trade(n, 1)
            n += 1
            await asyncio.sleep(0.005)

    async def project(projector: Projector) -> None:
        while not stop.is_set():
            if not await projector.step():
                await bench.log.wait(projector.waiting_on(), 0.05)

    second = bench.new_projector()
    running = [asyncio.create_task(task) for task in (traffic(), project(bench.live), project(second))]
    for batch in (100, 1000, 50):
        await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, batch=batch)
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*running)
    await drain(bench.live)
    lived = await digest(bench.pool, LIVE)
    orders = sum(1 for record in await bench.all_of(Role.EVENTS) if record.type.endswith("Ordered.v1"))
    assert await bench.pool.fetchval("SELECT sum(orders) FROM shipping_read.customers") == orders
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert await digest(bench.pool, LIVE) == lived


async def test_a_live_projector_that_waits_for_the_swap_applies_its_events_to_the_new_tables_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.trade(0, 20)
    await drain(bench.live)
    waiting: list[asyncio.Task[bool]] = []
    catch_up = rebuilding._catch_up

    async def catch_up_while_the_live_one_waits(*args: Any) -> None:
        await catch_up(*args)
        await bench.trade(20, 5)
        waiting.append(asyncio.create_task(bench.live.step()))
        await asyncio.sleep(0.3)
        assert not waiting[0].done()

    monkeypatch.setattr(rebuilding, "_catch_up", catch_up_while_the_live_one_waits)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    monkeypatch.undo()
    assert await waiting[0]
    await drain(bench.live)
    assert await bench.pool.fetchval("SELECT sum(orders) FROM shipping_read.customers") == 25
    lived = await digest(bench.pool, LIVE)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert await digest(bench.pool, LIVE) == lived


async def test_a_projector_that_is_superseded_by_a_swap_while_it_holds_old_plans_applies_nothing_twice(
    bench: Bench,
) -> None:
    await bench.trade(0, 20)
    await drain(bench.live)
    await bench.trade(20, 20)
    records = await bench.log.read(bench.live.waiting_on(), 15)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert not await bench.live.project(records)
    assert not await bench.live.step()
    assert await bench.pool.fetchval("SELECT sum(orders) FROM shipping_read.customers") == 40


async def test_a_rebuild_that_cannot_reach_the_live_models_leaves_them_in_place(bench: Bench) -> None:
    await bench.trade(0, 10)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)

    def broken(event: Ordered, meta: Any) -> Any:
        raise RuntimeError("a new bug")

    with pytest.raises(RebuildFailed, match=r"can be projected up to \d+ only.*RuntimeError: a new bug"):
        await rebuild(
            shipping_service(handlers={**HANDLERS, Ordered: broken}), bench.log, bench.pool, clock=bench.clock
        )
    assert await digest(bench.pool, LIVE) == before
    await bench.trade(10, 5)
    await drain(bench.live)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert await bench.schemas() == [LIVE]


async def test_live_tables_that_are_behind_are_compared_where_they_stand(bench: Bench) -> None:
    await bench.trade(0, 20)
    await drain(bench.live)
    await bench.trade(20, 20)
    report = await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, batch=10, compare=True)
    assert report.compared is not None
    assert report.compared.different == []
    assert "orders" in report.compared.live
    await drain(bench.live)
    assert await bench.pool.fetchval("SELECT count(*) FROM shipping_read.orders") == 40


async def test_a_comparison_names_the_table_that_was_changed_by_hand_and_the_rebuild_mends_it(bench: Bench) -> None:
    await bench.trade(0, 10)
    await drain(bench.live)
    await bench.pool.execute("UPDATE shipping_read.orders SET amount = 99 WHERE order_id = 'order-3'")
    first = await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, compare=True)
    assert first.compared is not None
    assert first.compared.different == ["orders"]
    second = await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, compare=True)
    assert second.compared is not None
    assert second.compared.different == []


async def test_a_system_at_work_compares_as_one_at_rest(bench: Bench) -> None:
    await bench.trade(0, 40)
    await drain(bench.live)
    stop = asyncio.Event()

    async def traffic() -> None:
        n = 40
        while not stop.is_set():
            await bench.trade(n, 1)
            n += 1
            await bench.live.step()
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as group:
        group.create_task(traffic())
        for _ in range(5):
            report = await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, batch=10, compare=True)
            assert report.compared is not None
            assert report.compared.different == []
        stop.set()


async def test_there_is_nothing_to_compare_with_where_there_were_no_read_models(bench: Bench) -> None:
    await bench.live.close()
    await bench.trade(0, 5)
    report = await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, compare=True)
    assert report.compared is None


async def test_two_rebuilds_at_once_are_refused(bench: Bench) -> None:
    await bench.trade(0, 10)
    results = await asyncio.gather(
        *(rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock) for _ in range(2)),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results].count("RebuildFailed") == 1


async def test_a_skip_is_honoured_by_a_rebuild_until_the_record_can_be_shown(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="unreadable"), Shipped(order_id="order-1"))
    await drain(bench.live)
    [stopped] = [lag for lag in await bench.live.lag() if lag.error]
    await bench.live.skip(stopped.place, bench.live.positions[stopped.place], "user:op", "known bad import")
    bench.clock.advance(seconds=2)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock)
    assert await digest(bench.pool, LIVE) == before
    mended = {**HANDLERS, Ordered: lambda e, m: HANDLERS[Ordered](replace(e, behave="", amount=5), m)}
    await rebuild(shipping_service(handlers=mended), bench.log, bench.pool, clock=bench.clock)
    assert await bench.pool.fetchval("SELECT amount FROM shipping_read.orders") == 5
    assert await bench.pool.fetchval("SELECT actor FROM shipping_read.projection_skips") == "user:op"


async def test_a_record_in_the_middle_that_the_database_refuses_stops_a_rebuild_where_it_stopped_the_live_one(
    bench: Bench,
) -> None:
    await bench.trade(0, 20)
    await bench.happen("order-1", Ordered(order_id="order-1", amount=1_000_000))
    await bench.trade(20, 20)
    await drain(bench.live)
    before = await digest(bench.pool, LIVE)
    [stopped] = [lag for lag in await bench.live.lag() if lag.error]
    await rebuild(shipping_service(), bench.log, bench.pool, clock=bench.clock, batch=20)
    assert await digest(bench.pool, LIVE) == before
    [again] = [lag for lag in await bench.live.lag() if lag.error]
    assert again.place == stopped.place
    assert "violates check constraint" in again.error


async def test_catching_up_in_parallel_makes_the_same_rows_as_single_steps(bench: Bench) -> None:
    await bench.trade(0, 80)
    await bench.live.catch_up({TopicPartition(EVENTS, 0): 10_000})
    caught_up = await digest(bench.pool, LIVE)
    await bench.live.close()
    await bench.pool.execute("DROP SCHEMA shipping_read CASCADE")
    await drain(bench.live)
    assert await digest(bench.pool, LIVE) == caught_up
    assert bench.live.positions[TopicPartition(EVENTS, 0)] > 0
