"""Reads of a size and a backlog that small tests do not reach."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.cursors import Cursor
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import LogUnavailable, NewRecord, RecordRefused, TopicDefinition, TopicPartition
from tests.kafka.test_log import delete_topics

pytestmark = pytest.mark.kafka

PLACE = TopicPartition("test.commands.v1", 0)
TIME = datetime(2026, 1, 5, 9, tzinfo=UTC)


def records(count: int, value: bytes = b"{}") -> list[NewRecord]:
    """Commands in order."""
    return [NewRecord(PLACE.topic, 0, str(number), "test.Command.v1", {}, value, TIME) for number in range(count)]


@pytest.fixture
async def log(kafka: str) -> AsyncIterator[KafkaLog]:
    """A log with one topic of one partition."""
    log = KafkaLog(ClusterSettings(servers=kafka), patience=5.0)
    assert await log.apply([TopicDefinition(PLACE.topic, 1)], "bench") == []
    yield log
    await log.close()
    await delete_topics(kafka)


@pytest.mark.parametrize("limit", [5_000, 20_000])
async def test_a_rebuild_reads_more_at_once_than_a_cursor_keeps(log: KafkaLog, limit: int) -> None:
    for _ in range(24):
        await log.send(records(500, b"x" * 250))
    found, position = [], 0
    while some := await log.read({PLACE: position}, limit):
        found += some
        position = some[-1].offset + 1
    assert [record.offset for record in found] == list(range(12_000))


async def test_a_read_of_what_does_not_come_is_an_error_of_the_log(
    kafka: str, log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.send(records(1))
    monkeypatch.setattr("loanstream.eventlog.kafka.cursors.Cursor._has_reached", lambda *_: False)
    impatient = KafkaLog(ClusterSettings(servers=kafka), patience=0.3)
    try:
        with pytest.raises(LogUnavailable, match="nothing came in time"):
            await impatient.read({PLACE: 0}, 2)
    finally:
        await impatient.close()


async def test_the_one_record_that_no_batch_can_take_is_named_and_nothing_is_sent(log: KafkaLog) -> None:
    small, large = records(2), records(3, b"x" * 900_001)
    with pytest.raises(RecordRefused, match=r"with key '2' needs 900.* bytes"):
        await log.send([*small, large[2], *small])
    assert await log.read({PLACE: 0}, 10) == []


async def test_a_cursor_that_is_closed_while_its_poll_fails_follows_no_more(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails_at_the_end(*_: object) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionResetError("the broker went away at the same moment") from None

    monkeypatch.setattr(Cursor, "_poll", fails_at_the_end)
    cursor = log._cursors.borrow({PLACE: 0})
    await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        await cursor.close()
    assert cursor._following.done()
