"""A commit is all or nothing, is never cancelled, and what the broker will not take costs one command, not the partition."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from loanstream.eventlog.kafka import batches, writers
from loanstream.eventlog.kafka.batches import Batch
from loanstream.eventlog.kafka.writers import KafkaWriter
from loanstream.eventlog.port import LogError, NewRecord, Record, RecordRefused, TopicPartition
from loanstream.runtime.decider.host import DeciderHost
from schemas import codec
from schemas.outcomes import DeadLetter
from tests.eventlog.records import a_record
from tests.kafka.rules import EVENTS, LETTERS, OUTCOMES, SOON, Bench, drain, holds_unless, keys
from tests.support.counting import A_DAY, count, start_day

pytestmark = pytest.mark.kafka

SMALL = 5_000
"""Bytes that a topic takes when it takes less than the adapter knows of."""


async def limit(cluster: Bench, place: TopicPartition, size: int = SMALL) -> None:
    """Let the topic take batches of that size at most."""
    resource = ConfigResource(ConfigResourceType.TOPIC, place.topic, {"max.message.bytes": str(size)})
    async with cluster.admin() as admin:
        await admin.alter_configs([resource])


async def unawaited(
    writer: KafkaWriter, producer: AIOKafkaProducer, sent: Sequence[Batch]
) -> dict[TopicPartition, int]:
    """Every batch is sent; what becomes of it nobody asks."""
    for batch in sent:
        await producer.send_batch(batch.builder, batch.place.topic, partition=batch.place.partition)
    return {}


@pytest.mark.parametrize("broken", [False, True])
async def test_a_batch_that_fails_fails_the_commit(
    cluster: Bench, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await limit(cluster, EVENTS)
    if broken:
        monkeypatch.setattr(KafkaWriter, "_send", unawaited)
    writer = await cluster.process().writer("testing", 0)
    event, outcome = a_record(EVENTS.topic, key="e", value=b"x" * 2 * SMALL), a_record(OUTCOMES.topic, key="o")
    try:
        await writer.commit([event, outcome])
        said_done = True
    except RecordRefused:
        said_done = False
    with holds_unless(broken):
        assert keys([*await cluster.records(EVENTS), *await cluster.records(OUTCOMES)]) == ["e", "o"] * said_done


# cancelling


class Moment:
    """A place inside a commit, at which the task that asked for it is cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str, *, after: bool) -> None:
        self.reached = asyncio.Event()
        self.passed = asyncio.Event()
        whole: Callable[..., Awaitable[Any]] = getattr(AIOKafkaProducer, method)

        async def watched(producer: AIOKafkaProducer, *args: Any, **options: Any) -> Any:
            if self.reached.is_set():
                return await whole(producer, *args, **options)
            answer = await whole(producer, *args, **options) if after else None
            self.reached.set()
            await self.passed.wait()
            return answer if after else await whole(producer, *args, **options)

        monkeypatch.setattr(AIOKafkaProducer, method, watched)

    async def cancel(self, task: "asyncio.Task[Any]") -> None:
        """Cancel the task there; what it asked for goes on as far as it can."""
        async with asyncio.timeout(SOON):
            await self.reached.wait()
        task.cancel()
        await asyncio.sleep(0)
        self.passed.set()
        await asyncio.gather(task, return_exceptions=True)


MOMENTS = {
    "before the first batch": ("send_batch", False),
    "before the commit": ("commit_transaction", False),
    "after the commit": ("commit_transaction", True),
}


async def cancellable(writer: KafkaWriter, records: Sequence[NewRecord]) -> Any:
    """The commit of the one who asks: cancelled with it."""
    return await writer._commit(batches.packed(writer._producer, records))


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("moment", ["before the first batch", "before the commit"])
async def test_a_commit_goes_on_without_the_task_that_asked_for_it(
    cluster: Bench, moment: str, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken:
        monkeypatch.setattr(KafkaWriter, "commit", cancellable)
    writer = await cluster.process().writer("testing", 0)
    method, after = MOMENTS[moment]
    there = Moment(monkeypatch, method, after=after)
    asking = asyncio.create_task(writer.commit([a_record(EVENTS.topic, key="e"), a_record(OUTCOMES.topic, key="o")]))
    await there.cancel(asking)
    await writer.close()
    with holds_unless(broken):
        assert keys([*await cluster.records(EVENTS), *await cluster.records(OUTCOMES)]) == ["e", "o"]


class TakesItForUndone(DeciderHost):
    """Takes a cancelled commit for one that did not happen: keeps writer and position, and decides the batch again."""

    async def _drop(self) -> None:
        """Nothing is dropped."""


@pytest.mark.parametrize("host", [DeciderHost, TakesItForUndone])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_host_whose_step_was_cancelled_goes_on_where_its_log_says(
    cluster: Bench, moment: str, host: type[DeciderHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.send(start_day(A_DAY), count("c-1", request="r1"))
    decider = cluster.host(kind=host)
    await drain(decider)
    await cluster.send(count("c-1", request="r2"), count("c-2", request="r3"))
    method, after = MOMENTS[moment]
    there = Moment(monkeypatch, method, after=after)
    await there.cancel(asyncio.create_task(decider.step()))
    await cluster.send(count("c-1", request="r4"))
    await drain(decider)
    with holds_unless(host is TakesItForUndone):
        await cluster.check_all_decided_once()


# what the broker does not take


async def steps(host: DeciderHost, most: int = 20) -> None:
    """As the supervisor does: again after an error of the log, but not for ever."""
    for _ in range(most):
        try:
            if not await host.step():
                return
        except LogError:
            continue


@pytest.mark.parametrize("broken", [False, True])
async def test_a_record_that_no_batch_takes_is_refused_before_anything_is_sent(
    cluster: Bench, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[AIOKafkaProducer] = []
    begin = AIOKafkaProducer.begin_transaction

    async def noted(producer: AIOKafkaProducer) -> None:
        begun.append(producer)
        await begin(producer)

    monkeypatch.setattr(AIOKafkaProducer, "begin_transaction", noted)
    if broken:
        monkeypatch.setattr(batches, "BATCH_BYTES", 10 * batches.BATCH_BYTES)
    writer = await cluster.process().writer("testing", 0)
    large = a_record(EVENTS.topic, key="large", value=b"x" * 1_100_000)
    with pytest.raises(RecordRefused):
        await writer.commit([a_record(OUTCOMES.topic, key="o"), large])
    with holds_unless(broken):
        assert not begun
        await writer.commit([a_record(OUTCOMES.topic, key="o")])
    assert keys(await cluster.records(EVENTS)) == []


class NeverHalves(DeciderHost):
    """Tries the same batch again and again."""

    async def step(self) -> bool:
        """Whatever was refused, the batch stays as large as it may be."""
        self._batch, self._unsendable = self.settings.batch, -1
        return await super().step()


class KeepsTheBody(DeciderHost):
    """Writes every failed command whole."""

    def _decide(self, records: list[Record]) -> list[NewRecord]:
        """As the product at its first try."""
        self._bare = False
        return super()._decide(records)


class TakenForAnOutage(Exception):
    """Stands for an error of the broker that nobody tells from others."""


@pytest.mark.parametrize("mutation", ["", "the batch is never halved", "the refusal is taken for an outage"])
async def test_a_command_whose_events_the_broker_does_not_take_fails_alone(
    cluster: Bench, mutation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "outage" in mutation:
        monkeypatch.setattr(writers, "MessageSizeTooLargeError", TakenForAnOutage)
    await limit(cluster, EVENTS)
    host = cluster.host(kind=NeverHalves if "halved" in mutation else DeciderHost)
    await cluster.send(start_day(A_DAY))
    await drain(host)
    await cluster.send(
        *(count(f"c-{n}", padding="x" * 2 * SMALL if n == 3 else "") for n in range(7)),
    )
    await steps(host)
    with holds_unless(mutation):
        assert [o.status for o in await cluster.outcomes()] == ["executed"] * 4 + ["failed"] + ["executed"] * 3
        assert keys(await cluster.records(LETTERS)) == ["c-3"]
        await cluster.check_all_decided_once()


def malformed(command: NewRecord) -> NewRecord:
    """The command without an envelope."""
    return msgspec.structs.replace(command, headers={})


LARGE = count("c-2", padding='"' * 449_740)
"""As large as a command may be: what is written of it does not fit a batch. As text in JSON it is twice as large."""


@pytest.mark.parametrize("command", [LARGE, malformed(LARGE)], ids=["well-formed", "malformed"])
@pytest.mark.parametrize("host", [DeciderHost, KeepsTheBody])
async def test_a_command_too_large_to_be_told_of_fails_alone_and_its_letter_says_where_it_stands(
    cluster: Bench, command: NewRecord, host: type[DeciderHost]
) -> None:
    decider = cluster.host(kind=host)
    await cluster.send(start_day(A_DAY))
    await drain(decider)
    await cluster.send(count("c-1"), command, count("c-3"))
    await steps(decider)
    with holds_unless(host is KeepsTheBody):
        outcomes = (await cluster.outcomes())[-3:]
        assert [o.status for o in outcomes] == ["executed", "failed", "executed"]
        [letter] = [codec.decode(DeadLetter, record.value) for record in await cluster.records(LETTERS)]
        assert f"{len(command.value)} bytes" in letter.error
        assert (letter.value, letter.topic, letter.offset) == ("", command.topic, outcomes[1].position)
