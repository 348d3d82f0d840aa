"""Processes with reactors that are killed or asked to stop under load: every event is reacted to, effects happen once."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from loanstream.eventlog.port import NewRecord
from tests.kafka.reactor_bench import Bench, expected_ids, ids_of, subjects

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

START_SECONDS = 40
FAIL_OVER_SECONDS = 30


class Workers:
    """Processes that belong to a test."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> asyncio.subprocess.Process:
        """One more, reading its partitions."""
        arguments = [self.bench.cluster.servers, self.bench.dsn, self.bench.name]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kafka.reactor_worker",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), START_SECONDS) == b"ready\n"
        return process


@pytest.fixture
async def workers(bench: Bench) -> AsyncIterator[Workers]:
    """Ended with the test."""
    found = Workers(bench)
    yield found
    for process in found.processes:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def load(bench: Bench) -> AsyncIterator[list[NewRecord]]:
    """Events that keep coming, until the end of the block."""
    written: list[NewRecord] = []
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            records = [bench.ordered(subject, customer=f"c-{subject}") for subject in subjects(25)]
            await bench.happen(*records)
            written.extend(records)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(write())
    try:
        yield written
    finally:
        over.set()
        await task


async def test_a_killed_worker_s_events_are_all_reacted_to_by_the_next(bench: Bench, workers: Workers) -> None:
    async with load(bench) as written:
        for _ in range(2):
            process = await workers.start()
            await asyncio.sleep(0.7)
            process.kill()
            await process.wait()
        await workers.start()
    await bench.until_handled(FAIL_OVER_SECONDS)
    await _check(bench, written)


async def test_the_other_of_two_workers_takes_over_from_a_killed_one(bench: Bench, workers: Workers) -> None:
    first, _second = await workers.start(), await workers.start()
    async with load(bench) as written:
        await asyncio.sleep(3)
        first.kill()
        await asyncio.sleep(1)
    await bench.until_handled(FAIL_OVER_SECONDS)
    await _check(bench, written)


async def test_a_worker_that_is_asked_to_stop_leaves_nothing_to_repeat(bench: Bench, workers: Workers) -> None:
    async with load(bench) as written:
        for _ in range(2):
            process = await workers.start()
            await asyncio.sleep(1.5)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        await workers.start()
    await bench.until_handled(FAIL_OVER_SECONDS)
    await _check(bench, written)
    repeated = {one: times for one, times in Counter(ids_of(await bench.commands())).items() if times > 1}
    assert repeated == {}


async def _check(bench: Bench, written: list[NewRecord]) -> None:
    """Every event has its command, a command sent twice is the same one, and every effect stands there once."""
    commands = await bench.commands()
    assert len(written) > 50
    assert sorted(set(ids_of(commands))) == expected_ids(written)
    assert len({(one.headers["ce_id"], one.key, one.value) for one in commands}) == len(written)
    effects = await bench.store.effects("shipping", limit=100_000)
    assert sorted(row.recipient for row in effects) == sorted(f"c-{record.key}" for record in written)
    assert await bench.store.dead_letters(bench.name) == []
