"""The memory log keeps the port's contract, with and without gaps in its offsets, and plants the faults it is asked for."""

from collections.abc import Sequence

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import EventLog, Fenced, NewRecord, OutcomeUnknown, TopicPartition
from tests.eventlog.contract import COMMANDS, E0, EVENTS, INSTALLATION, PARTITIONS, TOPICS, Connect, LogContract
from tests.eventlog.records import a_record, everything, keys


class TestMemoryLog(LogContract):
    """The contract, offsets without gaps."""

    markers = False

    @pytest.fixture
    def connect(self) -> Connect:
        """All handles are the one log: its memory is what processes share here."""
        log = MemoryLog(markers=self.markers)

        async def connect() -> EventLog:
            return log

        return connect


class TestMemoryLogWithMarkers(TestMemoryLog):
    """The contract, a gap in the offsets after every append, as Kafka leaves one."""

    markers = True


async def a_log(**options: object) -> MemoryLog:
    log = MemoryLog(**options)  # type: ignore[arg-type]
    await log.apply(TOPICS, INSTALLATION)
    return log


async def test_offsets_have_gaps_with_markers_and_none_without() -> None:
    for markers, expected in ((False, [1, 2, 3, 4]), (True, [2, 3, 5, 6])):
        log = await a_log(markers=markers)
        for _ in range(2):
            await log.send([a_record(EVENTS), a_record(EVENTS)])
        assert [record.offset for record in await everything(log, [E0])] == expected


async def test_without_fencing_a_zombie_commits() -> None:
    log = await a_log(fencing=False)
    zombie, new = await log.writer("w", 0), await log.writer("w", 0)
    await zombie.commit([a_record(EVENTS, key="zombie")])
    await new.commit([a_record(EVENTS, key="new")])
    assert keys(await everything(log, [E0])) == ["zombie", "new"]


@pytest.mark.parametrize(("moment", "kept"), [("before", []), ("after", ["k"])])
async def test_an_outcome_is_unknown_before_or_after_it_happened(moment: str, kept: list[str]) -> None:
    def fault(_operation: str, when: str, records: Sequence[NewRecord]) -> None:
        if when == moment:
            raise OutcomeUnknown(f"planted {moment} {len(records)}")

    log = await a_log(fault=None)
    writer = await log.writer("w", 0)
    log.fault = fault
    with pytest.raises(OutcomeUnknown, match=f"planted {moment} 1"):
        await writer.commit([a_record(EVENTS)])
    with pytest.raises(OutcomeUnknown):
        await log.send([a_record(COMMANDS)])
    assert keys(await everything(log, [E0])) == kept
    assert len(await everything(log, [TopicPartition(COMMANDS, 0)])) == len(kept)


async def test_a_fault_tells_commits_from_sends_and_is_not_asked_about_fenced_ones_after() -> None:
    seen: list[tuple[str, str]] = []
    log = await a_log()
    old, new = await log.writer("w", 0), await log.writer("w", 0)
    log.fault = lambda operation, moment, _records: seen.append((operation, moment))
    await new.commit([a_record(EVENTS)])
    await log.send([a_record(COMMANDS)])
    with pytest.raises(Fenced):
        await old.commit([a_record(EVENTS)])
    assert seen == [
        ("commit", "before"),
        ("commit", "after"),
        ("send", "before"),
        ("send", "after"),
        ("commit", "before"),
    ]


async def test_a_revoked_member_believes_until_it_looks() -> None:
    log = await a_log()
    first, second = log.membership("g", COMMANDS), log.membership("g", COMMANDS)
    await first.refresh()
    log.revoke("g", COMMANDS, 1)
    assert await second.refresh() == {1}
    assert first.owned() == set(range(PARTITIONS))
    assert await first.refresh() == {0, 2}


async def test_two_logs_given_the_same_calls_answer_the_same() -> None:
    async def history() -> list[object]:
        log = await a_log()
        answers: list[object] = []
        places = {TopicPartition(topic.name, n): 0 for topic in TOPICS for n in range(PARTITIONS)}
        for n in range(20):
            await log.send([a_record(EVENTS, n % 3, str(n)), a_record(COMMANDS, n % 2, str(n))])
            answers.append(await log.read(places, 7))
        return answers

    assert await history() == await history()
