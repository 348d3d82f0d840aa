"""What was written without waiting for the disk and went with the database's crash: hosts that live on must find out."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.postgres_store import PostgresStore, open_store
from loanstream.runtime.projector import Projector
from tests.runtime.stores_contract import EVENTS, effect
from tests.runtime.support.shipping import Ordered, World, definitions, drain, shipping_service

pytestmark = pytest.mark.postgres

_SEEN_AT_COMMIT = """
CREATE TABLE seen (durability text);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen VALUES (current_setting('synchronous_commit'));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER look AFTER INSERT OR UPDATE ON hosts.positions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look();
"""
"""A deferred trigger runs in the commit and sees how that is done."""


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(fresh_database, minimum=0)
    yield pool
    pool.terminate()


async def test_a_payout_is_on_the_disk_before_its_event_counts_as_handled(pool: Pool) -> None:
    await open_store(pool)
    store = PostgresStore(pool)
    await pool.execute(_SEEN_AT_COMMIT)
    place = TopicPartition(EVENTS.topic, 0)
    assert await store.advance("router", {place: 0}, {place: 5}, (), ())
    assert await store.advance("router", {place: 5}, {place: 6}, [effect(1)], ())
    assert await store.advance("router", {place: 6}, {place: 7}, (), ())
    assert [row["durability"] for row in await pool.fetch("SELECT durability FROM seen")] == ["off", "on", "off"]


async def test_an_idle_projector_that_lost_its_last_rows_in_a_crash_makes_them_again(pool: Pool) -> None:
    log = MemoryLog()
    await log.apply(definitions(2), "test")
    world = World(log, 2)
    projector = Projector(shipping_service(), log, pool, world.clock)
    await world.happen("order-1", Ordered(order_id="order-1", amount=7))
    await drain(projector)
    positions = dict(projector.positions)
    assert projector.waiting_on() == positions

    await _crash_that_forgets_everything(pool)

    for _ in range(500):
        if not any(projector.waiting_on().values()):
            break
        await asyncio.sleep(0.01)
    assert projector.waiting_on() == dict.fromkeys(positions, 0)
    await drain(projector)
    assert await pool.fetchval("SELECT amount FROM shipping_read.orders WHERE order_id = 'order-1'") == 7
    assert projector.waiting_on() == positions
    await projector.close()


async def _crash_that_forgets_everything(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("TRUNCATE shipping_read.orders, shipping_read.event_index")
        await connection.execute("UPDATE shipping_read.projection_positions SET position = 0")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
