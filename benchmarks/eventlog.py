"""The log port on PostgreSQL beside the bare PL/pgSQL call and the bare SELECT, in one run: ``python -m benchmarks.eventlog``.

Prints ratios; figures without the same run's raw figure mean nothing on a shared machine.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from loanstream.eventlog.port import NewRecord, TopicDefinition, TopicPartition, Writer
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.embedded_postgres import EmbeddedPostgres

EVENTS, OUTCOMES, COMMANDS = "bench.events.v1", "bench.outcomes.v1", "bench.commands.v1"
PARTITIONS = 6
HOSTS = 30
SECONDS = 2.0
HEADERS = {f"ce_header{n}": f"0b6e4a52-0000-5000-8000-{n:012d}" for n in range(8)}
VALUE = b"x" * 400
NOW = datetime(2026, 1, 1, tzinfo=UTC)
APPEND = "SELECT fenced, reached FROM eventlog.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)"
SELECT = """
SELECT off, time, key, type, headers, value FROM eventlog.records
WHERE topic_id = $1 AND part = 0 AND off >= $2 ORDER BY off LIMIT $3
"""


_Columns = tuple[list[Any], ...]


def records(count: int, topic: str = EVENTS, partition: int = 0) -> list[NewRecord]:
    """``count`` records of the size of an event."""
    one = NewRecord(topic, partition, "loan-000000001", "loanstream.servicing.PaymentReceived.v1", HEADERS, VALUE, NOW)
    return [one] * count


async def rate(call: Callable[[], Awaitable[int]], seconds: float = SECONDS) -> float:
    """What ``call`` answers, per second."""
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        done += await call()
    return done / spent


async def appends(log: PostgresLog, connection: "asyncpg.Connection[asyncpg.Record]", topic_id: int) -> None:
    """One writer, one partition, growing batches."""
    writer = await log.writer("bench", 0)
    epoch = await connection.fetchval("SELECT epoch FROM eventlog.writers WHERE owner = 'bench' AND part = 0")
    for batch in (1, 10, 100, 1_000):
        some = records(batch)
        heads = ([topic_id], [0], [batch], [False])
        columns = _columns(some)

        async def bare(batch: int = batch, heads: _Columns = heads, columns: _Columns = columns) -> int:
            await connection.fetchrow(APPEND, ["bench"], [0], [epoch], *heads, *columns)
            return batch

        async def port(some: list[NewRecord] = some) -> int:
            await writer.commit(some)
            return len(some)

        # in short turns, so that both meet the same moods of the machine
        raw, ours = 0.0, 0.0
        for _ in range(8):
            raw += await rate(bare, SECONDS / 8) / 8
            ours += await rate(port, SECONDS / 8) / 8
        print(f"append, batch {batch:>5}: bare call {raw:>8,.0f} records/s   port {ours:>8,.0f}   {ours / raw:.0%}")


def _columns(some: list[NewRecord]) -> "_Columns":
    """The call's columns, made once: the bare call is measured without them."""
    return (
        [1] * len(some),
        list(range(len(some))),
        [record.time for record in some],
        [record.key for record in some],
        [record.type for record in some],
        [json.dumps(HEADERS) for record in some],
        [record.value for record in some],
    )


async def hosts(log: PostgresLog) -> None:
    """Thirty decider hosts in one process, each an event and an outcome per command."""
    writers = [await log.writer(f"service{n // PARTITIONS}", n % PARTITIONS) for n in range(HOSTS)]
    for commands in (1, 20):

        async def host(writer: Writer, commands: int = commands) -> float:
            async def step() -> int:
                batch = records(commands, EVENTS, writer.partition) + records(commands, OUTCOMES, writer.partition)
                await writer.commit(batch)
                return 1

            return await rate(step)

        commits = sum(await asyncio.gather(*map(host, writers)))
        print(
            f"{HOSTS} hosts, {commands:>3} commands a step: {commits:>8,.0f} commits/s   {2 * commands * commits:>8,.0f} records/s"
        )


async def reads(log: PostgresLog, connection: "asyncpg.Connection[asyncpg.Record]", topic_id: int) -> None:
    """A partition read whole, 1,000 records at a time."""
    place = TopicPartition(EVENTS, 0)
    position = 0

    async def port() -> int:
        nonlocal position
        found = await log.read({place: position}, 1_000)
        position = found[-1].offset + 1 if found else 0
        return len(found)

    async def bare() -> int:
        nonlocal position
        rows = await connection.fetch(SELECT, topic_id, position, 1_000)
        position = rows[-1]["off"] + 1 if rows else 0
        return len(rows)

    raw, ours = await rate(bare), await rate(port)
    print(f"read: bare select {raw:>8,.0f} records/s   port {ours:>8,.0f}   {ours / raw:.0%}")


async def wakeups(log: PostgresLog, dsn: str) -> None:
    """From the start of a send to the wake-up of a waiter with connections of its own."""
    other = PostgresLog(dsn)
    place = TopicPartition(COMMANDS, 0)
    delays = []
    for number in range(200):
        waiting = asyncio.create_task(other.wait({place: number}, 5))
        await asyncio.sleep(0.005)
        began = time.perf_counter()
        await log.send(records(1, COMMANDS))
        await waiting
        delays.append(1_000 * (time.perf_counter() - began))
    delays.sort()
    print(f"send to wake-up elsewhere: p50 {delays[100]:.1f} ms   p99 {delays[197]:.1f} ms")
    await other.close()


async def measure(dsn: str) -> None:
    """Everything, on an empty database."""
    log = PostgresLog(dsn)
    topics = [TopicDefinition(name, PARTITIONS, None, identity=True) for name in (EVENTS, OUTCOMES)]
    await log.apply([*topics, TopicDefinition(COMMANDS, PARTITIONS, timedelta(days=7))], "bench")
    connection = await asyncpg.connect(dsn)
    topic_id = await connection.fetchval("SELECT topic_id FROM eventlog.topics WHERE name = $1", EVENTS)
    await appends(log, connection, topic_id)
    await hosts(log)
    await reads(log, connection, topic_id)
    await wakeups(log, dsn)
    await connection.close()
    await log.close()


def main() -> None:
    """Measure on the DSN given, or on an embedded server in a temporary folder."""
    if len(sys.argv) > 1:
        asyncio.run(measure(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder, EmbeddedPostgres(Path(folder)) as dsn:
        asyncio.run(measure(dsn))


if __name__ == "__main__":
    main()
