"""Whether a process has nothing to do: every command decided, every event reacted to and projected, every effect performed.

For drivers that go step by step (the demo, tests): what they do next must not depend on how fast the hosts are.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.stores import HostStore

SOON = timedelta(minutes=1)
"""An effect that waits longer than this for its retry is not waited for."""


class Follower(Protocol):
    """A host that reads the log: decider, router, reactor, projector."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show."""
        ...


async def under_way(
    log: EventLog,
    store: HostStore,
    clock: Clock,
    followers: Callable[[], Iterable[Follower]],
    services: Sequence[str],
    of: Collection[str] = (),
) -> dict[str, int]:
    """What is still to do by host, in records, and by service, in recipients of effects; empty when the process is idle.

    ``of`` looks at the hosts of some services only: others may still send them something.

    The ends are read before and after: when nothing was appended while everybody stood at them and no effect was open, nothing
    can come any more but from outside. (A sender appends its report before it finishes the effect, a host moves its position
    and its effects in one transaction.)
    """
    hosts = [host for host in followers() if not of or host.name.partition(".")[0] in of]
    places = sorted({place for host in hosts for place in host.waiting_on()})
    before = await log.ends(places)
    behind = _behind(hosts, before)
    if behind:
        return dict(behind)
    for service in (name for name in services if not of or name in of):
        effects = await store.effects_under_way(service, clock.now() + SOON)
        if effects:
            behind[f"{service}.effects"] += effects
    after = await log.ends(places)
    for place in places:
        if after[place] != before[place]:
            behind[place.topic] += after[place] - before[place]
    return dict(behind)


def _behind(hosts: Iterable[Follower], ends: Mapping[TopicPartition, int]) -> Counter[str]:
    behind: Counter[str] = Counter()
    for host in hosts:
        records = sum(max(0, ends.get(place, 0) - position) for place, position in host.waiting_on().items())
        if records:
            behind[host.name] += records
    return behind
