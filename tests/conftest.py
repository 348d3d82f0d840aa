"""Fixtures shared by all tests: one PostgreSQL for the session, a database of its own for each test that asks.

The server is the one of ``LOANSTREAM_TEST_DSN`` where that is set, else the embedded one in a temporary folder.
"""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
import structlog

from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from tests.support import kafka_cluster
from tests.support.ci import pytest_sessionfinish

__all__ = ["pytest_sessionfinish"]

# The same examples for the same code on any machine; `make soak` looks for new ones.
hypothesis.settings.register_profile("any machine", deadline=None, derandomize="LOANSTREAM_SOAK" not in os.environ)
hypothesis.settings.load_profile("any machine")

FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",  # with it a new database is a copy of files: 15 ms instead of 120
    "max_wal_senders": "0",
    "autovacuum_naptime": "60s",
}
"""A test's server never survives the machine's power failure; a killed process loses nothing by these."""

_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE
    name text;
BEGIN
    EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public;
END
$$;
"""


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command that runs inside the tests' process sets up its logging for good; the next test finds it undone."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level, processors = root.handlers[:], root.level, [*configured["processors"]]
    yield
    if structlog.get_config() != configured:
        structlog.configure(**{**configured, "processors": processors})
    ours = [handler for handler in root.handlers if handler not in handlers and type(handler) is logging.StreamHandler]
    if ours:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """DSN of a PostgreSQL whose role may create databases."""
    given = _given()
    if given:
        yield given
        return
    # not pytest's own folder: its parents are closed to the user that root's server runs as
    folder = Path(tempfile.mkdtemp(prefix="loanstream-test-"))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder, FAST_SETTINGS) as dsn:
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap addresses of a real Kafka that is this session's own."""
    with kafka_cluster.kafka_servers() as servers:
        if servers is None:
            pytest.skip(kafka_cluster.NO_KAFKA)
        yield servers


@pytest.fixture(scope="session")
def spare_databases(postgres_dsn: str) -> Iterator[list[str]]:
    """Names of empty databases that no test uses now."""
    names: list[str] = []
    yield names
    for name in names if _given() else ():  # the embedded server goes with its folder
        _execute(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh_database(postgres_dsn: str, spare_databases: list[str]) -> Iterator[str]:
    """DSN of a database that is empty and the test's own. Emptying one takes a fiftieth of the time of making one."""
    if spare_databases:
        name = spare_databases.pop()
    else:
        name = f"test_{uuid4().hex[:12]}"
        _execute(postgres_dsn, f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    dsn = with_database(postgres_dsn, name)
    yield dsn
    _execute(dsn, _EMPTY)
    spare_databases.append(name)


def with_database(dsn: str, name: str) -> str:
    """The same server's database ``name``."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _given() -> str | None:
    return os.environ.get("LOANSTREAM_TEST_DSN")


def _execute(dsn: str, sql: str) -> None:
    """Run one statement, from a thread of its own: a test's event loop may already exist in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _statement(dsn, sql)).result()


async def _statement(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
