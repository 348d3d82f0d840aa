"""``python -m benchmarks [--kafka] [--large] [--demo]``: every row against its raw loop; writes ``docs/performance.md``."""

import argparse
import asyncio
import logging
import signal
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from benchmarks import (
    days,
    deciding,
    demo,
    engine_schedules,
    kafka,
    kafka_deciding,
    kafka_failover,
    kafka_reactions,
    latency,
    memory,
    payments,
    rebuilds,
    report,
    schedules,
)
from benchmarks.measuring import Result
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.embedded_postgres import EmbeddedPostgres

_LOANS = 3_000
_RECEIPTS_OF_CHAIN = 8_000
_REQUESTS = 600
_REACTIONS = 10_000
_DUE = 100_000
_LARGE = 1_000_000


Row = tuple[str, Callable[[], list[Result]]]


def main() -> None:
    """Measure, print, write the page."""
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    began = time.monotonic()
    parts: dict[str, list[Result]] = {}
    if not options.kafka:
        parts[report.POSTGRES] = _measured(_postgres_rows(options.large, options.demo))
    on_kafka, missing = _kafka_part(options.large)
    if not missing:
        parts[report.KAFKA] = on_kafka
    report.show([result for results in parts.values() for result in results] + missing)
    if not options.no_page:
        report.write(parts, asyncio.run(_server()), (time.monotonic() - began) / 60)


def _measured(rows: Iterable[Row]) -> list[Result]:
    results: list[Result] = []
    for name, measure in rows:
        at = time.monotonic()
        found = measure()
        results += found
        print(f"{name}: {time.monotonic() - at:.0f} s", flush=True)
        for result in found:
            print(
                f"  {result.what}: {result.measured} ({result.target}) {result.verdict}   {result.detail}", flush=True
            )
    return results


def _postgres_rows(large: bool, whole_demo: bool) -> Iterator[Row]:
    yield "schedules", schedules.measure
    yield "schedules of the engine", engine_schedules.measure
    yield "payments in the engine", payments.measure
    yield "HTTP", lambda: latency.measure(_REQUESTS)
    yield "deciding, rebuilding, chain", lambda: _on_postgres(_streams)
    yield "memory", lambda: memory.measure(20_000, 1_000, 5_000)
    for count in _counts(large):
        yield f"end of day, {count:,} loans", partial(_on_postgres, partial(days.on_postgres, count=count))
    yield "demo", lambda: demo.measure(whole_demo)


def _kafka_part(large: bool) -> tuple[list[Result], list[Result]]:
    """The rows on Kafka; or none, and one that says why: what the page has of an earlier run then stays."""
    try:
        with kafka.cluster() as settings:
            if settings is not None:
                return _measured(_kafka_rows(settings, large)), []
            why = kafka.MISSING
    except kafka.NotEmpty as error:
        why = str(error)
    print(f"Kafka: {why}", flush=True)
    return [], [Result("everything on Kafka", "section 16 of the design", "not measured", None, why)]


def _kafka_rows(settings: ClusterSettings, large: bool) -> Iterator[Row]:
    """Each begins on an empty cluster."""

    def cleared(measure: Callable[[], list[Result]]) -> Callable[[], list[Result]]:
        def measured() -> list[Result]:
            try:
                return measure()
            finally:
                asyncio.run(kafka.clear(settings))

        return measured

    yield "deciding, rebuilding, chain", cleared(lambda: _on_postgres(partial(_kafka_streams, settings)))
    yield "HTTP", cleared(lambda: latency.on_kafka(settings, _REQUESTS))
    yield "fail-over", cleared(lambda: kafka_failover.measure(settings))
    yield "reactions", cleared(lambda: _on_postgres(lambda dsn: kafka_reactions.measure(settings, dsn, _REACTIONS)))
    for count in _counts(large):
        yield f"end of day, {count:,} loans", cleared(partial(_run, days.on_kafka, settings, count))


def _counts(large: bool) -> tuple[int, ...]:
    return (_DUE, _LARGE) if large else (_DUE,)


def _end(number: int, _frame: object) -> None:
    """Leave by the front door, so that servers started for a measurement are stopped."""
    raise SystemExit(128 + number)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="end of day with 1,000,000 loans too")
    parser.add_argument("--kafka", action="store_true", help="only what is on Kafka; the rest of the page stays")
    parser.add_argument("--no-page", action="store_true", help="only print")
    parser.add_argument("--demo", action="store_true", help="run the whole demo as well")
    return parser.parse_args()


def _on_postgres(measure: Callable[[str], Coroutine[Any, Any, list[Result]]]) -> list[Result]:
    """Rows measured on an empty embedded server."""
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder, EmbeddedPostgres(Path(folder)) as dsn:
        return asyncio.run(measure(dsn))


def _run(measure: Callable[..., Coroutine[Any, Any, list[Result]]], *arguments: object) -> list[Result]:
    return asyncio.run(measure(*arguments))


async def _kafka_streams(settings: ClusterSettings, dsn: str) -> list[Result]:
    """As :func:`_streams`, on Kafka; the log holds no loan that lies only in the state when others read it."""
    bench = await kafka_deciding.KafkaBench.open(settings)
    results = await deciding.measure(bench, _LOANS, kafka_deciding.GOAL)
    where = rebuilds.on_kafka(settings)
    results.append(await rebuilds.state(bench, where))
    results.append(await rebuilds.read_models(where, dsn))
    results.append(await rebuilds.audit(where))
    results.append(await kafka_deciding.more_loans(bench, _LOANS))
    what = "chain on against off, on Kafka"
    results.append(await deciding.chain_cost(bench, _RECEIPTS_OF_CHAIN, 10_000_000, what))
    await bench.close()
    return results


async def _streams(dsn: str) -> list[Result]:
    """The rows that share one log full of loans, in an order in which none spoils the next."""
    bench = await deciding.PostgresBench.open(dsn)
    results = await deciding.measure(bench, _LOANS)
    where = rebuilds.on_postgres(dsn)
    results.append(await rebuilds.state(bench, where))
    results.append(await rebuilds.read_models(where, dsn))
    results.append(await rebuilds.audit(where))
    results.append(await deciding.chain_cost(bench, _RECEIPTS_OF_CHAIN, 10_000_000))
    await bench.close()
    return results


async def _server() -> str:
    """Version of the embedded server."""
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder, EmbeddedPostgres(Path(folder)) as dsn:
        connection = await asyncpg.connect(dsn)
        version = await connection.fetchval("SHOW server_version")
        await connection.close()
        return str(version)


if __name__ == "__main__":
    main()
