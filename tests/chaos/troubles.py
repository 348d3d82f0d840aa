"""What is done to the system, when, and how often it was done."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from tests.chaos.cutting import Cut
from tests.chaos.fleet import ALL, SERVICES, Fleet, Member
from tests.support.kafka_cluster import LocalCluster

KILL_EVERY = 12.0
KILL_JITTER = 4.0
PAUSE_SECONDS = 20.0
CUT_SECONDS = 10.0
RECOVER_SECONDS = 10.0


@dataclass
class Troubles:
    """Hurts the fleet until cancelled; ``done`` counts what was done."""

    fleet: Fleet
    cluster: LocalCluster
    database: EmbeddedPostgres
    cut: Cut
    chance: random.Random
    again: bool = False
    """Whether the single disasters come again and again, or once each and two pauses."""
    done: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Kills all the time; the single disasters one after the other, with time to recover in between."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kills())
            group.create_task(self._disasters())

    async def _kills(self) -> None:
        while True:
            await asyncio.sleep(KILL_EVERY + self.chance.uniform(-KILL_JITTER, KILL_JITTER))
            member = self._somebody()
            member.signal(signal.SIGKILL)
            self._tell("kill", member.name)

    async def _disasters(self) -> None:
        await asyncio.sleep(8)
        while True:
            for trouble in (self._pause, self._cut, self._broker, self._pause, self._database):
                await trouble()
                await asyncio.sleep(RECOVER_SECONDS)
            if not self.again:
                return

    async def _pause(self) -> None:
        member = self._somebody(of=SERVICES)
        member.paused = True
        member.signal(signal.SIGSTOP)
        self._tell("pause", member.name)
        await asyncio.sleep(PAUSE_SECONDS)
        member.signal(signal.SIGCONT)
        member.paused = False

    async def _cut(self) -> None:
        self._tell("cut", f"{CUT_SECONDS:g} s")
        self.cut.begin()
        await asyncio.sleep(CUT_SECONDS)
        self.cut.end()

    async def _broker(self) -> None:
        self._tell("broker", "kill -9")
        self.cluster.kill(1)
        await asyncio.sleep(1)
        await asyncio.to_thread(self.cluster.up, 1)

    async def _database(self) -> None:
        pid = self.database.pid
        assert pid is not None
        self._tell("database", "kill -9")
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(1)
        await asyncio.to_thread(self.database.start)

    def _somebody(self, of: Sequence[str] = (ALL, *SERVICES)) -> Member:
        """One that is not paused, of those that answer for all or of the services alone, whose hosts become zombies."""
        there = [member for member in self.fleet.members if member.name.partition(".")[0] in of]
        return self.chance.choice([member for member in there if not member.paused])

    def _tell(self, what: str, whom: str) -> None:
        self.done[what] += 1
        self.story.append(f"{asyncio.get_running_loop().time():.1f} {what} {whom}")
