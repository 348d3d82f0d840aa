"""What a process committed itself is read without the database, and reads exactly as the database would answer."""

import asyncio
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.eventlog.port import NewRecord, OffsetOutOfRange, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.eventlog.postgres.reads import Reads
from loanstream.eventlog.postgres.signals import LOOK_EVERY, Signals
from loanstream.eventlog.postgres.tail import Tail
from loanstream.runtime.last_records import last_record
from tests.eventlog.contract import COMMANDS, EVENTS, INSTALLATION, TOPICS
from tests.eventlog.records import A_TIME, a_record, keys

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


def some(place: TopicPartition, first: int, count: int) -> list[NewRecord]:
    """Records whose keys are the offsets they are to have."""
    return [a_record(place.topic, place.partition, str(first + n)) for n in range(count)]


@given(
    commits=st.lists(st.tuples(st.sampled_from([A, B]), st.booleans(), st.integers(1, 9)), max_size=30),
    asked=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 40)), max_size=10),
    most_bytes=st.sampled_from([4_000, 20_000, 10**9]),
)
def test_a_read_of_the_tail_is_a_part_of_the_log_without_a_gap(
    commits: list[tuple[TopicPartition, bool, int]], asked: list[tuple[int, int, int]], most_bytes: int
) -> None:
    tail, ends = Tail(most_bytes), {A: 0, B: 0}
    for place, ours, count in commits:
        if ours:
            tail.add(place, ends[place], some(place, ends[place], count))
        ends[place] += count
    for at_a, at_b, limit in asked:
        positions = {A: at_a, B: at_b}
        found = tail.read(list(positions.items()), limit, ends)
        for place, position in positions.items():
            offsets = [record.offset for record in found if record.topic == place.topic]
            assert offsets == list(range(position, position + len(offsets)))
            assert all(record.key == str(record.offset) for record in found)
            assert position + len(offsets) <= max(position, ends[place])
            if found and limit >= len(positions) and ends[place] > position:
                assert offsets, "a partition with something new was left out"


def test_the_newest_records_are_there_and_the_oldest_make_room() -> None:
    tail = Tail(most_bytes=10_000)
    for offset in range(2_000):
        tail.add(A, offset, some(A, offset, 1))
    assert [r.offset for r in tail.read([(A, 1_998)], 10, {A: 2_000})] == [1_998, 1_999]
    assert tail.read([(A, 0)], 10, {A: 2_000}) == []


def test_nothing_is_served_where_another_process_wrote_in_between() -> None:
    tail = Tail()
    tail.add(A, 0, some(A, 0, 3))
    tail.add(A, 5, some(A, 5, 2))
    assert tail.read([(A, 2)], 10, {A: 7}) == []
    assert [r.offset for r in tail.read([(A, 5)], 10, {A: 7})] == [5, 6]


def test_a_partition_that_reaches_further_than_is_kept_is_asked_of_the_database_with_all_the_others() -> None:
    tail = Tail()
    tail.add(A, 0, some(A, 0, 1))
    assert tail.read([(A, 0), (B, 0)], 10, {A: 1, B: 4}) == []
    assert tail.read([(A, 0), (B, 0)], 10, {A: 1}) == []
    assert len(tail.read([(A, 0), (B, 4)], 10, {A: 1, B: 4})) == 1


@pytest.mark.postgres
async def test_own_commits_are_read_without_a_statement_and_those_of_others_with_one(fresh_database: str) -> None:
    ours, other = PostgresLog(fresh_database), PostgresLog(fresh_database)
    await ours.apply(TOPICS, INSTALLATION)
    statements: list[object] = []
    submit = Reads.submit

    async def counted(self: Reads, *arguments: object) -> object:
        statements.append(arguments)
        return await submit(self, *arguments)  # type: ignore[arg-type]

    place = TopicPartition(EVENTS, 0)
    with patch.object(Reads, "submit", counted):
        await ours.send([a_record(EVENTS, 0, "one"), a_record(EVENTS, 0, "two")])
        assert keys(await ours.read({place: 1}, 10)) == ["one", "two"]
        assert statements == []
        await other.send([a_record(EVENTS, 0, "three")])
        await ours.send([a_record(EVENTS, 0, "four")])
        assert keys(await ours.read({place: 1}, 10)) == ["one", "two", "three", "four"]
        assert len(statements) == 1
        assert await ours.read({place: 1}, 10) == await other.read({place: 1}, 10)
    await ours.close()
    await other.close()


@pytest.mark.postgres
async def test_a_partition_whose_notification_was_lost_is_read_though_another_is_never_at_rest(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of both never waits, so nobody waits for the quiet one: it must be looked at all the same."""
    ours, other = PostgresLog(fresh_database), PostgresLog(fresh_database)
    await ours.apply(TOPICS, INSTALLATION)
    busy, quiet = TopicPartition(EVENTS, 0), TopicPartition(EVENTS, 1)
    positions = {busy: 1, quiet: 1}
    await ours.wait(positions, 0)
    monkeypatch.setattr(Signals, "announce", lambda self, reached: self.learn(reached))  # no NOTIFY from here on
    await other.send([a_record(EVENTS, 1, "told to nobody")])
    found: list[str] = []
    async with asyncio.timeout(10 * LOOK_EVERY):
        while "told to nobody" not in found:
            await ours.send([a_record(EVENTS, 0, "busy")])
            for record in await ours.read(positions, 100):
                positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
                found.append(record.key)
    await ours.close()
    await other.close()


@pytest.mark.postgres
async def test_the_last_record_is_found_though_the_newest_are_anothers(fresh_database: str) -> None:
    ours, other = PostgresLog(fresh_database), PostgresLog(fresh_database)
    await ours.apply(TOPICS, INSTALLATION)
    await ours.send([a_record(EVENTS, 0, f"ours {n}") for n in range(5)])
    await other.send([a_record(EVENTS, 0, "the last")])
    last = await last_record(ours, TopicPartition(EVENTS, 0))
    assert last is not None
    assert last.key == "the last"
    await ours.close()
    await other.close()


def test_what_made_room_is_not_held_either() -> None:
    tail = Tail(most_bytes=10_000)
    tail.add(A, 0, some(A, 0, 500))
    held = sum(len(run.records) for run in tail._runs.values())
    assert held <= 2 * 10_000 / 1_500


@pytest.mark.postgres
async def test_what_was_trimmed_is_not_read_from_memory_either(fresh_database: str) -> None:
    log = PostgresLog(fresh_database)
    await log.apply(TOPICS, INSTALLATION)
    place = TopicPartition(COMMANDS, 0)
    await log.send([a_record(COMMANDS, 0, "old")])
    assert await log.trim(place, A_TIME.replace(year=A_TIME.year + 1)) == 1
    with pytest.raises(OffsetOutOfRange):
        await log.read({place: 0}, 10)
    await log.close()
