"""A reactor under Faust as a host among others: the supervisor starts it, waits for it, and ends it."""

import asyncio
from collections.abc import Mapping

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.stopping import PositionLost

_LOOK_SECONDS = 0.05


class ReactorHost:
    """Runs ``reactor`` in a task of its own; a step only looks whether it still lives."""

    look_every = 0.5
    """Seconds between two looks."""

    def __init__(self, reactor: Reactor) -> None:
        self.name = reactor.name
        self.counts = reactor.counts
        self.reactor = reactor
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start Faust and wait until it reads its partitions. Raises what ends it."""
        await self.close()
        self._running = asyncio.create_task(self.reactor.run(), name=self.name)
        while await self.reactor.not_ready():
            self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def step(self) -> bool:
        """Look; ``False``: the work is done elsewhere. Raises what ended the reactor."""
        self._look()
        return False

    async def close(self) -> None:
        """Let what is under way end, then stop Faust."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Nothing that the supervisor could wait for: Faust wakes the reactor."""
        return {}

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The next record of each partition that is this member's, for its lag."""
        return self.reactor.waiting_on()

    @property
    def restarts(self) -> int:
        """How often Faust was started anew inside, beside the starts of this host."""
        return self.reactor.restarts

    def _look(self) -> None:
        if self.reactor.stopped:
            raise PositionLost(self.reactor.stopped)
        if self._running is not None and self._running.done():
            self._running.result()
