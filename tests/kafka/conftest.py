"""Fixtures of the tests on a real cluster."""

from collections.abc import AsyncIterator

import pytest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.database import open_pool
from loanstream.runtime.faust_reactor.guard import LOCK_SECONDS
from loanstream.runtime.postgres_store import open_store
from tests.kafka import rules
from tests.kafka.reactor_bench import Bench


@pytest.fixture
async def bench(kafka: str, fresh_database: str) -> AsyncIterator[Bench]:
    """Topics of the shipping context and an empty store for a reactor."""
    pool = await open_pool(fresh_database)
    yield await Bench(ClusterSettings(servers=kafka), await open_store(pool, LOCK_SECONDS), dsn=fresh_database).start()
    await pool.close()


@pytest.fixture
async def cluster(kafka: str) -> AsyncIterator[rules.Bench]:
    """Empty topics of one decider, and none of them afterwards."""
    bench = rules.Bench(ClusterSettings(servers=kafka))
    bench.process()
    assert await bench.log.apply(rules.definitions(), rules.INSTALLATION) == []
    yield bench
    for log in bench.logs:
        await log.close()
    await bench.delete(*(definition.name for definition in rules.definitions()))
