"""Readers see what is committed and nothing else: no aborted record, and no end that they can never reach."""

import asyncio
from collections.abc import Mapping
from functools import partial

import pytest
from aiokafka.consumer.fetcher import READ_UNCOMMITTED

from loanstream.eventlog.kafka import cluster as kafka_cluster
from loanstream.eventlog.kafka.fetching import fetch
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import TopicPartition
from tests.eventlog.records import a_record
from tests.kafka.rules import COMMANDS, EVENTS, OUTCOMES, Bench, drain, holds_unless
from tests.support.counting import A_DAY, count, start_day

pytestmark = pytest.mark.kafka

OPENING = 4.0
"""Seconds; a host opens in a tenth of one."""


@pytest.mark.parametrize("broken", [False, True])
async def test_a_host_opens_although_somebody_left_a_transaction_open_in_its_log(
    cluster: Bench, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.send(start_day(A_DAY), count("c-1", request="r1"))
    await drain(cluster.host())
    if broken:
        # the end of such a reader is the high watermark
        monkeypatch.setattr(kafka_cluster, "READ_COMMITTED", READ_UNCOMMITTED)
    async with cluster.open_transaction(a_record(EVENTS.topic), a_record(OUTCOMES.topic)):
        host = cluster.host()
        opened = True
        try:
            async with asyncio.timeout(OPENING):
                await host.open()
        except TimeoutError:
            opened = False
        with holds_unless(broken):
            assert opened
            assert host.recovered == 3
    monkeypatch.undo()
    await cluster.send(count("c-1", request="r2"))
    await drain(cluster.host())
    await cluster.check_all_decided_once()


FETCHES = {
    "cursors bring what was aborted": "loanstream.eventlog.kafka.cursors.fetch",
    "ends count what was aborted": "loanstream.eventlog.kafka.fetching.fetch",
}


def see_everything(monkeypatch: pytest.MonkeyPatch, mutation: str) -> None:
    """Let fetches bring what is not committed as well."""
    monkeypatch.setattr(FETCHES[mutation], partial(fetch, isolation=READ_UNCOMMITTED))


async def seen(log: KafkaLog, places: Mapping[TopicPartition, int]) -> list[str]:
    """What a reader finds that waits and reads from its position on."""
    positions, found = dict(places), []
    while await log.wait(positions, 0.3):
        for record in await log.read(positions, 100):
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            found.append(record.key)
    return sorted(key for key in found if key != "identity")


@pytest.mark.parametrize("mutation", ["", *FETCHES])
async def test_an_aborted_record_wakes_nobody_is_read_by_nobody_and_is_no_end(
    cluster: Bench, mutation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mutation:
        see_everything(monkeypatch, mutation)
    log = cluster.process()
    writer = await log.writer("testing", 0)
    reached = await writer.commit([a_record(EVENTS.topic, key="before"), a_record(COMMANDS.topic, key="before")])
    waiting = asyncio.create_task(log.wait(reached, 1.0))
    async with cluster.open_transaction(a_record(EVENTS.topic, key="void"), a_record(COMMANDS.topic, key="void")):
        pass
    woken = await waiting
    await writer.commit([a_record(OUTCOMES.topic, key="elsewhere")])
    with holds_unless(mutation):
        assert not woken
        # neither a process that was there nor one that has just come
        for reader in (log, cluster.process()):
            assert await reader.ends([EVENTS, COMMANDS]) == reached
            assert not await reader.wait(reached, 0)
            assert await seen(reader, {EVENTS: 0, COMMANDS: 0}) == ["before", "before"]


@pytest.mark.parametrize("mutation", ["", "cursors bring what was aborted"])
async def test_a_host_decides_no_command_of_an_aborted_transaction(
    cluster: Bench, mutation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.send(start_day(A_DAY), count("c-1", request="r1"))
    async with cluster.open_transaction(count("c-1", request="void")):
        pass
    await cluster.send(count("c-1", request="r2"))
    if mutation:
        see_everything(monkeypatch, mutation)
    await drain(cluster.host())
    monkeypatch.undo()
    with holds_unless(mutation):
        await cluster.check_all_decided_once()
