"""A decider host among the replicas of its service: it works only while its process owns the partition.

The fence makes two owners safe; membership makes them rare, so that replicas do not take the partition from each other all day.
"""

import asyncio
from collections.abc import Mapping

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.measuring import Rebuild


class OwnedDecider:
    """Runs a decider host whenever ``ownership``, shared by the hosts of the service, says that the partition is ours."""

    def __init__(self, host: DeciderHost, ownership: Ownership, clock: Clock) -> None:
        self.host = host
        self.name = host.name
        self._ownership = ownership
        ownership.share()
        self._clock = clock
        self._owned = False
        self._saving: asyncio.Task[None] | None = None
        """A snapshot that is being written while the host works on."""

    @property
    def rebuild(self) -> Rebuild:
        """How far the host's present or last rebuild is."""
        return self.host.measures.rebuild

    async def open(self) -> None:
        """Recover the partition if it is ours, so that readiness waits for it."""
        if await self._is_ours():
            await self.host.open()

    async def step(self) -> bool:
        """One batch of the host; a partition that was lost is given up in order, and read on from when it comes back.

        While the group settles the host rests as it is. It goes on when it gets its partition back; had another one it meanwhile,
        the fence says so at the next commit.
        """
        if await self._is_ours():
            worked = await self.host.step()
            if self.host.snapshot_due and (self._saving is None or self._saving.done()):
                self._saving = asyncio.create_task(self.host.take_snapshot(), name=f"{self.name} snapshot")
            return worked
        if self.host.writer is not None and not self._ownership.settling():
            await self.host.close()
        return False

    async def close(self) -> None:
        """Give the partition up, then the membership; a snapshot that is not complete yet is none."""
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        await self.host.close()
        await self._ownership.close()

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Where the host waits; nothing while the partition is another's."""
        return self.host.waiting_on() if self._owned else {}

    async def _is_ours(self) -> bool:
        self._owned = self.host.partition in await self._ownership.owned(self._clock.now())
        return self._owned
