"""Both host stores against their contract, and what only PostgreSQL can get wrong: concurrency and size."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.postgres_store import PostgresStore, open_store
from loanstream.runtime.stores import HostStore
from tests.runtime.stores_contract import EVENTS, LATER, NOW, StoreContract, add, claim, effect, snapshot
from tests.runtime.support.databases import database_of_its_own

TABLES = [
    "positions",
    "effects",
    "effect_lanes",
    "idempotency",
    "dead_letters",
    "snapshot_manifests",
    "snapshot_chunks",
]


@pytest.fixture(scope="module")
def database(postgres_dsn: str) -> Iterator[str]:
    """One database for all tests here: making one each would take longer than the tests."""
    with database_of_its_own(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database, maximum=12)
    await open_store(pool)
    await pool.execute(f"TRUNCATE {', '.join(f'hosts.{table}' for table in TABLES)}")
    yield pool
    await pool.close()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> HostStore:
        return MemoryStore()


@pytest.mark.postgres
class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, pool: Pool) -> HostStore:
        return PostgresStore(pool)


@pytest.mark.postgres
async def test_of_two_members_that_advance_at_once_only_one_does(pool: Pool) -> None:
    store = PostgresStore(pool)
    place = TopicPartition(EVENTS.topic, 1)
    for position in range(20):
        before, after = {EVENTS: position, place: position}, {EVENTS: position + 1, place: position + 1}
        won = await asyncio.gather(*(store.advance("router", before, after, (), ()) for _ in range(4)))
        assert sorted(won) == [False, False, False, True]


@pytest.mark.postgres
async def test_many_senders_take_each_effect_once_and_each_recipient_in_order(pool: Pool) -> None:
    store = PostgresStore(pool)
    taken: dict[str, list[int]] = {}

    async def produce(first: int) -> None:
        for n in range(first, 300, 3):
            await add(store, effect(n, f"r{n % 7}"))

    async def send() -> None:
        idle = 0
        while idle < 30:
            rows = await claim(store, limit=3)
            idle = 0 if rows else idle + 1
            for row in rows:
                taken.setdefault(row.recipient, []).append(row.payload["n"])
                assert await store.finish_effect(row, EffectStatus.SUCCEEDED, NOW, {})
            await asyncio.sleep(0 if rows else 0.01)

    await asyncio.gather(produce(0), produce(1), produce(2), send(), send(), send())
    assert sorted(n for numbers in taken.values() for n in numbers) == list(range(300))
    rows = await pool.fetch("SELECT recipient, payload->'n' AS n FROM hosts.effects ORDER BY seq")
    inserted: dict[str, list[int]] = {}
    for row in rows:
        inserted.setdefault(row["recipient"], []).append(row["n"])
    assert taken == inserted
    assert await pool.fetchval("SELECT count(*) FROM hosts.effect_lanes") == 0


_FIFTY_THOUSAND = """
WITH rows AS (
    INSERT INTO hosts.effects (id, service, source_event, kind, recipient, payload, status, attempts, unknowns, hops,
        created_at, due_at, correlation)
    SELECT gen_random_uuid(), 'origination', n, 'payout', 'r' || n % $1, jsonb_build_object('n', n), 'pending', 0, 0, 0,
        '2026-01-05 09:00Z', '2026-01-05 09:00Z', ''
    FROM generate_series(1, 50000) AS n
    RETURNING service, recipient, due_at
)
INSERT INTO hosts.effect_lanes SELECT DISTINCT service, recipient, due_at FROM rows
"""


@pytest.mark.postgres
@pytest.mark.parametrize("recipients", [1, 25_000])
async def test_a_claim_costs_the_same_however_many_effects_wait(pool: Pool, recipients: int) -> None:
    store = PostgresStore(pool)
    await add(store, *(effect(n, "few") for n in range(40)))
    few = await _fastest_claim(store)
    await pool.execute(_FIFTY_THOUSAND, recipients)
    # PostgreSQL does this by itself within a minute of such a load; until then a plan made for one page may go on
    await pool.execute("ANALYZE hosts.effects, hosts.effect_lanes")
    await add(store, effect(1_000_000, "r0"))
    many = await _fastest_claim(store)
    assert many < 10 * few, "reading fifty thousand rows takes far more than ten times as long as reading forty"


async def _fastest_claim(store: PostgresStore) -> float:
    """Seconds of a claim and its finish: the fastest of twenty, because the machine may be busy."""
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        for row in await claim(store, limit=1):
            assert await store.finish_effect(row, EffectStatus.SUCCEEDED, NOW, {})
        seconds.append(time.perf_counter() - started)
    return min(seconds)


@pytest.mark.postgres
async def test_an_abandoned_snapshot_is_never_loaded_and_goes_with_the_next_one(pool: Pool) -> None:
    store = PostgresStore(pool)
    await store.save_snapshot(*snapshot(10, b"old"))
    await pool.execute(
        "INSERT INTO hosts.snapshot_chunks VALUES (gen_random_uuid(), 0, 'servicing', 2, 'half'), "
        "(gen_random_uuid(), 0, 'servicing', 3, 'other partition')"
    )
    assert await store.load_snapshot("servicing", 2, "v1") == snapshot(10, b"old")
    await store.save_snapshot(*snapshot(20, b"new"))
    assert await pool.fetchval("SELECT count(*) FROM hosts.snapshot_chunks WHERE part = 2") == 1


@pytest.mark.postgres
async def test_one_of_many_requests_with_the_same_key_goes_on(pool: Pool) -> None:
    store = PostgresStore(pool)
    key = ("user:a", "apply", "k-1")
    states = [c.state for c in await asyncio.gather(*(store.claim_key(*key, "c", "d", NOW, LATER) for _ in range(8)))]
    assert sorted(states) == ["in-flight"] * 7 + ["new"]
    later = LATER + timedelta(minutes=5)
    states = [c.state for c in await asyncio.gather(*(store.claim_key(*key, "c", "d", LATER, later) for _ in range(8)))]
    assert sorted(states) == ["in-flight"] * 7 + ["resumed"]
