"""``python -m benchmarks [--large] [--demo]``: every row against its raw loop; writes ``docs/performance.md``."""

import argparse
import asyncio
import logging
import signal
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from benchmarks import days, deciding, demo, latency, memory, rebuilds, report, schedules
from benchmarks.measuring import Result
from loanstream.runtime.embedded_postgres import EmbeddedPostgres

_LOANS = 3_000
_RECEIPTS_OF_CHAIN = 8_000
_REQUESTS = 600
_DUE = 100_000
_LARGE = 1_000_000


def main() -> None:
    """Measure, print, write the page."""
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.monotonic()
    results: list[Result] = []
    for name, rows in (
        ("schedules", schedules.measure),
        ("HTTP", lambda: latency.measure(_REQUESTS)),
        ("deciding, rebuilding, chain", lambda: _on_postgres(_streams)),
        ("memory", lambda: memory.measure(20_000, 1_000, 5_000)),
        ("end of day", lambda: _on_postgres(lambda dsn: days.on_postgres(dsn, _DUE))),
        *(
            [("end of day, large", lambda: _on_postgres(lambda dsn: days.on_postgres(dsn, _LARGE)))]
            if options.large
            else []
        ),
        ("demo", lambda: demo.measure(options.demo)),
    ):
        at = time.monotonic()
        found = rows()
        results += found
        print(f"{name}: {time.monotonic() - at:.0f} s", flush=True)
        for result in found:
            print(
                f"  {result.what}: {result.measured} ({result.target}) {result.verdict}   {result.detail}", flush=True
            )
    report.show(results)
    report.write(results, asyncio.run(_server()), (time.monotonic() - began) / 60)


def _end(number: int, _frame: object) -> None:
    """Leave by the front door, so that servers started for a measurement are stopped."""
    raise SystemExit(128 + number)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="end of day with 1,000,000 loans too")
    parser.add_argument("--demo", action="store_true", help="run the whole demo as well")
    return parser.parse_args()


def _on_postgres(measure: Callable[[str], Coroutine[Any, Any, list[Result]]]) -> list[Result]:
    """Rows measured on an empty embedded server."""
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder, EmbeddedPostgres(Path(folder)) as dsn:
        return asyncio.run(measure(dsn))


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
