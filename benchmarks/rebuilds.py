"""Rebuilding from the log: state against a raw read, read models against a raw upsert, the audit against a raw read."""

import cProfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from benchmarks import loans, raw_kafka
from benchmarks.deciding import Bench
from benchmarks.measuring import Pair, Result, top_functions
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import EventLog, Record, TopicPartition
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
TOPICS = [topic(loans.CONTEXT, role) for role in (Role.EVENTS, Role.OUTCOMES)]


@dataclass(frozen=True, slots=True)
class Where:
    """A log full of loans: how to open it, and how to read the events and outcomes of partition 0 without looking at them."""

    suffix: str
    raw: str
    open: Callable[[], EventLog]
    read: Callable[[], Awaitable[object]]


def on_postgres(dsn: str) -> Where:
    """The log of a database, read through the log itself."""

    async def read() -> None:
        log = PostgresLog(dsn)
        await _read_all(log)
        await log.close()

    return Where("", "a raw read", lambda: PostgresLog(dsn), read)


def on_kafka(settings: ClusterSettings) -> Where:
    """The log of a cluster, read with aiokafka's consumer."""

    async def read() -> int:
        return await raw_kafka.read_all(settings, TOPICS)

    return Where(" on Kafka", "a raw read (`getmany`)", lambda: KafkaLog(settings), read)


async def state(bench: Bench, where: Where) -> Result:
    """A host opened from offset 0 against a read of the same records that looks at none of them."""
    await bench.host.close()
    log = where.open()
    pair = Pair.empty()
    events = 0
    for _ in range(TURNS):
        fresh = where.open()  # nothing is buffered yet
        host = _fresh(fresh, bench.clock)
        pair.ours.append(await _timed(host.open()))
        events = host.recovered
        await host.close()
        await fresh.close()
        pair.raw.append(await _timed(where.read()))
    host = _fresh(log, bench.clock)
    why = await _profiled(host.open())
    await host.close()
    await log.close()
    rate = events / min(pair.ours)
    detail = (
        f"{events:,} events with their outcomes folded in {min(pair.ours):.2f} s, read raw in {min(pair.raw):.2f} s "
        f"({rate:,.0f} events/s)"
    )
    row = _share(f"rebuild of state{where.suffix}", f"≥ 50 % of {where.raw}", 0.5, pair, detail, why)
    return replace(row, figures={"events a second": rate})


async def audit(where: Where) -> Result:
    """``audit verify`` against the same read."""
    log = where.open()
    pair = Pair.empty()
    for _ in range(TURNS):
        fresh = where.open()
        began = time.perf_counter()
        verification = await verify(fresh, (loans.CONTEXT,))
        pair.ours.append(time.perf_counter() - began)
        await fresh.close()
        if not verification.intact:
            raise RuntimeError(f"the benchmark's own streams do not verify: {verification.findings[:3]}")
        pair.raw.append(await _timed(where.read()))
    why = await _profiled(verify(log, (loans.CONTEXT,)))
    await log.close()
    detail = f"{verification.events:,} events and {verification.outcomes:,} outcomes in {min(pair.ours):.2f} s"
    return _share(f"audit verify{where.suffix}", f"≥ 60 % of {where.raw}", 0.6, pair, detail, why)


async def read_models(where: Where, dsn: str) -> Result:
    """A rebuild against the bare ``unnest`` statements with the same rows, made beforehand."""
    log, pool = where.open(), await open_pool(dsn)
    async with pool.acquire() as connection:
        await prepare(connection, loans.servicing(), read_schema(loans.CONTEXT))
    pair = Pair.empty()
    events = 0
    for _ in range(TURNS):
        fresh = where.open()
        report = await rebuilding.rebuild(loans.servicing(), fresh, pool)
        await fresh.close()
        events = report.events
        pair.ours.append(report.seconds)
        pair.raw.append(await _raw_upserts(log, pool))
    why = await _profiled(rebuilding.rebuild(loans.servicing(), log, pool))
    await pool.close()
    await log.close()
    detail = f"{events:,} records in {min(pair.ours):.2f} s, the statements alone {min(pair.raw):.2f} s"
    return _share(f"rebuild of read models{where.suffix}", "≥ 50 % of a raw unnest upsert", 0.5, pair, detail, why)


async def _read_all(log: EventLog) -> list[Record]:
    """Every event and outcome of the partition, nothing decoded but what the port gives; kept are the last ones."""
    kept: list[Record] = []
    for name in TOPICS:
        place, position = TopicPartition(name, 0), 0
        while found := await log.read({place: position}, _READ):
            position = found[-1].offset + 1
            kept = found
    return kept


def _fresh(log: EventLog, clock: loans.SteppedClock) -> DeciderHost:
    return DeciderHost(loans.servicing(), 0, log, clock, MemoryStore())


async def _raw_upserts(log: EventLog, pool: Pool) -> float:
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
