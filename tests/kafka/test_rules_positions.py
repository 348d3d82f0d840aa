"""The position comes from the own log: no group's offset moves it, and where the log does not fit it the host stops."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.admin import RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest

from loanstream.eventlog.kafka.cursors import Cursor
from loanstream.eventlog.port import EventLog, LogError, TopicPartition
from loanstream.runtime.auditing import verify
from loanstream.runtime.decider.fold import Fold, FoldError
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.positions import state_position
from loanstream.runtime.stopping import PositionLost
from loanstream.runtime.supervisor import Supervisor
from schemas import envelope
from schemas.outcomes import Outcome, decode_outcome
from tests.eventlog.records import everything
from tests.kafka.rules import COMMANDS, EVENTS, OUTCOMES, SOON, Bench, drain, holds_unless
from tests.support.counting import A_DAY, A_TIME, CONTEXT, count, start_day

pytestmark = pytest.mark.kafka

GROUP = f"testing.decider:{COMMANDS.topic}"


class FromTheGroup(DeciderHost):
    """Goes on where the group's offset says, as a consumer does; at the start where there is none."""

    async def _input_position(self, fold: Fold) -> int:
        """The committed offset."""
        consumer = AIOKafkaConsumer(**self.log._cluster.settings.client_options(), group_id=GROUP)
        await consumer.start()
        try:
            return (await consumer.committed(KafkaPlace(*COMMANDS))) or 0
        finally:
            await consumer.stop()


async def set_offset(cluster: Bench, offset: int | None) -> None:
    """Let the group stand somewhere; ``None``: nowhere."""
    if offset is None:
        async with cluster.admin() as admin:
            node = await admin.find_coordinator(GROUP)
            answer = await admin._send_request(DeleteGroupsRequest([GROUP]), node)
            assert [error for _group, error in answer.results] == [0]
        return
    consumer = AIOKafkaConsumer(**cluster.settings.client_options(), group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([KafkaPlace(*COMMANDS)])
        await consumer.commit({KafkaPlace(*COMMANDS): offset})
    finally:
        await consumer.stop()


@pytest.mark.parametrize("kind", [DeciderHost, FromTheGroup])
@pytest.mark.parametrize("offset", [0, 1, 5, None])
async def test_the_groups_offset_moves_nobody(cluster: Bench, offset: int | None, kind: type[DeciderHost]) -> None:
    await cluster.send(start_day(A_DAY), *(count("c-1", request=f"r{n}") for n in range(3)))
    await drain(cluster.host())
    await set_offset(cluster, 4)
    await set_offset(cluster, offset)
    await cluster.send(*(count("c-2", request=f"r{n}") for n in range(3)))
    await drain(cluster.host(kind=kind))
    with holds_unless(kind is FromTheGroup):
        await cluster.check_all_decided_once()


# remade and truncated topics


async def remake(cluster: Bench, place: TopicPartition) -> None:
    """Delete the topic and make it anew."""
    await cluster.delete(place.topic)
    await cluster.make()


async def cut(cluster: Bench, place: TopicPartition, before: int) -> None:
    """Drop the records before an offset."""
    async with cluster.admin() as admin:
        await admin.delete_records({place: RecordsToDelete(before)})


async def regrow(cluster: Bench) -> None:
    """The commands topic is another one, and longer than before."""
    await remake(cluster, COMMANDS)
    await cluster.send(*(count("c-9", 0, request=f"other {n}") for n in range(12)))


ACCIDENTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "the commands are a new topic": lambda cluster: remake(cluster, COMMANDS),
    "the commands are a new topic that has grown": regrow,
    "commands were dropped before they were decided": lambda cluster: cut(cluster, COMMANDS, 5),
    "the events are a new topic": lambda cluster: remake(cluster, EVENTS),
    "the outcomes are a new topic": lambda cluster: remake(cluster, OUTCOMES),
    "the first events are gone": lambda cluster: cut(cluster, EVENTS, 4),
    "the first outcomes are gone": lambda cluster: cut(cluster, OUTCOMES, 3),
}


class ResetsItself(DeciderHost):
    """Starts from what it finds, as a consumer with an automatic reset does."""

    async def open(self) -> None:
        """Where the log does not fit, an empty fold and the start of the commands."""
        try:
            await super().open()
        except (PositionLost, FoldError, LogError):
            fold = self.fold = Fold(self.service.name, self.partition, self.deciders)
            self.next_command = await self.log.start(self.commands)
            self.writer = await self.log.writer(self.service.name, self.partition)
            self._begin(fold)


async def stops(host: DeciderHost, most: int = 10) -> bool:
    """Whether the host, stepped as the supervisor does, ends with what the supervisor does not try again."""
    for _ in range(most):
        try:
            await host.step()
        except LogError:
            continue
        except (PositionLost, FoldError):
            return True
    return False


@pytest.mark.parametrize("kind", [DeciderHost, ResetsItself])
@pytest.mark.parametrize("keeps_its_fold", [False, True], ids=["starting", "coming back"])
@pytest.mark.parametrize("accident", ACCIDENTS)
async def test_a_host_whose_log_does_not_fit_its_position_stops_and_writes_nothing(
    cluster: Bench, accident: str, keeps_its_fold: bool, kind: type[DeciderHost]
) -> None:
    await cluster.send(start_day(A_DAY), count("c-1", request="r0"), count("c-1", request="r1"))
    host = cluster.host(kind=kind)
    await drain(host)
    await host.close()
    await cluster.send(*(count("c-2", request=f"r{n}") for n in range(3)))
    await ACCIDENTS[accident](cluster)
    before = len(await cluster.records(EVENTS)), len(await cluster.records(OUTCOMES))
    stopped = await stops(host if keeps_its_fold else cluster.host(kind=kind))
    with holds_unless(kind is ResetsItself):
        assert stopped
        assert (len(await cluster.records(EVENTS)), len(await cluster.records(OUTCOMES))) == before


class TakesTheHighest(DeciderHost):
    """Takes the highest position of its outcomes, whatever was said since."""

    async def _input_position(self, fold: Fold) -> int:
        """The highest."""
        return 1 + max(outcome.position for outcome in await outcomes_of(self.log))


async def outcomes_of(log: EventLog) -> list[Outcome]:
    """Every outcome in the log."""
    return [decode_outcome(record.value) for record in await everything(log, [OUTCOMES], 1_000)]


@pytest.mark.parametrize("kind", [DeciderHost, TakesTheHighest])
@pytest.mark.parametrize("accident", list(ACCIDENTS)[:2])
async def test_a_stated_position_lets_the_host_go_on_and_nothing_is_decided_twice(
    cluster: Bench, accident: str, kind: type[DeciderHost]
) -> None:
    decided = start_day(A_DAY), count("c-1", request="r0"), count("c-1", request="r1")
    await cluster.send(*decided)
    await drain(cluster.host())
    await cluster.send(*(count("c-2", request=f"r{n}") for n in range(3)))
    await ACCIDENTS[accident](cluster)
    assert await stops(cluster.host())
    at = await cluster.log.start(COMMANDS)
    await state_position(cluster.process(), CONTEXT, 0, at, actor="operator:ann", reason="case 17", now=A_TIME)
    await cluster.send(*decided, count("c-3", request="r0"))
    await drain(cluster.host(kind=kind))
    outcomes, commands = await cluster.outcomes(), await cluster.records(COMMANDS)
    with holds_unless(kind is not DeciderHost):
        told = [(o.position, o.command_id) for o in outcomes[4:]]
        assert told == [(c.offset, c.headers[envelope.ID]) for c in commands]
        assert [o.status for o in outcomes[-4:]] == [*["already-applied"] * 3, "executed"]
    assert (await verify(cluster.process(), [CONTEXT])).intact


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("grown", [False, True], ids=["empty", "grown"])
async def test_a_host_at_work_stops_when_its_commands_become_a_new_topic(
    cluster: Bench, grown: bool, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken:
        monkeypatch.setattr(Cursor, "verify", lambda _cursor: None)
    await cluster.send(start_day(A_DAY), count("c-1", request="r0"), count("c-1", request="r1"))
    log = cluster.process()
    host = cluster.host(log)
    supervisor = Supervisor(log, [host])
    running = asyncio.create_task(supervisor.run())
    await until(lambda: host.next_command == 3)
    before = len(await cluster.outcomes())
    await (regrow(cluster) if grown else remake(cluster, COMMANDS))
    await until(lambda: bool(supervisor.stopped) or host.next_command > 3, 3.0)
    supervisor.stop()
    await running
    with holds_unless(broken):
        assert "remade" in supervisor.stopped.get(host.name, "")
        assert len(await cluster.outcomes()) == before


async def until(holds: Callable[[], bool], seconds: float = SOON) -> None:
    """Wait until something holds, or the time is up."""
    for _ in range(int(seconds / 0.02)):
        if holds():
            return
        await asyncio.sleep(0.02)
