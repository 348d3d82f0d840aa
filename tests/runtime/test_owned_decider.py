"""Replicas of a decider: one works, the other stands by and takes over without a word lost."""

from datetime import timedelta

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.memory_store import MemoryStore
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
