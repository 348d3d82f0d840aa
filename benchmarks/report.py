"""The table on the screen and the page ``docs/performance.md``."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Result

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"

_INTRODUCTION = """# Performance

What `make bench` measured last. Every row is a **ratio** against a raw loop of the same run on the same machine, in turns;
absolute figures say nothing about another machine. Of the turns the best of each counts; for the decider host and the chain the
faster half of the batches of each, for the HTTP command the turn with the best p50. A missed target is stated as such, with where
the time or memory goes. Nothing fails on a time.
"""

_HOW = """
## How it is measured

- **Decider host**: the real servicing service on PostgreSQL, chain on, 500 commands a transaction, one partition. After each
  batch the bare PL/pgSQL append writes the very same records (bytes, headers, count) into other topics, with columns made
  beforehand. The host's time includes reading and decoding the commands, deciding, encoding, hashing and the commit.
- **One command**: `loanstream up` as a process of its own on an empty folder, `POST /api/servicing/receipts` one after the other
  until the answer with the decided events.
- **Rebuild**: a host opened without a snapshot against `PostgresLog.read` of the same events and outcomes; read models against
  their own `unnest` statements, arrays made beforehand, in the same transactions.
- **Memory**: the real deciding without a log, loans of 48 instalments (closed ones 12); all objects behind the fold are counted.
  1,000 loans are paid 36 times.
- **End of day**: on PostgreSQL, one partition, loans of many thousand kinds; no loan is in arrears.
- **Chain**: the host's processor time with and without the hash, in turns of a batch; `audit verify` against a raw read.

`python -m benchmarks.eventlog` measures the log adapter alone. Kafka rows of the targets are measured once that adapter runs.
"""


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    table = Table("what", "target", "measured", "", title="Benchmarks: ratios in one run")
    for result in results:
        table.add_row(result.what, result.target, result.measured, result.verdict)
    Console(width=140).print(table)


def write(results: Sequence[Result], server: str, minutes: float) -> None:
    """Write the page."""
    PAGE.write_text(page(results, server, minutes), encoding="utf-8")


def page(results: Sequence[Result], server: str, minutes: float) -> str:
    """The page's text."""
    return "\n".join([_INTRODUCTION, _machine(server, minutes), "", *_table(results), *_misses(results), _HOW])


def _machine(server: str, minutes: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[2]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} in {minutes:.0f} minutes: {os.cpu_count()} cores ({platform.machine()}), "
        f"{memory:.0f} GB memory, Python {platform.python_version()}, PostgreSQL {server} (embedded, `fsync` on), load average of "
        f"the last quarter of an hour {load:.1f} (what else runs on the machine slows ours and raw alike)."
    )


def _table(results: Sequence[Result]) -> list[str]:
    head = ["| what | target | measured | | figures of this run |", "|---|---|---|---|---|"]
    return head + [f"| {r.what} | {r.target} | {r.measured} | {r.verdict} | {r.detail} |" for r in results]


def _misses(results: Sequence[Result]) -> list[str]:
    missed = [result for result in results if result.met is False and result.why]
    if not missed:
        return []
    lines = [
        "",
        "## Where the missed targets go",
        "",
        "Shares are of the profiled time in the functions themselves.",
        "",
    ]
    return lines + [f"- **{result.what}** ({result.measured}): {result.why}." for result in missed]
