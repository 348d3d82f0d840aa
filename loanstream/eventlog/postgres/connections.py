"""Connections to the log's database: made when needed, made again when broken, errors in the port's words."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from loanstream.eventlog.port import LogUnavailable, UnknownTopic

T = TypeVar("T")

BROKEN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""What asyncpg raises when the connection or the server is gone: a running statement's outcome is unknown."""

_MISSING = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError)
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
_SESSION = {
    "application_name": "loanstream-log",
    "jit": "off",
    # records are always found by key, but a plan made while a table was empty would scan it when it is not
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}


_BELOW_START = "LS001"


class BelowStart(Exception):
    """A read asked for less than is kept: the place in the request, from 1, and the first offset that is."""

    def __init__(self, place: int, first: int) -> None:
        super().__init__(place, first)
        self.place = place
        self.first = first


class Connections:
    """A small pool for reads, and connections of one's own for whoever needs one.

    ``patience`` is how long, in seconds, a broken connection is made anew before the log counts as unavailable: a restart
    of the server passes unnoticed but for the commits in flight.
    """

    def __init__(self, dsn: str, size: int, patience: float) -> None:
        self._dsn = dsn
        self._size = size
        self._patience = patience
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of a statement that may be run twice: it is run again when the connection breaks."""

        async def run() -> list[asyncpg.Record]:
            return await (await self._opened()).fetch(sql, *arguments)

        return await self._patiently(run)

    async def own(self, **settings: str) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection that belongs to the caller, with session settings of its own."""
        return await self._patiently(lambda: self._connect(settings))

    async def close(self) -> None:
        """Close the pool; nothing is opened any more."""
        self._closed = True
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._closed:
                raise LogUnavailable("this log was closed")
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._size,
                    server_settings=_SESSION,
                    reset=_leave_as_it_is,
                )
        return self._pool

    async def _connect(self, settings: dict[str, str]) -> "asyncpg.Connection[asyncpg.Record]":
        if self._closed:
            raise LogUnavailable("this log was closed")
        return await asyncpg.connect(self._dsn, server_settings=_SESSION | settings)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return await attempt()
            except _MISSING as error:
                raise UnknownTopic(f"the database holds no log ({error}): run `loanstream topics apply`") from error
            except BROKEN as error:
                if clock() + pause > deadline:
                    raise LogUnavailable(
                        f"the log's database does not answer ({type(error).__name__}: {error}): "
                        "check that it runs and that the DSN is right"
                    ) from error
            except asyncpg.PostgresError as error:
                raise refusal(error) from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def refusal(error: asyncpg.PostgresError) -> Exception:
    """What a statement that the server refused means to the port."""
    if error.sqlstate == _BELOW_START and error.detail:
        place, first = error.detail.split()
        return BelowStart(int(place), int(first))
    return LogUnavailable(f"the log's database refused: {error}")


async def _leave_as_it_is(_connection: object) -> None:
    """Between two reads there is nothing to reset: spares a round trip each."""
