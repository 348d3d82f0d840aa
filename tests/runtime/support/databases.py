"""A database for more than one test."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises in a connection that was cut."""


@contextmanager
def database_of_its_own(dsn: str) -> Iterator[str]:
    """An empty database on the server of ``dsn``, dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    _execute(dsn, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
    finally:
        _execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(dsn: str, sql: str) -> None:
    """From a thread of its own: a test's event loop may already exist in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _statement(dsn, sql)).result()


async def _statement(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
