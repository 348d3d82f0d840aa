"""What consumers of the log share: which partitions they read, from where, and what is wrong when that place is gone."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from loanstream.eventlog.port import EventLog, Membership, TopicPartition
from loanstream.runtime.stopping import PositionLost

REFRESH = timedelta(seconds=1)
"""How often a member asks again which partitions are its own."""

LONGEST_STEP_SECONDS = 120.0
"""A step of a consumer that takes longer waits for something that will not come: it reads, sends and stores one batch."""

GATHER_SECONDS = 0.004
"""How long a consumer that was woken lets more come together: the client that waits for an outcome is answered meanwhile, and a
burst is one step instead of many."""


class Ownership:
    """The partition numbers that a consumer reads now: those of its membership, or all when it has none."""

    def __init__(self, membership: Membership | None, partitions: int) -> None:
        self._membership = membership
        self._all = frozenset(range(partitions))
        self._refreshed: datetime | None = None
        self._joining = asyncio.Lock()
        self._sharers = 0

    async def owned(self, now: datetime) -> frozenset[int]:
        """The numbers owned now; the membership is refreshed once in a while.

        Everybody waits for the first refresh: until the group has been joined, nobody knows what is to be rebuilt.
        """
        if self._membership is None:
            return self._all
        if self._refreshed is None:
            async with self._joining:
                if self._refreshed is None:
                    await self._membership.refresh()
                    self._refreshed = now
        elif now - self._refreshed >= REFRESH:
            self._refreshed = now
            return await self._membership.refresh()
        return self._membership.owned()

    def settling(self) -> bool:
        """Whether what was owned until now may be owned again in a moment."""
        return self._membership is not None and self._membership.settling()

    def share(self) -> None:
        """One more host goes by it."""
        self._sharers += 1

    async def close(self) -> None:
        """Leave the group, when the last of the hosts that share it closes."""
        self._sharers -= 1
        if self._membership is not None and self._sharers <= 0:
            await self._membership.close()
            self._refreshed = None


async def check_positions(
    log: EventLog, consumer: str, positions: Mapping[TopicPartition, int], places: Iterable[TopicPartition]
) -> None:
    """Raise :class:`~loanstream.runtime.stopping.PositionLost` where a stored position lies outside the log.

    Nothing is ever reset by itself.
    """
    wanted = [place for place in places if place in positions]
    ends = await log.ends(wanted)
    for place in wanted:
        if positions[place] > ends[place]:
            raise PositionLost(
                f"{consumer} stands at {positions[place]} of {place.topic} partition {place.partition}, which ends at "
                f"{ends[place]}: the topic was remade or truncated; restore it, or rebuild what {consumer} keeps from the topic"
            )
