"""The supervisor starts a failed host anew, and says which hosts do not know yet what there is to do."""

import asyncio
from collections.abc import Mapping

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import OutcomeUnknown, TopicPartition
from loanstream.runtime.supervisor import Supervisor


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
