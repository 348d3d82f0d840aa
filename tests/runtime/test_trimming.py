"""Commands older than the window go, but never one that waits for its decision."""

from datetime import timedelta

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.trimming import Trimmer
from schemas.topics import DEDUPE_WINDOW, Role, topic
from tests.support.counting import (
    A_DAY,
    A_TIME,
    CONTEXT,
    SteppedClock,
    count,
    counting_log,
    counting_service,
    start_day,
)

COMMANDS = TopicPartition(topic(CONTEXT, Role.COMMANDS), 0)


async def decided(log: MemoryLog, clock: SteppedClock) -> DeciderHost:
    """A host that decided everything so far."""
    host = DeciderHost(counting_service(), 0, log, clock, MemoryStore())
    while await host.step():
        pass
    return host


async def test_old_commands_go_and_the_host_still_finds_its_position() -> None:
    log, clock = await counting_log(), SteppedClock()
    await log.send([start_day(A_DAY), count("c-1")])
    clock.advance(DEDUPE_WINDOW + timedelta(hours=1))
    await log.send([count("c-2", time=clock.now())])
    await decided(log, clock)
    trimmer = Trimmer(CONTEXT, log, clock)
    assert not await trimmer.step()
    assert trimmer.dropped == 2
    assert await log.start(COMMANDS) == 2
    again = await decided(log, clock)
    assert again.next_command == 3


async def test_a_command_that_waits_is_kept_however_old() -> None:
    log, clock = await counting_log(), SteppedClock()
    await log.send([start_day(A_DAY)])
    await decided(log, clock)
    await log.send([count("c-1", time=A_TIME + timedelta(seconds=1))])
    clock.advance(2 * DEDUPE_WINDOW)
    trimmer = Trimmer(CONTEXT, log, clock)
    await trimmer.step()
    assert trimmer.dropped == 0


async def test_nothing_is_trimmed_where_nothing_was_decided() -> None:
    log, clock = await counting_log(), SteppedClock()
    await log.send([count("c-1")])
    clock.advance(2 * DEDUPE_WINDOW)
    trimmer = Trimmer(CONTEXT, log, clock)
    await trimmer.step()
    assert trimmer.dropped == 0
