"""A decider whose commands no longer fit its position stops, and goes on where an operator says: nothing is decided twice."""

import re
from collections.abc import Callable

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Fenced, NewRecord, TopicPartition
from loanstream.runtime.auditing import verify
from loanstream.runtime.decider.days import CHUNK
from loanstream.runtime.decider.digests import digest, folded, places
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.positions import PositionRefused, planned, state_position
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.stopping import PositionLost
from schemas import envelope
from schemas.topics import Role, topic
from tests.support.counting import (
    A_DAY,
    A_TIME,
    CONTEXT,
    SteppedClock,
    all_of,
    count,
    counting_service,
    event_names,
    outcomes,
    start_day,
    with_topics,
)

COMMANDS, EVENTS, OUTCOMES = (TopicPartition(topic(CONTEXT, r), 0) for r in (Role.COMMANDS, Role.EVENTS, Role.OUTCOMES))
DECIDED = (start_day(A_DAY), count("c-1", 3), count("c-2", 11), count("c-3", 4))
LATER = (count("c-4", 1), count("c-1", 2, request="r2"))


class Losing(MemoryLog):
    """A log that loses records as no log of ours may."""

    def remake(self, place: TopicPartition, *records: NewRecord) -> None:
        """The partition is a new one, with these records."""
        self._partitions[place] = type(self._partitions[place])()
        self._append(records, self._targets(records))

    def cut_end(self, place: TopicPartition, count: int) -> None:
        """The last records are gone, as after the restore of an older copy."""
        kept = self._partitions[place]
        del kept.records[-count:]
        kept.end = kept.next_offset = kept.records[-1].offset + 1

    def cut_start(self, place: TopicPartition, count: int) -> None:
        """The first records are gone."""
        self._partitions[place].drop(count)


class Bench:
    """A log whose commands are decided, and the host that did so."""

    def __init__(self, log: Losing) -> None:
        self.log = log
        self.clock = SteppedClock()
        self.store = MemoryStore()
        self.host = self.new_host()

    def new_host(self) -> DeciderHost:
        """Another host of the same partition, with nothing in memory."""
        return DeciderHost(counting_service(), 0, self.log, self.clock, self.store)

    async def drain(self, host: DeciderHost) -> None:
        """Step until nothing waits."""
        while await host.step():
            pass

    async def state(self, at: int) -> None:
        """What the operator enters."""
        await state_position(self.log, CONTEXT, 0, at, actor="operator:ann", reason="case 17", now=A_TIME)


@pytest.fixture
async def bench() -> Bench:
    """Four commands are decided: a day, one of 3, one that is refused, one of 4."""
    bench = Bench(await with_topics(Losing()))
    await bench.log.send(DECIDED)
    await bench.drain(bench.host)
    return bench


def drop_a_waiting_one(log: Losing) -> None:
    """The first of the later commands is gone before it was decided."""
    log._append(LATER, log._targets(LATER))
    log.cut_start(COMMANDS, len(DECIDED) + 1)


ACCIDENTS: dict[str, Callable[[Losing], None]] = {
    "the commands are a new topic": lambda log: log.remake(COMMANDS),
    "the commands are a new topic that has grown": lambda log: log.remake(
        COMMANDS, *(count("c-5", 1, request=str(n)) for n in range(5)), *DECIDED
    ),
    "the last commands are gone": lambda log: log.cut_end(COMMANDS, 2),
    "commands were dropped before they were decided": drop_a_waiting_one,
}


@pytest.mark.parametrize("keeps_its_fold", [False, True], ids=["starting", "coming back"])
@pytest.mark.parametrize("accident", ACCIDENTS)
async def test_the_command_that_a_stopped_host_names_lets_it_go_on_and_nothing_is_decided_twice(
    bench: Bench, accident: str, keeps_its_fold: bool
) -> None:
    await bench.host.close()
    ACCIDENTS[accident](bench.log)
    host = bench.host if keeps_its_fold else bench.new_host()
    with pytest.raises(PositionLost) as stopped:
        await host.open()
    named = re.search(r"`loanstream topics position testing 0 --at (\d+) --reason TEXT`", str(stopped.value))
    assert named is not None, stopped.value
    await bench.state(int(named[1]))
    await bench.log.send([*DECIDED, *LATER])
    await bench.drain(host)
    anew = bench.new_host()
    await bench.drain(anew)
    for each in (host, anew):
        assert each.fold is not None
        totals = {i: a.state.total for i, a in each.fold.aggregates.items() if a.state is not None and i != "c-5"}
        assert totals == {"c-1": 5, "c-3": 4, "c-4": 1}
    assert (await outcomes(bench.log))[-1].position == host.next_command - 1
    verification = await verify(bench.log, [CONTEXT])
    assert verification.intact, verification.findings
    assert [(s.position, s.actor, s.reason) for s in verification.stated] == [
        (int(named[1]), "operator:ann", "case 17")
    ]


async def test_commands_below_the_position_are_passed_over(bench: Bench) -> None:
    await bench.log.send(LATER)
    await bench.state(5)
    await bench.drain(bench.new_host())
    assert [o.command_id for o in (await outcomes(bench.log))[4:]] == [
        (await all_of(bench.log, Role.COMMANDS))[n].headers[envelope.ID] for n in (4, 5)
    ], "the position names the command before it, then the next one is decided"
    assert await event_names(bench.log) == ["BusinessDayStarted", "BusinessDayClosed", "Counted", "Counted", "Counted"]


async def test_a_topic_that_is_remade_after_the_position_was_stated_stops_the_host_again(bench: Bench) -> None:
    await bench.state(2)
    bench.log.remake(COMMANDS, *(count("c-5", request=str(n)) for n in range(5)))
    with pytest.raises(PositionLost, match="the topic was remade"):
        await bench.new_host().open()


async def test_a_host_at_work_is_fenced_and_goes_on_where_it_was_said(bench: Bench) -> None:
    await bench.state(1)
    await bench.log.send(LATER)
    with pytest.raises(Fenced):
        await bench.host.step()
    await bench.drain(bench.host)
    assert [o.status for o in (await outcomes(bench.log))[5:]] == [
        "already-applied",
        "refused",
        "already-applied",
        "executed",
        "executed",
    ]


async def test_a_snapshot_from_before_the_position_leads_to_the_same_fold(bench: Bench) -> None:
    await bench.host.snapshot()
    await bench.state(1)
    ends = await bench.log.ends(places(counting_service(), 0))
    anew, resumed = [await folded(counting_service(), 0, bench.log, store, ends) for store in (None, bench.store)]
    assert digest(anew) == digest(resumed)
    assert anew.position == resumed.position == 0


async def test_whoever_waits_for_the_command_before_the_position_does_not_take_it_for_an_answer(bench: Bench) -> None:
    await bench.state(2)
    command, stated = (await all_of(bench.log, Role.COMMANDS))[1], (await all_of(bench.log, Role.OUTCOMES))[-1]
    assert command.headers[envelope.ID].encode() in stated.value
    assert command.headers[envelope.ID] != stated.headers[envelope.ID]


async def test_an_open_day_whose_next_chunk_is_gone_goes_on() -> None:
    log = await with_topics(Losing())
    bench = Bench(log)
    due = [count(f"c-{n}", due=A_DAY.replace(day=6)) for n in range(CHUNK + 3)]
    await log.send([start_day(A_DAY), *due])
    await bench.drain(bench.host)
    await log.send([start_day(A_DAY.replace(day=6))])
    assert await bench.host.step(), "the first chunk"
    log.remake(COMMANDS)
    await bench.state(0)
    host = bench.new_host()
    await bench.drain(host)
    names = await event_names(log)
    assert names.count("Visited") == CHUNK + 3
    assert names[-1] == "BusinessDayClosed"
    await log.send([start_day(A_DAY.replace(day=7))])
    await bench.drain(host)
    assert (await event_names(log)).count("BusinessDayClosed") == 3
    assert (await verify(log, [CONTEXT])).intact


@pytest.mark.parametrize("at", [0, 5])
async def test_a_position_outside_the_commands_is_refused_and_nothing_is_written(bench: Bench, at: int) -> None:
    bench.log.cut_start(COMMANDS, 2)
    before = await bench.log.ends([OUTCOMES, EVENTS, COMMANDS])
    with pytest.raises(PositionRefused, match="holds offsets 2 to 4"):
        await bench.state(at)
    assert await bench.log.ends([OUTCOMES, EVENTS, COMMANDS]) == before


async def test_what_it_would_change_can_be_seen_before(bench: Bench) -> None:
    bench.log.remake(COMMANDS, *DECIDED[:2])
    before = await bench.log.ends([OUTCOMES])
    change = await planned(bench.log, CONTEXT, 0, 1)
    assert (change.start, change.end, change.before, change.at) == (0, 2, 4, 1)
    assert await bench.log.ends([OUTCOMES]) == before


async def test_without_outcomes_the_host_names_the_end_because_no_repeat_is_recognised(bench: Bench) -> None:
    identity = (await bench.log.read({OUTCOMES: 0}, 1))[0]
    bench.log.remake(
        OUTCOMES,
        NewRecord(OUTCOMES.topic, 0, identity.key, identity.type, identity.headers, identity.value, identity.time),
    )
    with pytest.raises(PositionLost, match=r"restore the outcomes topic, or .* --at 4 "):
        await bench.new_host().open()
