"""Fixtures of the tests on a real cluster."""

from collections.abc import AsyncIterator

import pytest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.database import open_pool
from loanstream.runtime.postgres_store import open_store
from tests.kafka.reactor_bench import Bench


@pytest.fixture
async def bench(kafka: str, fresh_database: str) -> AsyncIterator[Bench]:
    """Topics of the shipping context and an empty store for a reactor."""
    pool = await open_pool(fresh_database)
    yield await Bench(ClusterSettings(servers=kafka), await open_store(pool), dsn=fresh_database).start()
    await pool.close()
