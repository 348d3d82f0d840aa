"""The supervisor starts a failed host anew, stops in order and in time, and says what each host is at."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

import pytest
import structlog

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Fenced, OutcomeUnknown, TopicPartition
from loanstream.runtime.measuring import Rebuild
from loanstream.runtime.supervisor import Supervisor, Waits


class Fragile:
    """A host whose first steps fail; each step waits to be let go."""

    name = "fragile"

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.opened = 0
        self.closed = 0
        self.go = asyncio.Semaphore(0)
        self.stepped = asyncio.Event()

    async def open(self) -> None:
        """Count."""
        self.opened += 1

    async def step(self) -> bool:
        """Fail as often as asked for, then find nothing to do."""
        await self.go.acquire()
        if self.failures:
            self.failures -= 1
            raise OutcomeUnknown("the database hung up")
        self.stepped.set()
        return False

    async def close(self) -> None:
        """Count."""
        self.closed += 1

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Nothing."""
        return {}


async def test_a_host_that_failed_is_opened_anew_and_counts_as_settling_until_its_first_step_is_done() -> None:
    host = Fragile(failures=2)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    assert supervisor.settling == {"fragile"}
    for _ in range(3):
        host.go.release()
    async with asyncio.timeout(10):
        await host.stepped.wait()
    await asyncio.sleep(0)
    assert host.opened == 3
    assert supervisor.restarts == 2
    assert supervisor.settling == set()
    assert await supervisor.not_ready() == []
    supervisor.stop()
    host.go.release()
    async with asyncio.timeout(10):
        await running
    assert host.closed == 1


async def test_a_step_that_takes_very_long_says_where_it_waits() -> None:
    host = Fragile(failures=0)
    supervisor = Supervisor(MemoryLog(), [host], Waits(long_step=0.05))
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(supervisor.run())
        await asyncio.sleep(0.13)
        host.go.release()
        async with asyncio.timeout(10):
            await host.stepped.wait()
    told = [line for line in lines if line["event"] == "step takes long"]
    assert len(told) == 2
    assert told[0]["host"] == "fragile"
    assert "test_supervisor.step:" in told[0]["where"]
    supervisor.stop()
    host.go.release()
    await running


async def test_a_step_that_takes_longer_than_any_of_its_host_can_is_cut_off_and_the_host_starts_anew() -> None:
    class Bounded(Fragile):
        longest_step = 0.05

    host = Bounded(failures=0)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        while host.opened < 2:  # noqa: ASYNC110 - a supervisor has no event for it
            await asyncio.sleep(0.01)
        host.go.release()
        await host.stepped.wait()
    assert supervisor.restarts >= 1
    supervisor.stop()
    async with asyncio.timeout(10):
        await running


class Scripted:
    """A host whose first step does what ``script`` says."""

    name = "servicing.decider.3"

    def __init__(self, script: object) -> None:
        self.script = script
        self.rebuild = Rebuild()
        self.steps = 0
        self.closed = False
        self.begun = asyncio.Event()
        self.again = asyncio.Event()
        self.committed = False
        self.bound: Mapping[str, object] = {}

    async def open(self) -> None:
        """Rebuild for ever, where the script says so."""
        if self.script == "rebuild":
            self.rebuild.begin(1_000_000)
            self.rebuild.done = 120_000
            self.begun.set()
            await asyncio.sleep(3600)

    async def step(self) -> bool:
        """The first one is scripted; the others find nothing."""
        self.steps += 1
        self.bound = structlog.contextvars.get_contextvars()
        self.begun.set()
        if self.steps == 1:
            if isinstance(self.script, BaseException):
                raise self.script
            if isinstance(self.script, float):
                await asyncio.sleep(self.script)
                self.committed = True
        else:
            self.again.set()
        return False

    async def close(self) -> None:
        """Note it."""
        self.closed = True

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Nothing."""
        return {}


@pytest.mark.parametrize(
    ("error", "fenced"), [(Fenced("another"), 1), (OutcomeUnknown("hung up"), 0), (asyncio.CancelledError(), 0)]
)
async def test_whatever_ends_a_step_the_host_comes_back_also_when_something_under_it_was_cancelled(
    error: BaseException, fenced: int
) -> None:
    host = Scripted(error)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        await host.again.wait()
    assert (supervisor.restarted[host.name], supervisor.fenced[host.name]) == (1, fenced)
    assert supervisor.dead == set()
    supervisor.stop()
    await running
    assert host.closed


async def test_a_commit_under_way_ends_before_the_host_is_closed() -> None:
    host = Scripted(0.3)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    await host.begun.wait()
    supervisor.stop()
    await running
    assert host.committed
    assert host.closed


@pytest.mark.parametrize("script", [3600.0, "rebuild"])
async def test_what_does_not_end_in_time_is_cut_off_and_closed(script: object) -> None:
    host = Scripted(script)
    supervisor = Supervisor(MemoryLog(), [host], Waits(last_step=0.2))
    running = asyncio.create_task(supervisor.run())
    await host.begun.wait()
    begun = time.monotonic()
    supervisor.stop()
    await running
    assert 0.2 <= time.monotonic() - begun < 2
    assert host.closed
    assert not host.committed


async def test_a_host_in_a_rebuild_is_not_ready_and_says_how_far_it_is() -> None:
    host = Scripted("rebuild")
    supervisor = Supervisor(MemoryLog(), [host], Waits(last_step=0.0))
    running = asyncio.create_task(supervisor.run())
    await host.begun.wait()
    assert await supervisor.not_ready() == ["servicing.decider.3 is starting: 120,000 of 1,000,000 records read"]
    assert supervisor.dead == set()
    supervisor.stop()
    await running


async def test_a_host_whose_loop_was_ended_from_outside_counts_as_dead() -> None:
    host = Scripted(0.0)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    await host.begun.wait()
    loop = next(task for task in asyncio.all_tasks() if task.get_name() == host.name)
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop
    assert supervisor.dead == {host.name}
    supervisor.stop()
    await running


async def test_lines_of_a_host_carry_its_service_and_partition() -> None:
    host = Scripted(0.0)
    supervisor = Supervisor(MemoryLog(), [host])
    running = asyncio.create_task(supervisor.run())
    await host.begun.wait()
    supervisor.stop()
    await running
    assert host.bound == {"host": host.name, "service": "servicing", "role": "decider", "partition": "3"}
    assert structlog.contextvars.get_contextvars() == {}
