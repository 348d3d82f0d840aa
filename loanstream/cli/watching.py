"""Keeps the embedded PostgreSQL up for as long as a process holds it: one that was killed is started again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from loanstream.runtime.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

LOOK_EVERY = 1.0
"""Seconds between two looks at the server's process."""

_log = structlog.get_logger("loanstream.database")


@asynccontextmanager
async def kept_running(server: EmbeddedPostgres, every: float = LOOK_EVERY) -> AsyncIterator[None]:
    """Look after a server that was started, until the end of the block; the caller stops it then."""
    ending = asyncio.Event()
    watch = asyncio.create_task(_watch(server, every, ending), name="database watch")
    try:
        yield
    finally:
        # Not cancelled: a start that is under way in its thread would bring the server up after it was stopped.
        ending.set()
        await watch


async def _watch(server: EmbeddedPostgres, every: float, ending: asyncio.Event) -> None:
    while not await _ended(ending, every):
        if server.pid is not None:
            continue
        _log.warning("embedded postgres is gone, starting it again")
        try:
            await asyncio.to_thread(server.start)
        except EmbeddedPostgresError as error:
            _log.error("embedded postgres does not start, trying again", error=str(error))
        else:
            _log.info("embedded postgres runs again", pid=server.pid)


async def _ended(ending: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await ending.wait()
    except TimeoutError:
        return False
