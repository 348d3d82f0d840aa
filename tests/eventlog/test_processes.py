"""Several processes on one log: a tailing reader skips nothing, and what a killed writer was told stays."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from loanstream.eventlog.identity import IDENTITY_TYPE
from loanstream.eventlog.port import Record, TopicDefinition, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from tests.eventlog.records import everything, keys
from tests.eventlog.workers import EVENTS, OUTCOMES, PARTITIONS, TASKS

pytestmark = pytest.mark.postgres

TOPICS = [TopicDefinition(name, PARTITIONS, None, identity=True) for name in (EVENTS, OUTCOMES)]
PLACES = [TopicPartition(topic, n) for topic in (EVENTS, OUTCOMES) for n in range(PARTITIONS)]
ROOT = Path(__file__).parents[2]

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
async def log(fresh_database: str) -> AsyncIterator[PostgresLog]:
    """A log with the topics of the load."""
    log = PostgresLog(fresh_database)
    await log.apply(TOPICS, "load")
    yield log
    await log.close()


@pytest.fixture
def start(fresh_database: str) -> Iterator[Start]:
    """Starts a worker process on the test's database; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(task: str, *arguments: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.eventlog.workers", task, fresh_database, *map(str, arguments)]
        started.append(subprocess.Popen(command, cwd=ROOT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def test_a_tailing_reader_skips_nothing_of_what_many_processes_append(
    log: PostgresLog, start: Start, tmp_path: Path
) -> None:
    rounds = 40
    workers = [start("load", f"p{n}", tmp_path / f"p{n}", rounds) for n in range(3)]
    positions = dict.fromkeys(PLACES, 0)
    seen: list[Record] = []
    while (running := any(worker.poll() is None for worker in workers)) or await log.wait(positions, 0):
        for record in await log.read(positions, 50):
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            seen.append(record)
        if running:
            await log.wait(positions, 0.05)
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    for place in PLACES:
        assert [r.offset for r in seen if (r.topic, r.partition) == place] == list(
            range((await log.ends([place]))[place])
        )
    appended = Counter(r.key for r in seen if r.topic == OUTCOMES and r.type != IDENTITY_TYPE)
    acknowledged = [line for n in range(3) for line in _reported(tmp_path / f"p{n}")]
    assert len(acknowledged) == 3 * TASKS * rounds
    assert appended == Counter(acknowledged)


async def test_a_killed_writer_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    log: PostgresLog, start: Start, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    for turn in range(2):
        report = tmp_path / f"k{turn}"
        victim = start("load", f"k{turn}", report, 1_000_000)
        await _until(lambda path=report: len(_reported(path)) > 50)  # type: ignore[misc]
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        acknowledged += _reported(report)
        async with asyncio.timeout(2):
            await (await log.writer(f"k{turn}-0", 0)).commit([])
    _check(await everything(log, PLACES, 1_000), acknowledged, unknown_at_most=2 * TASKS)


async def test_partitions_of_a_killed_process_are_free_at_once(log: PostgresLog, start: Start, tmp_path: Path) -> None:
    report = tmp_path / "held"
    owner = start("hold", EVENTS, report)
    await _until(lambda: report.exists() and report.read_text() == "0 1 2")
    member = log.membership("g", EVENTS)
    assert await member.refresh() == frozenset()
    owner.kill()
    async with asyncio.timeout(2):
        await _until_owned(log, PARTITIONS)


async def test_partitions_of_a_hung_process_become_free_and_it_learns_of_it(
    log: PostgresLog, start: Start, tmp_path: Path
) -> None:
    report = tmp_path / "held"
    owner = start("hold", EVENTS, report)
    await _until(lambda: report.exists() and report.read_text() == "0 1 2")
    os.kill(owner.pid, signal.SIGSTOP)
    async with asyncio.timeout(5):
        await _until_owned(log, PARTITIONS)
    os.kill(owner.pid, signal.SIGCONT)
    await _until(lambda: report.read_text() == "")


def _check(found: Sequence[Record], acknowledged: Sequence[str], unknown_at_most: int) -> None:
    """All that was acknowledged is there, nothing twice, no commit torn, and no more besides than was under way."""
    counts = Counter((record.topic, record.key) for record in found)
    assert set(counts.values()) == {1}
    events = {key for key in keys([r for r in found if r.topic == EVENTS]) if "/" not in key}
    outcomes = set(keys([r for r in found if r.topic == OUTCOMES]))
    assert events == outcomes
    assert set(acknowledged) <= outcomes
    assert len(outcomes) - len(acknowledged) <= unknown_at_most


def _reported(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1_500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about within 30 seconds")


async def _until_owned(log: PostgresLog, count: int) -> None:
    member = log.membership("g", EVENTS)
    while len(await member.refresh()) < count:  # noqa: ASYNC110 - ownership is asked for, it is not announced
        await asyncio.sleep(0.02)
