"""The PostgreSQL log keeps the port's contract, and what only it promises."""

from collections.abc import AsyncIterator

import pytest

from loanstream.eventlog.port import EventLog
from loanstream.eventlog.postgres import PostgresLog
from tests.eventlog.contract import Connect, LogContract

pytestmark = pytest.mark.postgres


@pytest.fixture
async def connect(fresh_database: str) -> AsyncIterator[Connect]:
    """Handles on the log of a database of its own; each has connections of its own, as a process has."""
    handles: list[PostgresLog] = []

    async def connect() -> EventLog:
        handles.append(PostgresLog(fresh_database))
        return handles[-1]

    yield connect
    for handle in handles:
        await handle.close()


class TestPostgresLog(LogContract):
    """The contract."""

    @pytest.fixture
    async def connect(self, connect: Connect) -> Connect:
        """The module's."""
        return connect
