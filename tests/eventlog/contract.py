"""The contract of the log port: every adapter's tests inherit this class and give it a ``harness``.

Nothing here assumes offsets without gaps, or that two handles on one log share memory: what one handle does reaches the
other through the log alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from loanstream.eventlog.identity import IDENTITY_TYPE
from loanstream.eventlog.port import (
    EventLog,
    Fenced,
    LogError,
    Membership,
    NewRecord,
    OffsetOutOfRange,
    OutcomeUnknown,
    Record,
    TopicDefinition,
    TopicPartition,
    UnknownTopic,
    Writer,
)
from tests.eventlog.records import A_TIME, a_record, everything, keys

EVENTS = "test.events.v1"
OUTCOMES = "test.outcomes.v1"
COMMANDS = "test.commands.v1"
PARTITIONS = 3
TOPICS = (
    TopicDefinition(EVENTS, PARTITIONS, None, identity=True),
    TopicDefinition(OUTCOMES, PARTITIONS, None, identity=True),
    TopicDefinition(COMMANDS, PARTITIONS, timedelta(days=7)),
)
INSTALLATION = "contract"
SOON = 5.0
"""Seconds within which a wake-up must come; a tenth of it is usual for no adapter."""

E0, E1, E2 = (TopicPartition(EVENTS, n) for n in range(PARTITIONS))
O0 = TopicPartition(OUTCOMES, 0)
C0, C1, C2 = (TopicPartition(COMMANDS, n) for n in range(PARTITIONS))

Connect = Callable[[], Awaitable[EventLog]]


class LogContract:
    """What an adapter promises. A subclass supplies the fixture ``connect``: further handles on one log, empty at first.

    ``connect`` closes what it gave out; handles stand for processes.
    """

    @pytest.fixture
    def connect(self) -> Connect:
        """Gives a new handle on the log of this test."""
        raise NotImplementedError("the adapter's tests supply it")

    @pytest.fixture
    async def log(self, connect: Connect) -> EventLog:
        """A handle on a log with the topics above."""
        log = await connect()
        assert await log.apply(TOPICS, INSTALLATION) == []
        return log

    @pytest.fixture
    async def other(self, log: EventLog, connect: Connect) -> EventLog:
        """A second handle: another process."""
        return await connect()

    # topics

    async def test_topics_are_made_once_and_described_as_asked_for(self, log: EventLog) -> None:
        assert await log.apply(TOPICS, INSTALLATION) == []
        described = await log.describe()
        assert {name: state.definition for name, state in described.items()} == {t.name: t for t in TOPICS}
        assert await log.partitions(EVENTS) == PARTITIONS

    async def test_each_partition_of_an_identity_topic_starts_with_its_identity_at_offset_zero(
        self, log: EventLog
    ) -> None:
        for n in range(PARTITIONS):
            [first] = await log.read({TopicPartition(EVENTS, n): 0}, 10)
            assert (first.offset, first.type, first.key, first.headers) == (0, IDENTITY_TYPE, "identity", {})
            assert first.value == b'{"installation":"contract","partitions":3,"topic":"test.events.v1"}'
        described = await log.describe()
        assert {n: r.value for n, r in described[EVENTS].identities.items()} == dict.fromkeys(range(3), first.value)
        assert described[COMMANDS].identities == {}
        assert await log.read({C0: 0}, 10) == []

    async def test_applying_again_writes_no_second_identity(self, log: EventLog) -> None:
        ends = await log.ends([E0, E1, E2])
        await log.apply(TOPICS, INSTALLATION)
        assert await log.ends([E0, E1, E2]) == ends

    async def test_a_missing_topic_is_added_beside_the_existing_ones(self, log: EventLog) -> None:
        await log.send([a_record(EVENTS, key="kept")])
        assert await log.apply([*TOPICS, TopicDefinition("test.more.v1", 2, None)], INSTALLATION) == []
        await log.send([a_record("test.more.v1", 1, "new")])
        assert sorted(keys(await everything(log, [E0, TopicPartition("test.more.v1", 1)]))) == ["kept", "new"]

    @pytest.mark.parametrize(
        ("change", "installation", "word"),
        [
            ({"partitions": 4}, INSTALLATION, "partition count of 3 but should have 4"),
            ({"retention": timedelta(days=1)}, INSTALLATION, "retention of for ever but should have 1 day"),
            ({"identity": False}, INSTALLATION, "identity"),
            ({}, "another", "installation 'contract'"),
        ],
    )
    async def test_a_topic_that_differs_is_told_in_a_sentence_and_stays_as_it_is(
        self, log: EventLog, change: dict[str, object], installation: str, word: str
    ) -> None:
        before = await log.describe()
        sentences = await log.apply([replace(TOPICS[0], **change)], installation)  # type: ignore[arg-type]
        assert sentences
        assert all(EVENTS in sentence for sentence in sentences)
        assert word in " ".join(sentences)
        assert await log.describe() == before

    async def test_two_processes_may_apply_at_once(self, connect: Connect) -> None:
        handles = [await connect() for _ in range(4)]
        assert await asyncio.gather(*(handle.apply(TOPICS, INSTALLATION) for handle in handles)) == [[]] * 4
        assert len(await handles[0].read({E0: 0, E1: 0, E2: 0}, 100)) == PARTITIONS

    @pytest.mark.parametrize("place", [TopicPartition("test.nothing.v1", 0), TopicPartition(EVENTS, PARTITIONS)])
    async def test_an_unknown_topic_or_partition_is_refused_by_every_call(
        self, log: EventLog, place: TopicPartition
    ) -> None:
        writer = await log.writer("w", 0)
        calls: list[Awaitable[object]] = [
            log.read({place: 0}, 1),
            log.wait({place: 0}, 0.01),
            log.start(place),
            log.ends([place]),
            log.offset_at(place, A_TIME),
            log.send([a_record(EVENTS, key="beside"), a_record(*place)]),
            writer.commit([a_record(EVENTS, key="beside"), a_record(*place)]),
        ]
        for call in calls:
            with pytest.raises(UnknownTopic):
                await call
        assert await everything(log, [E0]) == []

    async def test_a_topic_that_another_process_made_later_is_found(self, log: EventLog, other: EventLog) -> None:
        with pytest.raises(UnknownTopic):
            await other.partitions("test.late.v1")
        await log.apply([TopicDefinition("test.late.v1", 2)], INSTALLATION)
        assert await other.partitions("test.late.v1") == 2

    # appending and reading

    async def test_a_record_comes_back_as_it_was_sent(self, log: EventLog, other: EventLog) -> None:
        sent = NewRecord(
            COMMANDS,
            1,
            "借款人-1",
            "loanstream.servicing.ApplyPayment.v1",
            {"ce_id": "1", "actor": 'user:"张三"', "empty": ""},
            bytes(range(256)),
            A_TIME.replace(microsecond=123456),
        )
        await log.send([sent])
        [record] = await other.read({C1: 0}, 10)
        assert record == Record(
            sent.topic, sent.partition, 0, sent.key, sent.type, dict(sent.headers), sent.value, sent.time
        )
        assert record.time.tzinfo is not None

    async def test_records_stand_in_the_order_of_their_commits_and_within_a_commit_as_given(
        self, log: EventLog
    ) -> None:
        writer = await log.writer("w", 0)
        for batch in range(10):
            await writer.commit([a_record(EVENTS, 0, f"{batch}.{n}") for n in range(3)])
        found = await everything(log, [E0], limit=7)
        assert keys(found) == [f"{batch}.{n}" for batch in range(10) for n in range(3)]
        offsets = [record.offset for record in found]
        assert offsets == sorted(set(offsets))

    async def test_a_commit_reaches_all_its_topics_and_partitions(self, log: EventLog, other: EventLog) -> None:
        writer = await log.writer("w", 0)
        reached = await writer.commit(
            [a_record(EVENTS, 0, "e"), a_record(OUTCOMES, 0, "o"), a_record(COMMANDS, 2, "c"), a_record(EVENTS, 0, "f")]
        )
        assert keys(await everything(other, [E0])) == ["e", "f"]
        assert keys(await everything(other, [O0, C2])) in (["c", "o"], ["o", "c"])
        assert reached == await other.ends([E0, O0, C2])

    async def test_a_commit_answers_the_offset_after_its_own_last_record(self, log: EventLog) -> None:
        writers = [await log.writer("w", n) for n in range(6)]
        answers = await asyncio.gather(
            *(w.commit([a_record(EVENTS, 0, f"{w.partition}.{n}") for n in range(3)]) for w in writers)
        )
        last = {record.key: record.offset for record in await everything(log, [E0])}
        assert [answer[E0] for answer in answers] == [last[f"{n}.2"] + 1 for n in range(6)]

    async def test_a_commit_without_records_writes_nothing_and_still_meets_the_fence(self, log: EventLog) -> None:
        old = await log.writer("w", 0)
        assert await old.commit([]) == {}
        await log.writer("w", 0)
        with pytest.raises(Fenced):
            await old.commit([])
        await log.send([])
        assert await everything(log, [E0, C0]) == []

    async def test_many_appends_at_once_lose_double_and_tear_none(self, log: EventLog, other: EventLog) -> None:
        writers = [await handle.writer("w", n) for n, handle in enumerate([log, other] * 5)]
        sends = [
            handle.send([a_record(COMMANDS, n % PARTITIONS, f"s{h}.{n}"), a_record(EVENTS, 1, f"s{h}.{n}")])
            for n in range(20)
            for h, handle in enumerate([log, other])
        ]

        async def five_commits(writer: Writer) -> None:
            for n in range(5):
                await writer.commit(
                    [a_record(EVENTS, place, f"w{writer.partition}.{n}") for place in range(PARTITIONS)]
                )

        await asyncio.gather(*sends, *map(five_commits, writers))
        sent = sorted(f"s{h}.{n}" for h in range(2) for n in range(20))
        committed = sorted(f"w{w}.{n}" for w in range(10) for n in range(5))
        assert sorted(keys(await everything(log, [C0, C1, C2]))) == sent
        for place in (E0, E1, E2):
            found = keys(await everything(log, [place]))
            assert sorted(key for key in found if key.startswith("w")) == committed
            for w in range(10):
                assert [k for k in found if k.startswith(f"w{w}.")] == [f"w{w}.{n}" for n in range(5)]
        assert sorted(key for key in keys(await everything(log, [E1])) if key.startswith("s")) == sent

    async def test_a_large_commit_is_whole(self, log: EventLog, other: EventLog) -> None:
        writer = await log.writer("w", 0)
        value = b"x" * 500
        await writer.commit([a_record(EVENTS, n % 2, str(n), value=value) for n in range(3_000)])
        found = await everything(other, [E0, E1], limit=1_000)
        assert sorted(map(int, keys(found))) == list(range(3_000))

    async def test_a_big_value_is_kept(self, log: EventLog) -> None:
        value = bytes(range(256)) * 2_000
        await log.send([a_record(EVENTS, value=value)])
        [record] = await everything(log, [E0])
        assert record.value == value

    # positions

    async def test_a_read_starts_at_the_position_and_ends_at_the_limit(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 0, str(n)) for n in range(10)])
        all_of_them = await log.read({C0: 0}, 100)
        assert keys(await log.read({C0: all_of_them[4].offset}, 3)) == ["4", "5", "6"]
        assert keys(await log.read({C0: all_of_them[-1].offset}, 3)) == ["9"]
        assert await log.read({C0: all_of_them[-1].offset + 1}, 3) == []

    async def test_a_read_of_nothing_gives_nothing(self, log: EventLog) -> None:
        assert await log.read({}, 10) == []
        assert await log.read({C0: 0, C1: 0}, 10) == []
        assert await log.ends([]) == {}

    async def test_one_read_takes_from_many_partitions_and_fills_the_limit(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 0, f"a{n}") for n in range(50)])
        await log.send([a_record(COMMANDS, 1, f"b{n}") for n in range(3)])
        await log.send([a_record(OUTCOMES, 0, f"o{n}") for n in range(50)])
        start = (await log.read({O0: 0}, 1))[0].offset + 1
        found = keys(await log.read({C0: 0, C1: 0, O0: start}, 30))
        assert len(found) == 30
        assert [key for key in found if key.startswith("b")] == ["b0", "b1", "b2"]
        for name in "ao":
            own = [key for key in found if key.startswith(name)]
            assert own == [f"{name}{n}" for n in range(len(own))]
            assert len(own) >= 10

    async def test_a_full_partition_holds_others_back_only_until_the_next_call(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 0, f"a{n}") for n in range(50)])
        await log.send([a_record(COMMANDS, 2, "late")])
        positions = {C0: 0, C1: 0, C2: 0}
        seen: list[str] = []
        for _ in range(len(positions) + 1):
            for record in await log.read(positions, 1):
                positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
                seen.append(record.key)
        assert "late" in seen

    async def test_ends_are_where_the_next_record_will_be_or_later(self, log: EventLog, other: EventLog) -> None:
        assert await log.ends([C0, C1]) == {C0: 0, C1: 0}
        for n in range(4):
            before = (await other.ends([C0]))[C0]
            await log.send([a_record(COMMANDS, 0, str(n))])
            [record] = await other.read({C0: before}, 10)
            assert record.offset >= before
            assert (await other.ends([C0]))[C0] == record.offset + 1
        assert await log.ends([C1]) == {C1: 0}

    async def test_a_reader_that_reached_the_end_stands_at_the_end(self, log: EventLog) -> None:
        writer = await log.writer("w", 0)
        for n in range(5):
            await writer.commit([a_record(EVENTS, 0, str(n)), a_record(EVENTS, 1, str(n))])
        position = 0
        while records := await log.read({E0: position}, 2):
            position = records[-1].offset + 1
        assert {E0: position} == await log.ends([E0])

    async def test_start_is_the_first_kept_record(self, log: EventLog) -> None:
        assert await log.start(E0) == 0
        assert await log.start(C0) == 0
        await log.send([a_record(COMMANDS, 0)])
        assert await log.start(C0) == 0

    async def test_offset_at_finds_the_first_record_from_a_time_on(self, log: EventLog) -> None:
        for minute in range(5):
            await log.send([a_record(COMMANDS, 0, str(minute), minute=2 * minute)])
        offsets = {record.key: record.offset for record in await everything(log, [C0])}
        assert await log.offset_at(C0, A_TIME - timedelta(days=1)) == offsets["0"]
        assert await log.offset_at(C0, A_TIME + timedelta(minutes=4)) == offsets["2"]
        assert await log.offset_at(C0, A_TIME + timedelta(minutes=5)) == offsets["3"]
        assert await log.offset_at(C0, A_TIME + timedelta(minutes=9)) == (await log.ends([C0]))[C0]
        assert await log.offset_at(C1, A_TIME) == 0

    # fencing

    async def test_a_new_writer_fences_the_old_one(self, log: EventLog, other: EventLog) -> None:
        old = await log.writer("w", 0)
        await old.commit([a_record(EVENTS, 0, "old")])
        new = await other.writer("w", 0)
        with pytest.raises(Fenced):
            await old.commit([a_record(EVENTS, 0, "zombie"), a_record(COMMANDS, 1, "zombie")])
        await new.commit([a_record(EVENTS, 0, "new")])
        with pytest.raises(Fenced):
            await old.commit([a_record(EVENTS, 0, "zombie")])
        assert keys(await everything(log, [E0, C1])) == ["old", "new"]

    async def test_a_fenced_writer_stays_fenced_when_the_new_one_closes(self, log: EventLog, other: EventLog) -> None:
        old = await log.writer("w", 0)
        await (await other.writer("w", 0)).close()
        with pytest.raises(Fenced):
            await old.commit([a_record(EVENTS, 0, "zombie")])
        assert await everything(log, [E0]) == []

    async def test_the_same_process_can_fence_itself(self, log: EventLog) -> None:
        old, new = await log.writer("w", 0), await log.writer("w", 0)
        results = await asyncio.gather(
            *(
                writer.commit([a_record(EVENTS, 0, name)])
                for writer, name in ((old, "old"), (new, "new"), (old, "older"))
            ),
            return_exceptions=True,
        )
        assert [isinstance(result, Fenced) for result in results] == [True, False, True]
        assert keys(await everything(log, [E0])) == ["new"]

    async def test_a_fenced_writer_fails_alone(self, log: EventLog, other: EventLog) -> None:
        writers = [await log.writer("w", n) for n in range(5)]
        await other.writer("w", 2)
        results = await asyncio.gather(
            *(writer.commit([a_record(EVENTS, 0, str(writer.partition))]) for writer in writers),
            log.send([a_record(EVENTS, 0, "sent")]),
            return_exceptions=True,
        )
        assert [n for n, result in enumerate(results) if isinstance(result, Fenced)] == [2]
        assert sorted(keys(await everything(log, [E0]))) == ["0", "1", "3", "4", "sent"]

    async def test_writers_of_other_partitions_and_owners_do_not_fence_each_other(self, log: EventLog) -> None:
        writers = [await log.writer(owner, n) for owner in ("v", "w") for n in range(2)]
        for writer in writers:
            await writer.commit([a_record(EVENTS, 0, f"{writer.owner}{writer.partition}")])
        assert keys(await everything(log, [E0])) == ["v0", "v1", "w0", "w1"]

    async def test_a_closed_writer_commits_no_more_and_another_opens_at_once(
        self, log: EventLog, other: EventLog
    ) -> None:
        writer = await log.writer("w", 0)
        await writer.commit([a_record(EVENTS, 0, "first")])
        await writer.close()
        with pytest.raises(Fenced):
            await writer.commit([a_record(EVENTS, 0, "late")])
        async with asyncio.timeout(SOON):
            await (await other.writer("w", 0)).commit([a_record(EVENTS, 0, "second")])
        assert keys(await everything(log, [E0])) == ["first", "second"]

    async def test_what_was_committed_before_a_takeover_is_read_after_it(self, log: EventLog, connect: Connect) -> None:
        """Competing owners each take over, read the position, and write the next number: no number twice, none left out."""
        handles = [log, *[await connect() for _ in range(3)]]

        unknown = 0

        async def compete(handle: EventLog, rounds: int) -> int:
            nonlocal unknown
            written = 0
            for _ in range(rounds):
                writer = await handle.writer("w", 1)
                try:
                    for _ in range(3):
                        count = len(await everything(handle, [E1]))
                        await writer.commit([a_record(EVENTS, 1, str(count))])
                        written += 1
                except Fenced:
                    pass
                except OutcomeUnknown:
                    unknown += 1
            return written

        written = sum(await asyncio.gather(*(compete(handle, 6) for handle in handles)))
        found = keys(await everything(log, [E1]))
        assert found == [str(n) for n in range(len(found))]
        assert 0 < written <= len(found) <= written + unknown

    # waiting

    async def test_a_wait_for_what_is_there_returns_at_once(self, log: EventLog, other: EventLog) -> None:
        await log.send([a_record(COMMANDS, 1)])
        assert await other.wait({C0: 0, C1: 0}, 0)
        assert await log.wait({C0: 0, C1: 0}, 0)

    async def test_a_wait_for_nothing_runs_out(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 1)])
        end = (await log.ends([C1]))[C1]
        assert not await log.wait({C0: 0, C1: end}, 0.05)
        assert not await log.wait({C0: 0, C1: end}, 0)
        assert not await log.wait({}, 0.01)

    async def test_a_wait_wakes_on_a_record_of_this_process(self, log: EventLog) -> None:
        waiting = asyncio.create_task(log.wait({C0: 0, C1: 0}, SOON))
        await asyncio.sleep(0.02)
        await log.send([a_record(COMMANDS, 1)])
        assert await waiting

    async def test_a_wait_wakes_on_a_record_of_another_process(self, log: EventLog, other: EventLog) -> None:
        position = 0
        for n in range(3):
            waiting = asyncio.create_task(other.wait({C0: 0, C1: position}, SOON))
            await asyncio.sleep(0.02)
            await (await log.writer("w", 0)).commit([a_record(COMMANDS, 1, str(n))])
            assert await waiting
            [record] = await other.read({C1: position}, 10)
            position = record.offset + 1

    async def test_a_wait_is_not_woken_by_another_partition(self, log: EventLog, other: EventLog) -> None:
        waiting = [asyncio.create_task(handle.wait({C0: 0}, 0.3)) for handle in (log, other)]
        await asyncio.sleep(0.02)
        await log.send([a_record(COMMANDS, 1), a_record(OUTCOMES, 0)])
        assert await asyncio.gather(*waiting) == [False, False]

    async def test_a_wait_beyond_the_end_wakes_only_there(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 0)])
        assert not await log.wait({C0: 1_000}, 0.05)

    async def test_a_cancelled_wait_leaves_the_others_waiting(self, log: EventLog) -> None:
        first, second = (asyncio.create_task(log.wait({C0: 0}, SOON)) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await log.send([a_record(COMMANDS, 0)])
        assert await second

    # trimming

    async def test_trimming_drops_what_is_older_and_a_reader_below_is_told(
        self, log: EventLog, other: EventLog
    ) -> None:
        for minute in range(6):
            await log.send([a_record(COMMANDS, 0, str(minute), minute=minute)])
        offsets = {record.key: record.offset for record in await everything(log, [C0])}
        assert await log.trim(C0, A_TIME + timedelta(minutes=4)) == 4
        assert await other.start(C0) == offsets["4"]
        assert keys(await other.read({C0: offsets["4"]}, 10)) == ["4", "5"]
        for handle in (log, other):
            with pytest.raises(OffsetOutOfRange, match=COMMANDS):
                await handle.read({C1: 0, C0: offsets["3"]}, 10)
        assert await log.trim(C0, A_TIME + timedelta(minutes=4)) == 0

    async def test_a_reader_at_the_end_stays_in_range_when_all_is_trimmed(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, 0, str(n)) for n in range(3)])
        end = (await log.ends([C0]))[C0]
        assert await log.trim(C0, A_TIME + timedelta(days=1)) == 3
        assert await log.ends([C0]) == {C0: end}
        assert await log.start(C0) >= end
        assert await log.read({C0: end}, 10) == []
        await log.send([a_record(COMMANDS, 0, "after")])
        assert keys(await log.read({C0: end}, 10)) == ["after"]

    async def test_trimming_touches_no_other_partition(self, log: EventLog) -> None:
        await log.send([a_record(COMMANDS, n, str(n)) for n in range(PARTITIONS)])
        await log.trim(C0, A_TIME + timedelta(days=1))
        assert keys(await everything(log, [C1, C2])) in (["1", "2"], ["2", "1"])
        assert await log.start(C1) == 0

    async def test_a_topic_kept_for_ever_is_never_trimmed(self, log: EventLog) -> None:
        await log.send([a_record(EVENTS, 0)])
        with pytest.raises(LogError, match="for ever"):
            await log.trim(E0, A_TIME + timedelta(days=1))
        assert len(await everything(log, [E0])) == 1

    # membership

    async def test_a_member_owns_what_is_free_and_nobody_else_does(self, log: EventLog, other: EventLog) -> None:
        first, second = log.membership("g", COMMANDS), other.membership("g", COMMANDS)
        assert first.owned() == frozenset()
        await _divided(first, second)
        await first.close()
        assert first.owned() == frozenset()
        assert await _owning(second, PARTITIONS) == frozenset(range(PARTITIONS))

    async def test_two_members_in_one_process_exclude_each_other(self, log: EventLog) -> None:
        first, second = log.membership("g", COMMANDS), log.membership("g", COMMANDS)
        await _divided(first, second)
        await first.close()
        assert await _owning(second, PARTITIONS) == frozenset(range(PARTITIONS))

    async def test_groups_and_topics_do_not_exclude_each_other(self, log: EventLog, other: EventLog) -> None:
        members = [log.membership("g", COMMANDS), other.membership("h", COMMANDS), other.membership("g", EVENTS)]
        for member in members:
            assert await _owning(member, PARTITIONS) == frozenset(range(PARTITIONS))

    async def test_a_process_that_ends_leaves_its_partitions(
        self, log: EventLog, other: EventLog, connect: Connect
    ) -> None:
        gone = await connect()
        await _owning(gone.membership("g", COMMANDS), PARTITIONS)
        await gone.close()
        assert await _owning(log.membership("g", COMMANDS), PARTITIONS) == frozenset(range(PARTITIONS))

    async def test_a_handle_may_be_closed_twice(self, connect: Connect) -> None:
        log = await connect()
        await log.apply(TOPICS, INSTALLATION)
        await log.close()
        await log.close()


async def _divided(*members: Membership) -> None:
    """Refresh until the members own every partition between them, each one once; a group may take a moment to settle."""
    for _ in range(int(SOON / 0.02)):
        owned = [number for member in members for number in await member.refresh()]
        if sorted(owned) == list(range(PARTITIONS)) == sorted(n for member in members for n in member.owned()):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"after {SOON} seconds the members own {[sorted(member.owned()) for member in members]}")


async def _owning(member: Membership, count: int) -> frozenset[int]:
    """Refresh until the member owns ``count`` partitions; a group may take a moment to settle."""
    for _ in range(int(SOON / 0.02)):
        if len(await member.refresh()) >= count:
            break
        await asyncio.sleep(0.02)
    return member.owned()
