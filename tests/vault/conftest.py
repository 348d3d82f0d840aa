"""A database without a vault for each test."""

from collections.abc import AsyncIterator

import asyncpg
import pytest


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A pool on an empty database."""
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=4) as pool:
        yield pool
