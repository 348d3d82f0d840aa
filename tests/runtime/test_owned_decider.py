"""Replicas of a decider: one works, the other stands by and takes over without a word lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Fenced
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost, DeciderSettings
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.stores import SnapshotManifest
from schemas.topics import Role, topic
from tests.support.counting import (
    A_DAY,
    CONTEXT,
    SteppedClock,
    count,
    counting_log,
    counting_service,
    outcomes,
    start_day,
)


def replica(log: MemoryLog, clock: SteppedClock) -> OwnedDecider:
    """The decider of partition 0 in a process of its own."""
    ownership = Ownership(log.membership("testing.decider", topic(CONTEXT, Role.COMMANDS)), 1)
    return OwnedDecider(DeciderHost(counting_service(), 0, log, clock, MemoryStore()), ownership, clock)


async def test_one_replica_works_and_the_other_takes_over_when_it_leaves() -> None:
    log, clock = await counting_log(), SteppedClock()
    first, second = replica(log, clock), replica(log, clock)
    await first.open()
    await second.open()
    await log.send([start_day(A_DAY), count("c-1")])
    assert await first.step()
    assert not await second.step()
    assert second.waiting_on() == {}
    await first.close()
    await log.send([count("c-1", request="r2")])
    clock.advance(timedelta(seconds=2))
    assert await second.step()
    assert [o.status for o in await outcomes(log)] == ["executed", "executed", "executed"]


async def test_a_replica_that_lost_its_partition_gives_it_up_and_reads_on_when_it_comes_back() -> None:
    log, clock = await counting_log(), SteppedClock()
    first, second = replica(log, clock), replica(log, clock)
    await log.send([start_day(A_DAY), count("c-1")])
    await first.step()
    log.revoke("testing.decider", topic(CONTEXT, Role.COMMANDS), 0)
    await log.send([count("c-1", request="r2")])
    clock.advance(timedelta(seconds=2))
    assert await second.step()
    assert not await first.step()
    await second.close()
    await log.send([count("c-1", request="r3")])
    clock.advance(timedelta(seconds=2))
    assert await first.step()
    assert first.host.recovered == 1
    assert first.host.fold is not None
    assert first.host.fold.aggregates["c-1"].state.total == 3


class Shared:
    """A membership that the test moves: what is owned, and whether the group is being shared out anew."""

    def __init__(self) -> None:
        self.now: frozenset[int] = frozenset({0})
        self.anew = False

    def owned(self) -> frozenset[int]:
        """As the test says."""
        return self.now

    def settling(self) -> bool:
        """As the test says."""
        return self.anew

    async def refresh(self) -> frozenset[int]:
        """As the test says."""
        return self.now

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_replica_rests_while_its_group_settles_and_goes_on_without_a_new_fence() -> None:
    log, clock, shared = await counting_log(), SteppedClock(), Shared()
    replica = OwnedDecider(DeciderHost(counting_service(), 0, log, clock, MemoryStore()), Ownership(shared, 1), clock)
    await log.send([start_day(A_DAY), count("c-1")])
    await replica.step()
    writer = replica.host.writer
    shared.now, shared.anew = frozenset(), True
    await log.send([count("c-1", request="r2")])
    assert not await replica.step()
    assert replica.waiting_on() == {}
    shared.now, shared.anew = frozenset({0}), False
    assert await replica.step()
    assert replica.host.writer is writer is not None
    shared.now = frozenset()
    assert not await replica.step()
    assert replica.host.writer is None


async def test_a_replica_whose_partition_was_another_s_while_its_group_settled_is_fenced_and_reads_on() -> None:
    log, clock, shared = await counting_log(), SteppedClock(), Shared()
    replica = OwnedDecider(DeciderHost(counting_service(), 0, log, clock, MemoryStore()), Ownership(shared, 1), clock)
    await log.send([start_day(A_DAY), count("c-1")])
    await replica.step()
    shared.now, shared.anew = frozenset(), True
    await replica.step()
    other = DeciderHost(counting_service(), 0, log, clock, MemoryStore())
    await log.send([count("c-1", request="r2")])
    await other.step()
    shared.now, shared.anew = frozenset({0}), False
    with pytest.raises(Fenced):
        await replica.step()
    await log.send([count("c-1", request="r3")])
    assert await replica.step()
    assert [o.status for o in await outcomes(log)] == ["executed"] * 4


class JoinsSlowly(Shared):
    """A membership whose first refresh takes its time, as joining a group does."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = asyncio.Event()
        self.now = frozenset()

    async def refresh(self) -> frozenset[int]:
        """Owns both partitions once it has joined."""
        await self.joined.wait()
        self.now = frozenset({0, 1})
        return self.now


async def test_every_partition_is_rebuilt_before_its_host_counts_as_open() -> None:
    log, clock, shared = await counting_log(2), SteppedClock(), JoinsSlowly()
    ownership = Ownership(shared, 2)
    hosts = [
        OwnedDecider(DeciderHost(counting_service(), n, log, clock, MemoryStore()), ownership, clock) for n in (0, 1)
    ]
    opening = [asyncio.create_task(host.open()) for host in hosts]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in opening)
    shared.joined.set()
    await asyncio.gather(*opening)
    assert all(host.host.writer is not None for host in hosts)


class SavesSlowly(MemoryStore):
    """A store that takes a snapshot only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def save_snapshot(self, manifest: SnapshotManifest, chunks: Sequence[bytes]) -> None:
        """Wait, then write."""
        self.asked.set()
        await self.go_on.wait()
        await super().save_snapshot(manifest, chunks)


async def test_a_replica_decides_on_while_its_snapshot_is_written() -> None:
    log, clock, store = await counting_log(), SteppedClock(), SavesSlowly()
    settings = DeciderSettings(snapshot_every=2)
    host = DeciderHost(counting_service(), 0, log, clock, store, settings)
    replica = OwnedDecider(host, Ownership(Shared(), 1), clock)
    await log.send([start_day(A_DAY), count("c-1"), count("c-1", request="r2")])
    await replica.step()
    await store.asked.wait()
    await log.send([count("c-1", request="r3")])
    assert await replica.step()
    store.go_on.set()
    await asyncio.sleep(0.01)
    kept = await store.load_snapshot(CONTEXT, 0, host.state_version)
    assert kept is not None
    assert kept[0].events_offset < (await log.ends([host.events]))[host.events]
    fresh = DeciderHost(counting_service(), 0, log, clock, store)
    await fresh.open()
    assert fresh.fold is not None
    assert fresh.fold.aggregates["c-1"].state.total == 3
    await replica.close()
