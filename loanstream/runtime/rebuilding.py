"""Rebuild read models from the log: beside the live ones, then swapped in one transaction, while the live projector runs.

The swap holds the live positions' table: no projector is then inside a transaction on it. It catches up what the live one has,
takes the old positions away, so that a projector that waits for the lock finds itself superseded, and renames the schemas.
Nothing is lost and nothing applied twice, and no reader sees less than before.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import asyncpg
import structlog

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock, SystemClock
from loanstream.runtime.database import Connection, Pool, quoted
from loanstream.runtime.definitions import Service
from loanstream.runtime.migrations import BOOKKEEPING
from loanstream.runtime.projector import Projector, prepare, read_schema

BATCH = 5_000
"""Records a transaction: large, because nobody waits for the result."""

NOT_CONTENT = frozenset({BOOKKEEPING, "projection_positions", "projection_skips"})
"""Tables of a read schema that say nothing about loans: left out of digests."""

Progress = Callable[[int, int], None]
"""Called with the records done and the records there were at the start."""

_ROUNDS = 5
"""How often we catch up with what came meanwhile before we hold the live projector up for the rest."""

_DROP_TRIES = 10

_log = structlog.get_logger(__name__)


class RebuildFailed(Exception):
    """The new read models cannot take the place of the live ones, which are untouched; the text says why."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Digests of the live tables and of those rebuilt, taken at the same positions of the log."""

    live: Mapping[str, str]
    rebuilt: Mapping[str, str]

    @property
    def different(self) -> list[str]:
        """Tables whose rows differ, or that only one side has."""
        return sorted(t for t in self.live.keys() | self.rebuilt.keys() if self.live.get(t) != self.rebuilt.get(t))


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did."""

    service: str
    events: int
    """Records read and applied."""
    seconds: float
    rate: float
    """Records a second."""
    compared: Comparison | None = None
    """How the live tables compared with the rebuilt ones, when that was asked for and there were any."""


async def rebuild(
    service: Service,
    log: EventLog,
    pool: Pool,
    progress: Progress | None = None,
    *,
    clock: Clock | None = None,
    batch: int = BATCH,
    compare: bool = False,
) -> RebuildReport:
    """Build the read models of a service anew and swap them in. The live projector may run and need not know.

    With ``compare`` it is held up at the end while the tables are compared at the very positions that the live ones have, so
    that a system at work compares as one at rest does.

    Raises :class:`RebuildFailed` when another rebuild of the service runs, or when a record that the live models have cannot
    be projected any more.
    """
    live = read_schema(service.name)
    started = time.perf_counter()
    async with pool.acquire() as connection:
        await _only_one(connection, live)
        try:
            await _begin(connection, service, live)
            projector = Projector(service, log, pool, clock or SystemClock(), schema=_next(live), batch=batch)
            try:
                await projector.open()
                if compare:
                    await _build_to_live(connection, projector, live, progress)
                else:
                    await _build(projector, log, progress)
                compared = await _swap(connection, projector, live, compare)
            finally:
                await projector.close()
            await _drop(connection, _old(live))
        finally:
            await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", _lock_name(live))
    seconds = time.perf_counter() - started
    count = projector.applied_records
    report = RebuildReport(service.name, count, seconds, count / seconds, compared)
    _log.info("rebuilt", service=service.name, events=report.events, seconds=round(seconds, 3), rate=round(report.rate))
    return report


async def digest(pool: Pool, schema: str) -> dict[str, str]:
    """SHA-256 of each table's rows, in an order that depends on the rows alone; positions and bookkeeping left out."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return await _digests(connection, schema)


async def _digests(connection: Connection, schema: str) -> dict[str, str]:
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", schema)
    names = [row["tablename"] for row in tables if row["tablename"] not in NOT_CONTENT]
    return {name: await _table_digest(connection, schema, name) for name in names}


async def _table_digest(connection: Connection, schema: str, table: str) -> str:
    hashed = sha256()
    name = f"{quoted(schema)}.{quoted(table)}"
    async for row in connection.cursor(f'SELECT t::text FROM {name} t ORDER BY t::text COLLATE "C"', prefetch=1_000):
        hashed.update(row[0].encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


async def _only_one(connection: Connection, live: str) -> None:
    if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", _lock_name(live)):
        raise RebuildFailed(f"a rebuild of {live} is already running: wait for it")


async def _begin(connection: Connection, service: Service, live: str) -> None:
    """An empty schema beside the live one, with what operators decided there. Leftovers of a dead rebuild go first."""
    await _drop(connection, _next(live))
    await _drop(connection, _old(live))
    await prepare(connection, service, _next(live))
    if await _exists(connection, live):
        await _copy_skips(connection, live)


async def _build(projector: Projector, log: EventLog, progress: Progress | None) -> None:
    """Project everything up to where the log ended when we began, then what came meanwhile, until little is left."""
    await projector.step()
    ends = await log.ends(projector.positions)
    total = sum(ends.values())

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, max(total, done))

    for _ in range(_ROUNDS):
        await projector.catch_up(ends, tell)
        ends = await log.ends(projector.positions)
        if sum(ends[place] - position for place, position in projector.positions.items()) <= projector.batch:
            break
    tell(projector.applied_records)


async def _build_to_live(connection: Connection, projector: Projector, live: str, progress: Progress | None) -> None:
    """Project no further than the live read models are: they are to be compared where they stand."""
    wanted = await _positions(connection, live) if await _exists(connection, live) else {}
    total = sum(wanted.values())
    while await projector.project_up_to(wanted):
        if progress is not None:
            progress(projector.applied_records, max(total, projector.applied_records))


async def _swap(connection: Connection, projector: Projector, live: str, compare: bool) -> Comparison | None:
    compared = None
    async with connection.transaction():
        if await _exists(connection, live):
            if compare:
                compared = await _compare(connection, projector, live)
            await connection.execute(f"LOCK TABLE {quoted(live)}.projection_positions IN ACCESS EXCLUSIVE MODE")
            await _catch_up(connection, projector, live)
            await _copy_skips(connection, live)
            await connection.execute(f"DELETE FROM {quoted(live)}.projection_positions")
            await connection.execute(f"ALTER SCHEMA {quoted(live)} RENAME TO {quoted(_old(live))}")
        await connection.execute(f"ALTER SCHEMA {quoted(_next(live))} RENAME TO {quoted(live)}")
    return compared


async def _compare(connection: Connection, projector: Projector, live: str) -> Comparison:
    """Hold the live projector up, go on to exactly where it stands, and compare. Readers are not held up."""
    await connection.execute(f"LOCK TABLE {quoted(live)}.projection_positions IN SHARE ROW EXCLUSIVE MODE")
    wanted = await _positions(connection, live)
    while await projector.project_up_to(wanted):
        pass
    _check_reached(projector, wanted)
    return Comparison(await _digests(connection, live), await _digests(connection, _next(live)))


async def _catch_up(connection: Connection, projector: Projector, live: str) -> None:
    """Go on until the new models have at least what the live ones have: a client that read its writes must still see them."""
    wanted = await _positions(connection, live)
    while any(projector.positions.get(place, position) < position for place, position in wanted.items()):
        if not await projector.step():
            break
    _check_reached(projector, wanted)


async def _positions(connection: Connection, schema: str) -> dict[TopicPartition, int]:
    rows = await connection.fetch(f"SELECT topic, part, position FROM {quoted(schema)}.projection_positions")
    return {TopicPartition(row["topic"], row["part"]): row["position"] for row in rows}


def _check_reached(projector: Projector, wanted: Mapping[TopicPartition, int]) -> None:
    for place, position in wanted.items():
        reached = projector.positions.get(place, position)
        if reached < position:
            raise RebuildFailed(
                f"{place.topic} partition {place.partition} can be projected up to {reached} only, the live read models have "
                f"{position}: {projector.errors.get(place, 'the log gives no more')}. The live ones stay in place"
            )


async def _copy_skips(connection: Connection, live: str) -> None:
    await connection.execute(
        f"INSERT INTO {quoted(_next(live))}.projection_skips SELECT * FROM {quoted(live)}.projection_skips"
        " ON CONFLICT DO NOTHING"
    )


async def _exists(connection: Connection, schema: str) -> bool:
    return bool(await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{schema}.projection_positions"))


async def _drop(connection: Connection, schema: str) -> None:
    """Drop a schema that nobody writes to; readers of its last moments may get in each other's way."""
    for attempt in range(1, _DROP_TRIES + 1):
        try:
            await connection.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE")
        except asyncpg.DeadlockDetectedError:
            if attempt == _DROP_TRIES:
                raise
            await asyncio.sleep(0.1 * attempt)
        else:
            return


def _next(live: str) -> str:
    return f"{live}_next"


def _old(live: str) -> str:
    return f"{live}_old"


def _lock_name(live: str) -> str:
    return f"loanstream.rebuild.{live}"
