"""Members of groups whose coordinator was away for a moment."""

import asyncio
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError, UnknownError

from loanstream.eventlog.kafka.coordination import WholeTopics
from loanstream.eventlog.kafka.members import KafkaMembership
from tests.kafka.rules import COMMANDS, SOON, Bench, holds_unless

pytestmark = pytest.mark.kafka


class HearsNothing(KafkaMembership):
    """Leaves the errors of the group's coordination where they are."""

    async def _hear(self, consumer: Any) -> None:
        pass


async def owning(member: KafkaMembership, wanted: set[int]) -> None:
    """Refresh, as hosts do, until the member owns what is wanted."""
    try:
        async with asyncio.timeout(SOON):
            while await member.refresh() != wanted:  # noqa: ASYNC110 - a group tells no event
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"owns {member.owned()} instead of {wanted}") from None


@pytest.mark.parametrize("kind", [KafkaMembership, HearsNothing])
@pytest.mark.parametrize("error", [UnknownError, ValueError], ids=["of-the-broker", "of-the-library"])
async def test_a_member_comes_back_after_an_error_of_its_coordination(
    cluster: Bench, kind: type[KafkaMembership], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanstream.eventlog.kafka.log.KafkaMembership", kind)
    member = cluster.process().membership("testing.decider", COMMANDS.topic)
    assert isinstance(member, KafkaMembership)
    await owning(member, {0})
    rejoin, failed = GroupCoordinator._do_rejoin_group, asyncio.Event()

    async def fails_once(coordinator: GroupCoordinator, subscription: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise error("as a broker that has just come back")
        return await rejoin(coordinator, subscription)

    monkeypatch.setattr(GroupCoordinator, "_do_rejoin_group", fails_once)
    assert member.consumer is not None
    member.consumer._coordinator.request_rejoin()
    async with asyncio.timeout(SOON):
        await failed.wait()
    with holds_unless(kind is HearsNothing):
        await owning(member, {0})
    if kind is HearsNothing and error is ValueError:
        with pytest.raises(KafkaError):
            member.consumer._coordinator.check_errors()  # read, so that nothing is left unread


@pytest.mark.parametrize("kind", [KafkaMembership, HearsNothing])
async def test_a_member_whose_heartbeat_has_failed_joins_anew(
    cluster: Bench, kind: type[KafkaMembership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanstream.eventlog.kafka.log.KafkaMembership", kind)
    member = cluster.process().membership("testing.decider", COMMANDS.topic)
    assert isinstance(member, KafkaMembership)
    await owning(member, {0})
    first, failed, beat = member.consumer, asyncio.Event(), GroupCoordinator._do_heartbeat

    async def fails_once(coordinator: GroupCoordinator) -> Any:
        if not failed.is_set():
            failed.set()
            raise UnknownError("an answer that nobody expects")
        return await beat(coordinator)

    monkeypatch.setattr(GroupCoordinator, "_do_heartbeat", fails_once)
    async with asyncio.timeout(SOON):
        await failed.wait()
    await asyncio.sleep(0.5)
    with holds_unless(kind is HearsNothing):
        await owning(member, {0})
        assert member.consumer is not first


@pytest.mark.parametrize("assignor", [WholeTopics, RoundRobinPartitionAssignor])
async def test_a_member_that_leads_the_group_and_knows_of_no_partition_hands_out_none(
    cluster: Bench, assignor: type[RoundRobinPartitionAssignor], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, forgotten = AIOKafkaClient._maybe_wait_metadata, asyncio.Event()

    async def told_nothing_once(client: AIOKafkaClient) -> None:
        await wait(client)
        if not forgotten.is_set():
            forgotten.set()
            client.cluster._partitions = {}  # as a broker that has just come back answers

    monkeypatch.setattr("loanstream.eventlog.kafka.members.WholeTopics", assignor)
    monkeypatch.setattr(AIOKafkaClient, "_maybe_wait_metadata", told_nothing_once)
    member = cluster.process().membership("testing.decider", COMMANDS.topic)
    assert isinstance(member, KafkaMembership)
    with holds_unless(assignor is RoundRobinPartitionAssignor):
        await owning(member, {0})
    assert forgotten.is_set()
