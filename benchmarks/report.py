"""The table on the screen and the page ``docs/performance.md``."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import load
from benchmarks.measuring import Result

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"

POSTGRES = "On PostgreSQL, and without a log"
KAFKA = "On Kafka"

_INTRODUCTION = """# Performance

What `make bench` measured last. Every row is a **ratio** against a raw loop of the same run on the same machine, in turns;
absolute figures say nothing about another machine. Of the turns the best of each counts; for the decider host and the chain the
faster half of the batches of each, for the HTTP command the turn with the best p50. A missed target is stated as such, with where
the time or memory goes. Nothing fails on a time.
"""

_MEASURED_APART = (
    "Not measured yet: `python -m benchmarks` measures everything, `python -m benchmarks --kafka` what is on Kafka."
)
_OLD_BEGIN, _HOW_HEADING = "\nMeasured ", "## How it is measured"

_HOW = f"""
{_HOW_HEADING}

- **Decider host**: the real servicing service on PostgreSQL, chain on, 500 commands a transaction, one partition. After each
  batch the bare PL/pgSQL append writes the very same records (bytes, headers, count) into other topics, with columns made
  beforehand. The host's time includes reading and decoding the commands, deciding, encoding, hashing and the commit.
- **One command**: `loanstream up` as a process of its own on an empty folder, `POST /api/servicing/receipts` one after the other
  until the answer with the decided events.
- **Rebuild**: a host opened without a snapshot against `PostgresLog.read` of the same events and outcomes; read models against
  their own `unnest` statements, arrays made beforehand, in the same transactions.
- **Memory**: the real deciding without a log, loans of 48 instalments (closed ones 12); all objects behind the fold are counted.
  1,000 loans are paid 36 times.
- **End of day**: on PostgreSQL one partition, loans of many thousand kinds; no loan is in arrears.
- **Chain**: the host's processor time with and without the hash, in turns of a batch; `audit verify` against a raw read.

On Kafka, with everything in one process beside one broker on the same cores:

- **Decider host**: turns of 2,000 commands that wait in one partition, 500 a transaction. The host reads them with a client that
  has fetched nothing yet. Then a paused `AIOKafkaConsumer` is resumed, consumes the same commands with `getmany`, and a
  transactional producer writes the very same records (bytes, headers, count) batch by batch with `create_batch` and `send_batch`,
  each future awaited, one commit for each of the host's; keys, values and headers are encoded beforehand. The host's time
  includes reading, deciding, encoding, hashing, and the wait until readers see the commit, which the raw loop does without.
- **Ten times the loans**: processor time of payments to the same loans, the others put into the state only.
- **One command**: `loanstream up` with LOANSTREAM_KAFKA_SERVERS set, all hosts of all services in one process.
- **Fail-over**: two processes `loanstream serve servicing --role decider`, a command to each of six partitions every 20 ms; from
  the signal to the end of the longest pause of the slowest partition, rebalance included. The last kill comes after every partition
  has grown, so that the successor folds a tail first. Afterwards each command has one outcome and the streams verify, or the row
  says what has not.
- **Rebuild, audit**: against `getmany` of the same events and outcomes by a consumer of its own; read models as on PostgreSQL.
- **Reactions**: risk's reactor, one command for an event and its position in PostgreSQL, beside an agent of the same app that
  sends the same commands made beforehand, acknowledgements awaited a hundred at a time.
- **End of day**: six hosts in one process, one for each partition, beside six transactional producers at once.

`python -m benchmarks.eventlog` measures the log adapter on PostgreSQL alone.
"""


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    table = Table("what", "target", "measured", "", title="Benchmarks: ratios in one run")
    for result in results:
        table.add_row(result.what, result.target, result.measured, result.verdict)
    Console(width=140).print(table)


def write(parts: Mapping[str, Sequence[Result]], server: str, minutes: float) -> None:
    """Write the page: the parts measured now anew, the others as they stand there."""
    PAGE.write_text(page(parts, server, minutes, PAGE.read_text("utf-8") if PAGE.exists() else ""), encoding="utf-8")


def page(parts: Mapping[str, Sequence[Result]], server: str, minutes: float, before: str) -> str:
    """The page's text; ``before`` is the page of an earlier run."""
    sections = [
        _section(name, parts[name], server, minutes) if name in parts else f"## {name}\n\n{_kept(name, before)}\n"
        for name in (POSTGRES, KAFKA)
    ]
    return "\n".join([_INTRODUCTION, *sections]) + _HOW


def _section(name: str, results: Sequence[Result], server: str, minutes: float) -> str:
    lines = [f"## {name}", "", _machine(server, minutes), "", *_table(results), *_misses(results)]
    if name == KAFKA:
        lines += load.text(results)
    return "\n".join([*lines, ""])


def _kept(name: str, before: str) -> str:
    """What an earlier page has of a part; the first pages had one part only, without a heading."""
    heading = f"## {name}\n"
    if heading in before:
        return re.split(r"^## ", before.partition(heading)[2], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if name == POSTGRES and _OLD_BEGIN in before:
        old = before[before.index(_OLD_BEGIN) : before.index(_HOW_HEADING)].strip()
        return old.replace("\n## ", "\n### ")
    return _MEASURED_APART


def _machine(server: str, minutes: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    average = os.getloadavg()[2]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} in {minutes:.0f} minutes: {os.cpu_count()} cores ({platform.machine()}), "
        f"{memory:.0f} GB memory, Python {platform.python_version()}, PostgreSQL {server} (embedded, `fsync` on), load average of "
        f"the last quarter of an hour {average:.1f} (what else runs on the machine slows ours and raw alike)."
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
        "### Where the missed targets go",
        "",
        "Shares are of the profiled time in the functions themselves.",
        "",
    ]
    return lines + [f"- **{result.what}** ({result.measured}): {result.why}." for result in missed]
