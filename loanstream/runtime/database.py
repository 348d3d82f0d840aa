"""PostgreSQL through asyncpg: pools that read and write JSON columns as plain data."""

import asyncio
from typing import Any, TypeAlias

import asyncpg
import msgspec
import structlog
from asyncpg.pool import PoolConnectionProxy

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
PooledConnection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

_CLOSE_SECONDS = 3.0

_log = structlog.get_logger(__name__)


async def open_pool(dsn: str, *, schema: str = "", minimum: int = 1, maximum: int = 8) -> Pool:
    """A pool whose connections take dicts, lists, dates, decimals and dataclasses for ``json`` and ``jsonb`` columns.

    ``schema`` is what unqualified names mean. Read models are swapped by renaming schemas: a statement that names its schema
    can keep the old tables, one that does not follows the swap.
    """
    settings = {"application_name": "loanstream", "timezone": "UTC"}
    if schema:
        settings["search_path"] = quoted(schema)
    return await asyncpg.create_pool(
        dsn,
        min_size=minimum,
        max_size=maximum,
        init=_with_json,
        server_settings=settings,
        max_inactive_connection_lifetime=0,
        reset=_leave_as_it_is,
    )


async def close_pool(pool: Pool) -> None:
    """Close every connection: in order where it is free or comes back in time, else at once."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await pool.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _log.warning("connections were cut off", error=repr(error))
        pool.terminate()


def quoted(identifier: str) -> str:
    """An SQL identifier in quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def json_text(value: Any) -> str:
    """JSON text of plain data, dataclasses, dates and decimals (as strings)."""
    return msgspec.json.encode(value).decode()


async def give_back(pool: Pool, connection: PooledConnection) -> None:
    """Release a connection whose settings or session locks were changed: put back as it was, or closed where that fails."""
    if not is_lost(connection):
        try:
            await connection.reset()
        except Exception:
            if not is_lost(connection):
                connection.terminate()
    await pool.release(connection)


def is_lost(connection: PooledConnection) -> bool:
    """Whether the database hung up: the pool takes such a connection back at once, and it answers no question any more."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _leave_as_it_is(_connection: object) -> None:
    """Who changes a connection's settings puts them back: a reset at each release would double the round trips."""


async def _with_json(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=json_text, decoder=msgspec.json.decode, format="text"
        )
