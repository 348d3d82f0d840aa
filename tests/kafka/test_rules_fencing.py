"""The fence comes first: what an owner read before it is stale, and what an owner reads after it lost the partition is void."""

import asyncio
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaProducer

from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.kafka.members import KafkaMembership
from loanstream.eventlog.port import Fenced, Writer
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from tests.kafka.rules import COMMANDS, SOON, Bench, Meanwhile, drain, holds_unless
from tests.support.counting import A_DAY, count, start_day

pytestmark = pytest.mark.kafka


class ReadsBeforeTheFence(DeciderHost):
    """Takes state and position from the own log, and only then fences."""

    async def open(self) -> None:
        """The product's steps in the wrong order."""
        fold = self.fold = await self._from_snapshot()
        await self._recover(fold)
        self.next_command = await self._input_position(fold)
        self.writer = await self.log.writer(self.service.name, self.partition)
        self._begin(fold)


@pytest.mark.parametrize("host", [DeciderHost, ReadsBeforeTheFence])
async def test_what_the_old_owner_commits_while_the_new_one_opens_is_known_to_the_new_one(
    cluster: Bench, host: type[DeciderHost]
) -> None:
    await cluster.send(start_day(A_DAY), count("c-1", request="r1"), count("c-1", request="r2"))
    old = cluster.host(batch=2)
    await old.step()
    log = cluster.process(Meanwhile)
    log.before_fence = old.step
    new = cluster.host(log, host)
    await drain(new)
    await cluster.send(count("c-1", request="r3"))
    await drain(new)
    with holds_unless(host is not DeciderHost):
        await cluster.check_all_decided_once()
    await cluster.send(count("c-1", request="r4"))
    with pytest.raises(Fenced):
        await old.step()


class Unfenced(Meanwhile):
    """A process whose transactions are its own, whatever partition they are for: they fence nobody."""

    async def writer(self, owner: str, partition: int) -> Writer:
        """A writer under this process's name."""
        return await super().writer(f"{owner}-{id(self)}", partition)


def replica(cluster: Bench, log: KafkaLog) -> OwnedDecider:
    """The decider of partition 0 in a process of its own."""
    ownership = Ownership(log.membership("testing.decider", COMMANDS.topic), 1)
    return OwnedDecider(cluster.host(log), ownership, cluster.clock)


async def leave(log: KafkaLog) -> None:
    """The process gives up what its groups assigned it."""
    await asyncio.gather(*(member.close() for member in log._members))


@pytest.mark.parametrize("kind", [Meanwhile, Unfenced])
async def test_a_read_that_was_under_way_when_the_partition_went_decides_nothing(
    cluster: Bench, kind: type[Meanwhile]
) -> None:
    await cluster.send(start_day(A_DAY))
    log = cluster.process(kind)
    first, second = replica(cluster, log), replica(cluster, cluster.process(kind))
    while not await first.step():
        pass
    await cluster.send(count("c-1", request="r1"), count("c-1", request="r2"))

    async def goes() -> None:
        await leave(log)
        while not await second.step():
            pass

    log.after_read = goes
    with suppress(Fenced):
        await first.host.step()
    await drain(first.host, second.host)
    with holds_unless(kind is Unfenced):
        await cluster.check_all_decided_once()


class WaitsForNobody(KafkaMembership):
    """Gives its partitions up at once, whatever is under way."""

    async def revoked(self) -> None:
        """Nothing is waited for."""
        self._owned = frozenset()


@pytest.mark.parametrize("membership", [KafkaMembership, WaitsForNobody])
async def test_a_commit_under_way_ends_before_the_partition_goes_to_another(
    cluster: Bench, membership: type[KafkaMembership], monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.send(start_day(A_DAY))
    monkeypatch.setattr("loanstream.eventlog.kafka.log.KafkaMembership", membership)
    log = cluster.process()
    first, second = replica(cluster, log), replica(cluster, cluster.process())
    while not await first.step():
        pass
    await cluster.send(count("c-1", request="r1"))
    sent, go_on = asyncio.Event(), asyncio.Event()
    committed = AIOKafkaProducer.commit_transaction

    async def held_up(producer: AIOKafkaProducer) -> None:
        if producer.client._client_id == "testing-p0" and not sent.is_set():
            sent.set()
            await go_on.wait()
        await committed(producer)

    monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", held_up)
    step = asyncio.create_task(first.host.step())
    async with asyncio.timeout(SOON):
        await sent.wait()

    async def goes() -> None:
        await leave(log)
        await second.open()

    going = asyncio.create_task(goes())
    # one that waits for nobody has the partition in a fraction of this
    await asyncio.wait([going], timeout=1.0)
    go_on.set()
    [under_way] = await asyncio.gather(step, return_exceptions=True)
    await going
    with holds_unless(membership is WaitsForNobody):
        assert under_way is True
    await drain(second.host)
    await cluster.check_all_decided_once()
