"""Rebuilding from the log: state against a raw read, read models against a raw upsert, the audit against a raw read."""

import cProfile
import time
from typing import Any

import asyncpg

from benchmarks import loans
from benchmarks.deciding import Bench
from benchmarks.measuring import Pair, Result, top_functions
from loanstream.eventlog.port import Record, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime import rebuilding
from loanstream.runtime.auditing import verify
from loanstream.runtime.database import Pool, open_pool, quoted
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.projecting import Projecting
from loanstream.runtime.projector import prepare, read_schema
from loanstream.runtime.upserts import RowBatch, Statement, column_types
from schemas.topics import Role, topic

TURNS = 3
_READ = 5_000
_SCHEMA = "bench_raw"


async def state(bench: Bench, dsn: str) -> Result:
    """A host opened from offset 0 against a read of the same records that looks at none of them."""
    await bench.host.close()
    log = PostgresLog(dsn)
    pair = Pair.empty()
    events = 0
    for _ in range(TURNS):
        host = _fresh(log, bench.clock)
        pair.ours.append(await _timed(host.open()))
        events = host.recovered
        await host.close()
        pair.raw.append(await _timed(read_all(log)))
    why = await _profiled(_fresh(log, bench.clock).open())
    await log.close()
    detail = (
        f"{events:,} events with their outcomes folded in {min(pair.ours):.2f} s, read raw in {min(pair.raw):.2f} s"
    )
    return _share("rebuild of state", "≥ 50 % of a raw read", 0.5, pair, detail, why)


async def audit(dsn: str) -> Result:
    """``audit verify`` against the same read."""
    log = PostgresLog(dsn)
    pair = Pair.empty()
    for _ in range(TURNS):
        began = time.perf_counter()
        verification = await verify(log, (loans.CONTEXT,))
        pair.ours.append(time.perf_counter() - began)
        if not verification.intact:
            raise RuntimeError(f"the benchmark's own streams do not verify: {verification.findings[:3]}")
        pair.raw.append(await _timed(read_all(log)))
    why = await _profiled(verify(log, (loans.CONTEXT,)))
    await log.close()
    detail = f"{verification.events:,} events and {verification.outcomes:,} outcomes in {min(pair.ours):.2f} s"
    return _share("audit verify", "≥ 60 % of a raw read", 0.6, pair, detail, why)


async def read_models(dsn: str) -> Result:
    """A rebuild against the bare ``unnest`` statements with the same rows, made beforehand."""
    log, pool = PostgresLog(dsn), await open_pool(dsn)
    async with pool.acquire() as connection:
        await prepare(connection, loans.servicing(), read_schema(loans.CONTEXT))
    pair = Pair.empty()
    events = 0
    for _ in range(TURNS):
        report = await rebuilding.rebuild(loans.servicing(), log, pool)
        events = report.events
        pair.ours.append(report.seconds)
        pair.raw.append(await _raw_upserts(log, pool))
    why = await _profiled(rebuilding.rebuild(loans.servicing(), log, pool))
    await pool.close()
    await log.close()
    detail = f"{events:,} records in {min(pair.ours):.2f} s, the statements alone {min(pair.raw):.2f} s"
    return _share("rebuild of read models", "≥ 50 % of a raw unnest upsert", 0.5, pair, detail, why)


async def read_all(log: PostgresLog) -> list[Record]:
    """Every event and outcome of the partition, nothing decoded but what the port gives; kept are the last ones."""
    kept: list[Record] = []
    for role in (Role.EVENTS, Role.OUTCOMES):
        place, position = TopicPartition(topic(loans.CONTEXT, role), 0), 0
        while found := await log.read({place: position}, _READ):
            position = found[-1].offset + 1
            kept = found
    return kept


def _fresh(log: PostgresLog, clock: loans.SteppedClock) -> DeciderHost:
    return DeciderHost(loans.servicing(), 0, log, clock, MemoryStore())


async def _raw_upserts(log: PostgresLog, pool: Pool) -> float:
    """Seconds of the statements alone, in the same transactions and with the same settings as a rebuild's."""
    async with pool.acquire() as connection:
        await connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        await prepare(connection, loans.servicing(), _SCHEMA)
        await connection.execute(f"SET search_path TO {quoted(_SCHEMA)}")
        await connection.execute("SET synchronous_commit TO off")
        types = await column_types(connection, _SCHEMA)
        seconds = 0.0
        projecting = Projecting(loans.servicing())
        positions = {TopicPartition(name, 0): 0 for name in projecting.topics}
        while records := await log.read(positions, rebuilding.BATCH):
            rows = RowBatch()
            for record in records:
                projecting.add(rows, record)
                positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            seconds += await _execute(connection, list(rows.statements(types)))
        return seconds


async def _execute(connection: "asyncpg.pool.PoolConnectionProxy[Any]", statements: list[Statement]) -> float:
    began = time.perf_counter()
    async with connection.transaction():
        for sql, arrays in statements:
            await connection.execute(sql, *arrays)
    return time.perf_counter() - began


async def _timed(work: Any) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _profiled(work: Any) -> str:
    profile = cProfile.Profile()
    profile.enable()
    await work
    profile.disable()
    return top_functions(profile)


def _share(what: str, target: str, least: float, pair: Pair, detail: str, why: str) -> Result:
    return Result(what, target, f"{pair.share:.0%}", pair.share >= least, detail, why)
