"""The decider host on the memory log: every promise of DESIGN section 4 and 5 that concerns one partition."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Fenced, LogUnavailable, NewRecord, OutcomeUnknown, Record, TopicPartition
from loanstream.runtime.decider.fold import FoldError
from loanstream.runtime.decider.host import DeciderHost, DeciderSettings
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.stopping import PositionLost
from schemas import chain, envelope
from schemas.envelope import CommandMeta
from schemas.ids import derived
from schemas.platform import RELEASE_AGGREGATE
from schemas.registry import by_class
from schemas.topics import Role, topic
from tests.support import counting
from tests.support.counting import (
    A_DAY,
    A_TIME,
    CONTEXT,
    Count,
    SteppedClock,
    all_of,
    command_record,
    count,
    counting_log,
    counting_service,
    event_names,
    outcomes,
    reacted,
    start_day,
    with_topics,
)


class Bench:
    """A log, a clock, a store and the host of partition 0, on an open day."""

    def __init__(self, log: MemoryLog, settings: DeciderSettings | None = None) -> None:
        self.log = log
        self.clock = SteppedClock()
        self.store = MemoryStore()
        self.settings = settings
        self.host = self.new_host()

    def new_host(self) -> DeciderHost:
        """Another host of the same partition, with nothing in memory."""
        return DeciderHost(counting_service(), 0, self.log, self.clock, self.store, self.settings)

    async def send(self, *records: NewRecord) -> None:
        """Send commands and decide them all."""
        await self.log.send(records)
        await self.drain()

    async def drain(self, host: DeciderHost | None = None) -> None:
        """Step until nothing waits."""
        while await (host or self.host).step():
            pass

    async def last(self) -> Any:
        """The last outcome."""
        return (await outcomes(self.log))[-1]


@pytest.fixture
async def bench() -> Bench:
    """A host whose partition has business day 2026-01-05 open and closed."""
    bench = Bench(await counting_log(markers=True))
    await bench.send(start_day(A_DAY))
    return bench


def totals(host: DeciderHost) -> dict[str, int]:
    """Total of every counter in a host's fold."""
    assert host.fold is not None
    return {i: a.state.total for i, a in host.fold.aggregates.items() if a.state is not None}


async def test_a_command_becomes_an_event_and_an_outcome_that_carries_its_position(bench: Bench) -> None:
    await bench.send(count("c-1", 3, reply=True))
    outcome = await bench.last()
    assert (outcome.status, outcome.sequence, outcome.event_count) == ("executed", 1, 1)
    assert outcome.events[0].type == "loanstream.testing.Counted.v1"
    commands = await all_of(bench.log, Role.COMMANDS)
    assert commands[-1].offset == outcome.position


async def test_a_repeat_is_answered_already_applied_and_changes_nothing(bench: Bench) -> None:
    await bench.send(count("c-1", 3), count("c-1", 3))
    assert (await bench.last()).status == "already-applied"
    assert totals(bench.host) == {"c-1": 3}


async def test_a_repeat_of_a_refused_command_gets_the_same_refusal(bench: Bench) -> None:
    await bench.send(count("c-1", 11), count("c-1", 11))
    first, second = (await outcomes(bench.log))[-2:]
    assert (first.code, first.rule, first.limit, first.source) == ("too-many", "counter/1", "10", "house rule")
    assert (second.status, second.code, second.limit) == ("refused", "too-many", "10")


async def test_repeats_are_recognised_after_a_restart(bench: Bench) -> None:
    await bench.send(count("c-1", 3), count("c-2", 11))
    bench.host = bench.new_host()
    await bench.send(count("c-1", 3), count("c-2", 11))
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["already-applied", "refused"]


async def test_a_command_older_than_the_window_is_expired(bench: Bench) -> None:
    bench.clock.advance(timedelta(days=8))
    await bench.send(count("c-1", 3))
    assert (await bench.last()).status == "expired"
    assert totals(bench.host) == {}


async def test_ids_leave_the_window_and_with_them_what_only_they_kept(bench: Bench) -> None:
    await bench.send(count("refused", 11))
    bench.clock.advance(timedelta(days=8))
    await bench.host.step()
    assert bench.host.fold is not None
    assert "refused" not in bench.host.fold.aggregates


async def test_several_ids_of_a_target_without_events_leave_the_window_at_once(bench: Bench) -> None:
    await bench.send(count("refused", 11, request="one"), count("refused", 12, request="two"))
    bench.clock.advance(timedelta(days=8))
    await bench.host.step()
    assert bench.host.fold is not None
    assert "refused" not in bench.host.fold.aggregates


async def test_a_partition_without_a_business_day_for_longer_than_the_window_goes_on_in_its_own_chain(
    bench: Bench,
) -> None:
    bench.clock.advance(timedelta(days=8))
    await bench.host.step()
    await bench.send(start_day(A_DAY + timedelta(days=8), time=bench.clock.now()))
    own = [r for r in await all_of(bench.log, Role.EVENTS) if r.key == "partition-0"]
    assert [int(r.headers[envelope.SEQUENCE]) for r in own] == list(range(1, len(own) + 1))
    await bench.new_host().open()


async def test_a_reaction_that_comes_again_long_after_is_known_by_its_source_sequence(bench: Bench) -> None:
    await bench.send(reacted("c-1", 1), reacted("c-1", 2))
    bench.clock.advance(timedelta(days=9))
    late = bench.clock.now()
    await bench.send(reacted("c-1", 2, time=late), reacted("c-1", 3, time=late))
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["already-applied", "executed"]
    assert totals(bench.host) == {"c-1": 3}


async def test_a_stale_expected_sequence_is_refused(bench: Bench) -> None:
    await bench.send(count("c-1"), count("c-1", request="r2", expected_sequence=0))
    assert (await bench.last()).code == "stale"


async def test_a_command_before_the_first_business_day_is_refused() -> None:
    bench = Bench(await counting_log())
    await bench.send(count("c-1"))
    assert (await bench.last()).code == "no-business-day"


async def test_a_reaction_before_the_first_business_day_counts_on_the_day_of_its_cause() -> None:
    bench = Bench(await counting_log())
    await bench.send(reacted("c-1", 1, business_date=A_DAY))
    assert (await bench.last()).status == "executed"
    assert (await all_of(bench.log, Role.EVENTS))[-1].headers[envelope.BUSINESS_DATE] == A_DAY.isoformat()


# -- poison ----------------------------------------------------------------------------------------------------------


async def test_a_command_that_raises_leaves_a_failed_outcome_and_a_dead_letter_and_the_rest_goes_on(
    bench: Bench,
) -> None:
    await bench.send(count("c-1", fail=True), count("c-2", 2))
    failed, executed = (await outcomes(bench.log))[-2:]
    assert (failed.status, executed.status) == ("failed", "executed")
    letters = await all_of(bench.log, Role.DEADLETTERS)
    assert [r.headers[envelope.ID] for r in letters] == [failed.error_id]
    assert b"a bug in the domain" in letters[0].value


@pytest.mark.parametrize("value", [b"\xff\xfe", b"{}", b'{"by": "x"}', b"", b"[" * 9_999])
async def test_bytes_that_are_no_command_are_dead_letters(bench: Bench, value: bytes) -> None:
    good = count("c-1")
    await bench.send(NewRecord(good.topic, 0, "c-1", good.type, good.headers, value, A_TIME), count("c-2"))
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["failed", "executed"]


@pytest.mark.parametrize("late", [False, True])
async def test_bytes_that_are_not_json_leave_an_outcome_that_can_be_read_whatever_becomes_of_them(
    bench: Bench, late: bool
) -> None:
    await bench.send(count("bad", 7, due=A_DAY + timedelta(days=1)))
    await bench.send(start_day(A_DAY + timedelta(days=1)))
    if late:
        bench.clock.advance(timedelta(days=8))
    unread = count("bad", request="r2")
    await bench.send(NewRecord(unread.topic, 0, "bad", unread.type, unread.headers, b"no json", A_TIME))
    assert (await bench.last()).status == ("expired" if late else "refused")
    await bench.new_host().open()


async def test_a_record_without_an_envelope_is_answered_under_an_id_of_its_own(bench: Bench) -> None:
    good = count("c-1")
    await bench.send(NewRecord(good.topic, 0, "c-1", good.type, {}, good.value, A_TIME))
    assert (await bench.last()).status == "failed"
    again = bench.new_host()
    await again.open()
    assert again.next_command == bench.host.next_command


async def test_an_event_too_large_for_the_log_is_a_dead_letter(bench: Bench) -> None:
    await bench.send(count("c-1", padding="x" * 1_000_000))
    assert (await bench.last()).status == "failed"


async def test_a_failed_request_is_decided_anew_only_when_an_operator_replays_it(bench: Bench) -> None:
    broken = count("c-1", fail=True)
    await bench.send(broken, broken)
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["failed", "failed"]
    mended = count("c-1", 2, replay=True)
    await bench.send(mended, mended)
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["executed", "already-applied"]
    assert totals(bench.host) == {"c-1": 2}


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("mended_after", [6, 8])
async def test_a_replayed_command_is_known_for_a_whole_window_from_its_replay(
    bench: Bench, mended_after: int, restart: bool
) -> None:
    await bench.send(count("c-1", fail=True))
    bench.clock.advance(timedelta(days=mended_after))
    await bench.host.step()
    await bench.send(count("c-1", 2, replay=True))
    bench.clock.advance(timedelta(days=2))
    if restart:
        bench.host = bench.new_host()
    await bench.host.step()
    await bench.send(count("c-1", 2, time=bench.clock.now()))
    assert (await bench.last()).status == "already-applied"
    assert totals(bench.host) == {"c-1": 2}


async def test_a_replay_of_a_command_that_did_not_fail_is_a_repeat(bench: Bench) -> None:
    await bench.send(count("c-1", 2), count("c-1", 2, replay=True))
    assert (await bench.last()).status == "already-applied"


async def test_later_commands_of_a_parked_source_park_behind_it_until_it_is_replayed(bench: Bench) -> None:
    await bench.send(reacted("c-1", 1, fail=True), reacted("c-1", 2), reacted("c-1", 7, source="s-2"))
    assert [o.status for o in (await outcomes(bench.log))[-3:]] == ["failed", "failed", "executed"]
    bench.host = bench.new_host()
    await bench.send(reacted("c-1", 2, replay=True))
    assert (await bench.last()).status == "failed", "the one ahead of it must be replayed first"
    await bench.send(reacted("c-1", 1, replay=True), reacted("c-1", 2, replay=True), reacted("c-1", 3))
    assert [o.status for o in (await outcomes(bench.log))[-3:]] == ["executed"] * 3
    assert totals(bench.host) == {"c-1": 4}


async def test_a_chain_of_reactions_longer_than_sixteen_hops_is_a_dead_letter(bench: Bench) -> None:
    await bench.send(count("c-1", hops=17), count("c-1", request="r2", hops=16))
    assert [o.status for o in (await outcomes(bench.log))[-2:]] == ["failed", "executed"]


# -- business days ---------------------------------------------------------------------------------------------------


async def test_a_day_touches_only_aggregates_with_something_due(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(count("c-1", due=tomorrow), count("c-2", due=tomorrow + timedelta(days=1)), count("c-3"))
    await bench.send(start_day(tomorrow))
    names = await event_names(bench.log)
    assert names[-3:] == ["BusinessDayStarted", "Visited", "BusinessDayClosed"]


async def test_a_day_works_in_chunks_and_counts_them_all(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(*(count(f"c-{n}", due=tomorrow) for n in range(1_200)))
    await bench.send(start_day(tomorrow))
    closed = (await all_of(bench.log, Role.EVENTS))[-1]
    assert b'"aggregates":1200' in closed.value
    assert (await event_names(bench.log)).count("Visited") == 1_200
    started = [o for o in await outcomes(bench.log) if "BusinessDay" in o.command_type]
    assert len(started) == 1 + 3, "the first day, then three chunks of 500"


async def test_missed_days_run_one_by_one_in_order(bench: Bench) -> None:
    await bench.send(count("c-1", due=A_DAY + timedelta(days=2)))
    await bench.send(start_day(A_DAY + timedelta(days=4)))
    days = [r.headers[envelope.BUSINESS_DATE] for r in await all_of(bench.log, Role.EVENTS) if "Started" in r.type]
    assert days == ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"]
    visited = next(r for r in await all_of(bench.log, Role.EVENTS) if "Visited" in r.type)
    assert visited.headers[envelope.BUSINESS_DATE] == "2026-01-07"


async def test_a_second_start_of_the_same_day_does_nothing(bench: Bench) -> None:
    before = await event_names(bench.log)
    await bench.send(start_day(A_DAY, request="again"))
    assert await event_names(bench.log) == before
    assert (await bench.last()).status == "already-applied"


async def test_a_start_while_a_day_is_open_waits_its_turn(bench: Bench) -> None:
    first, second = A_DAY + timedelta(days=1), A_DAY + timedelta(days=2)
    await bench.send(*(count(f"c-{n}", due=first) for n in range(600)))
    await bench.send(start_day(first), start_day(second))
    names = [n for n in await event_names(bench.log) if n not in {"Counted", "Visited"}]
    assert names == ["BusinessDayStarted", "BusinessDayClosed"] * 3


async def test_a_day_that_crashes_between_chunks_goes_on_where_it_stopped(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(*(count(f"c-{n}", due=tomorrow) for n in range(1_200)))
    await bench.log.send([start_day(tomorrow)])
    await bench.host.step()
    bench.host = bench.new_host()
    await bench.drain()
    assert (await event_names(bench.log)).count("Visited") == 1_200
    assert b'"aggregates":1200' in (await all_of(bench.log, Role.EVENTS))[-1].value


async def test_a_day_that_stood_still_for_longer_than_the_window_is_closed_all_the_same(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(*(count(f"c-{n:04}", due=tomorrow) for n in range(501)))
    await bench.log.send([start_day(tomorrow)])
    await bench.host.step()
    bench.clock.advance(timedelta(days=8))
    bench.host = bench.new_host()
    await bench.drain()
    assert (await event_names(bench.log)).count("Visited") == 501
    assert (await event_names(bench.log))[-1] == "BusinessDayClosed"


async def test_a_command_first_brings_its_aggregate_up_to_the_open_day(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(*(count(f"c-{n:04}", due=tomorrow) for n in range(501)))
    await bench.send(start_day(tomorrow), count("c-0500", request="in between"))
    events = [r.type.split(".")[2] for r in await all_of(bench.log, Role.EVENTS) if r.key == "c-0500"]
    assert events == ["Counted", "Visited", "Counted"]
    assert (await event_names(bench.log)).count("Visited") == 501


async def test_an_aggregate_that_fails_in_a_day_is_held_and_the_day_goes_on(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(count("bad", 7, due=tomorrow), count("good", 1, due=tomorrow))
    await bench.send(start_day(tomorrow), count("bad", request="r2"), reacted("bad", 1))
    assert {"AggregateHeld", "Visited", "BusinessDayClosed"} <= set(await event_names(bench.log))
    refused, parked = (await outcomes(bench.log))[-2:]
    assert (refused.status, refused.code) == ("refused", "on-hold")
    assert parked.status == "failed"
    bench.host = bench.new_host()
    await bench.send(count("bad", request="r3"))
    assert (await bench.last()).code == "on-hold", "a hold outlives a restart"


async def test_a_released_aggregate_that_is_still_broken_is_held_again(bench: Bench) -> None:
    await bench.send(count("bad", 7, due=A_DAY + timedelta(days=1)))
    await bench.send(start_day(A_DAY + timedelta(days=1)))
    meta = CommandMeta(id=derived("release"), type="", target="bad", time=A_TIME, actor="user:op")
    await bench.send(command_record(meta, RELEASE_AGGREGATE[CONTEXT](reason="mended"), 1))
    assert (await event_names(bench.log))[-2:] == ["AggregateReleased", "AggregateHeld"]


async def test_a_parked_command_that_put_its_aggregate_on_hold_makes_events_of_new_ids_when_it_is_replayed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.send(count("bad", 7, due=A_DAY), reacted("bad", 1))
    assert (await event_names(bench.log))[-1] == "AggregateHeld"
    monkeypatch.setattr(counting, "BROKEN_DAY", 99)
    meta = CommandMeta(id=derived("release"), type="", target="bad", time=A_TIME, actor="user:op")
    await bench.send(command_record(meta, RELEASE_AGGREGATE[CONTEXT](reason="mended"), 1))
    await bench.send(reacted("bad", 1, replay=True))
    assert (await event_names(bench.log))[-3:] == ["AggregateReleased", "Visited", "Counted"]
    event_ids = [r.headers[envelope.ID] for r in await all_of(bench.log, Role.EVENTS) if r.key == "bad"]
    assert len(set(event_ids)) == len(event_ids)


async def test_a_day_that_fails_as_a_whole_leaves_the_fold_as_the_log_has_it(bench: Bench) -> None:
    host = bench.host
    assert host.fold is not None

    def broken(_day: date) -> list[str]:
        raise RuntimeError("a bug in the index")

    host.fold.due.until = broken  # type: ignore[method-assign]
    await bench.send(start_day(A_DAY + timedelta(days=1)))
    assert (await bench.last()).status == "failed"
    anew = bench.new_host()
    await anew.open()
    assert anew.fold is not None
    assert host.fold.day == anew.fold.day


async def test_what_services_send_is_decided_however_long_it_waited(bench: Bench) -> None:
    bench.clock.advance(timedelta(days=30))
    await bench.send(reacted("c-1", 1), count("c-2"), reacted("c-1", 1))
    assert [o.status for o in (await outcomes(bench.log))[-3:]] == ["executed", "expired", "already-applied"]


# -- fencing, recovery -------------------------------------------------------------------------------------------------


async def test_a_zombie_is_fenced_and_writes_nothing(bench: Bench) -> None:
    successor = bench.new_host()
    await successor.open()
    await bench.log.send([count("c-1")])
    with pytest.raises(Fenced):
        await bench.host.step()
    await bench.drain(successor)
    assert totals(successor) == {"c-1": 1}
    assert len(await outcomes(bench.log)) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_commit_of_unknown_outcome_is_neither_lost_nor_doubled(bench: Bench, moment: str) -> None:
    await bench.log.send([count("c-1", 2), count("c-1", 3, request="r2")])

    def fault(_what: str, when: str, _records: object) -> None:
        if when == moment:
            bench.log.fault = None
            raise OutcomeUnknown("connection lost")

    bench.log.fault = fault  # type: ignore[assignment]
    with pytest.raises(OutcomeUnknown):
        await bench.host.step()
    await bench.drain()
    assert totals(bench.host) == {"c-1": 5}
    assert (await event_names(bench.log)).count("Counted") == 2


async def test_a_host_that_is_opened_again_reads_on_from_its_fold(bench: Bench) -> None:
    await bench.send(count("c-1", 2))
    await bench.host.close()
    other = bench.new_host()
    await bench.log.send([count("c-1", 3, request="r2")])
    await bench.drain(other)
    await other.close()
    await bench.host.open()
    assert totals(bench.host) == {"c-1": 5}
    assert bench.host.recovered == 1


async def test_the_state_is_the_same_with_and_without_a_snapshot(bench: Bench) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await bench.send(*(count(f"c-{n}", 1, due=tomorrow) for n in range(50)), reacted("c-1", 4, fail=True))
    await bench.host.snapshot()
    await bench.send(count("c-1", 1, request="after"), count("c-2", 11, request="refused"))
    with_snapshot, without = bench.new_host(), bench.new_host()
    without.store = MemoryStore()
    await with_snapshot.open()
    await without.open()
    assert with_snapshot.recovered == 1
    assert without.recovered > 50
    assert with_snapshot.fold is not None
    assert without.fold is not None
    for name in ("aggregates", "held", "parked", "partitionseq", "position", "events_offset", "outcomes_offset"):
        assert getattr(with_snapshot.fold, name) == getattr(without.fold, name), name
    assert with_snapshot.fold.window.entries() == without.fold.window.entries()
    assert with_snapshot.fold.window.refusals == without.fold.window.refusals
    assert with_snapshot.fold.due.until(tomorrow) == without.fold.due.until(tomorrow)


async def test_a_damaged_snapshot_is_passed_over(bench: Bench) -> None:
    await bench.send(count("c-1", 2))
    await bench.host.snapshot()
    found = await bench.store.load_snapshot(CONTEXT, 0, bench.host.state_version)
    assert found is not None
    manifest, chunks = found
    await bench.store.save_snapshot(manifest, [*chunks[:-1], chunks[-1][:-1] + b"\x01"])
    again = bench.new_host()
    await again.open()
    assert totals(again) == {"c-1": 2}
    assert again.recovered > 1


async def test_a_position_that_does_not_fit_the_commands_topic_stops_the_host(bench: Bench) -> None:
    await bench.send(count("c-1"))
    remade = await counting_log()
    for role in (Role.EVENTS, Role.OUTCOMES):
        for record in await all_of(bench.log, role):
            await remade.send(
                [NewRecord(record.topic, 0, record.key, record.type, record.headers, record.value, record.time)]
            )
    bench.log = remade
    with pytest.raises(PositionLost, match="remade or truncated"):
        await bench.new_host().open()
    await remade.send([count("other", request=str(n)) for n in range(9)])
    with pytest.raises(PositionLost, match="the topic was remade"):
        await bench.new_host().open()


async def test_a_gap_in_the_own_events_stops_the_partition(bench: Bench) -> None:
    await bench.send(count("c-1"), count("c-2"))
    damaged = await counting_log()
    records = await all_of(bench.log, Role.EVENTS)
    for record in (records[0], *records[2:]):
        await damaged.send(
            [NewRecord(record.topic, 0, record.key, record.type, record.headers, record.value, record.time)]
        )
    bench.log = damaged
    with pytest.raises(FoldError, match="events are missing"):
        await bench.new_host().open()


class Overtaken(MemoryLog):
    """The log of a process that is overtaken between its read of the events and that of the outcomes."""

    overtake: Callable[[], Awaitable[object]] | None = None

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """What stands there when the other one has come and decided."""
        if any(Role.OUTCOMES in place.topic for place in positions) and self.overtake is not None:
            happen, self.overtake = self.overtake, None
            await happen()
        return await super().read(positions, limit)


async def test_a_host_that_is_overtaken_while_it_recovers_does_not_take_its_log_for_damaged() -> None:
    log = await with_topics(Overtaken())
    bench = Bench(log)
    await bench.send(start_day(A_DAY), count("c-1", request="r1"))
    await log.send([count("c-1", request="r2")])
    late, successor = bench.new_host(), bench.new_host()
    log.overtake = successor.step
    with pytest.raises(Fenced):
        await late.open()
    assert totals(successor) == {"c-1": 2}
    await late.open()
    assert totals(late) == {"c-1": 2}


class AwayOnce(MemoryLog):
    """A log that does not answer once, when it is asked for its ends."""

    away = False

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """What stands there, or that nothing answers."""
        if self.away:
            self.away = False
            raise LogUnavailable("no broker answers")
        return await super().ends(partitions)


async def test_a_recovery_that_fails_half_way_leaves_no_writer_beside_old_decisions() -> None:
    log = await with_topics(AwayOnce())
    bench = Bench(log)
    await bench.send(start_day(A_DAY))
    successor = bench.new_host()
    await successor.open()
    await log.send([count("c-1", request="r1"), count("c-1", request="r2")])
    with pytest.raises(Fenced):
        await bench.host.step()
    log.away = True
    with pytest.raises(LogUnavailable):
        await bench.host.open()
    assert bench.host.writer is None
    await bench.drain()
    assert [o.status for o in await outcomes(log)] == ["executed"] * 3
    assert totals(bench.host) == {"c-1": 2}


async def test_an_unknown_type_in_the_own_topic_stops_the_partition(bench: Bench) -> None:
    await bench.send(count("c-1"))
    record = (await all_of(bench.log, Role.EVENTS))[-1]
    headers = {**record.headers, envelope.PARTITION_SEQUENCE: "4", envelope.SEQUENCE: "2"}
    await bench.log.send([NewRecord(record.topic, 0, "c-1", "loanstream.testing.Later.v2", headers, b"{}", A_TIME)])
    with pytest.raises(FoldError, match="not in the contract"):
        await bench.new_host().open()


async def test_a_truncated_commands_topic_without_outcomes_stops_the_host() -> None:
    log = await counting_log()
    await log.send([count("c-1")])
    await log.trim(TopicPartition(topic(CONTEXT, Role.COMMANDS), 0), A_TIME + timedelta(days=1))
    with pytest.raises(PositionLost, match="restore the outcomes topic"):
        await Bench(log).host.open()


# -- chain ---------------------------------------------------------------------------------------------------------------


async def test_every_event_is_linked_to_the_one_before_it_of_its_aggregate(bench: Bench) -> None:
    await bench.send(count("c-1"), count("c-2"), count("c-1", request="r2"))
    heads: dict[str, bytes] = {}
    for number, record in enumerate(await all_of(bench.log, Role.EVENTS), 1):
        digest = chain.link(heads.get(record.key, chain.GENESIS), record.type, record.headers, record.value)
        assert record.headers[envelope.CHAIN] == chain.chain_text(digest)
        assert record.headers[envelope.PARTITION_SEQUENCE] == str(number)
        heads[record.key] = digest


def test_the_test_context_is_registered() -> None:
    assert by_class(Count).ce_type == "loanstream.testing.Count.v1"
    assert date(2026, 1, 5) == A_DAY
