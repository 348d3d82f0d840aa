"""The parts of a reactor that need no Faust: whom an error is charged to, the order of sends, and a lane on a memory store."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import MessageSizeTooLargeError, NotEnoughReplicasError

from loanstream.eventlog.port import NewRecord, Record, RecordRefused, TopicPartition
from loanstream.runtime.faust_reactor.guard import Patience, guarded
from loanstream.runtime.faust_reactor.lane import Desk, Lane
from loanstream.runtime.faust_reactor.received import Received
from loanstream.runtime.faust_reactor.sending import NotSent, Sending, waves
from loanstream.runtime.faust_reactor.work import EXHAUSTED
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.reacting import plan
from schemas.envelope import SOURCE_AGGREGATE
from schemas.topics import Role, topic
from tests.runtime.support.shipping import A_TIME, CONTEXT, Ordered, SteppedClock, World, shipping_service

QUICK = Patience(attempt=0.1, budget=0.1, answer=0.05, first_pause=0.005, longest_pause=0.02, outage_pause=0.01)
PLACE = TopicPartition(topic(CONTEXT, Role.EVENTS), 0)


class Attempts:
    """Fails as told, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.made = 0

    async def __call__(self) -> None:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)


async def answers() -> None:
    """A store that works."""


async def says_nothing() -> None:
    """A store that hangs."""
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    "error",
    [
        NotSent("no acknowledgement"),
        ConnectionRefusedError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.DeadlockDetectedError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_may_pass_is_tried_again(error: Exception) -> None:
    attempts = Attempts(error, error, error)
    assert await guarded(attempts, answers, lambda _: None, QUICK) is None
    assert attempts.made == 4


@pytest.mark.parametrize("error", [RecordRefused("too large"), asyncpg.DataError("bad"), TypeError("a bug")])
async def test_what_would_fail_again_is_charged_to_the_record_at_once(error: Exception) -> None:
    attempts = Attempts(error, error)
    failure = await guarded(attempts, answers, lambda _: None, QUICK)
    assert (failure.reason if failure else "", attempts.made) == ("poison", 1)


async def test_a_record_whose_lock_is_held_while_the_store_answers_is_charged_when_its_budget_is_used_up() -> None:
    failure = await guarded(Attempts(*[asyncpg.LockNotAvailableError("held")] * 60), answers, lambda _: None, QUICK)
    assert failure is not None
    assert failure.reason == EXHAUSTED


async def test_a_store_that_is_slow_and_answers_charges_no_record() -> None:
    told: list[str] = []
    attempts = Attempts()

    async def slow() -> None:
        await attempts()
        if attempts.made <= 3:
            await says_nothing()

    assert await guarded(slow, answers, told.append, QUICK) is None
    assert (attempts.made, len(told)) == (4, 3)


@pytest.mark.parametrize(("error", "store"), [(TimeoutError(), says_nothing), (NotSent("broker away"), answers)])
async def test_an_outage_is_waited_out_for_as_long_as_it_lasts(error: Exception, store: Any) -> None:
    told: list[str] = []
    attempts = Attempts(*[error] * 60)
    assert await guarded(attempts, store, told.append, QUICK) is None
    assert len(told) >= 2


def _command(key: str, source: str, number: int) -> NewRecord:
    return NewRecord("t", 0, key, "x", {SOURCE_AGGREGATE: source}, b"%d" % number, A_TIME)


def test_two_commands_of_one_source_to_one_target_are_never_in_one_wave() -> None:
    records = [
        _command("a", "s", 1),
        _command("b", "s", 2),
        _command("a", "s", 3),
        _command("a", "r", 4),
        _command("a", "s", 5),
    ]
    assert [[int(record.value) for record in wave] for wave in waves(records)] == [[1, 2, 4], [3], [5]]


async def test_a_command_waits_for_the_acknowledgement_of_the_one_before_it() -> None:
    begun: list[bytes] = []

    async def send(_topic: str, _key: bytes, value: bytes, *_rest: Any) -> asyncio.Future[Any]:
        begun.append(value)
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(NotEnoughReplicasError())
        return failed

    with pytest.raises(NotSent):
        await Sending(send, "letters").commands([_command("a", "s", 1), _command("b", "s", 2), _command("a", "s", 3)])
    assert begun == [b"1", b"2"]


async def test_a_command_that_the_broker_finds_too_large_is_refused() -> None:
    async def send(*_all: Any) -> asyncio.Future[Any]:
        raise MessageSizeTooLargeError

    with pytest.raises(RecordRefused):
        await Sending(send, "letters").commands([_command("a", "s", 1)])


class Bus:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.refuses = False

    async def send(self, name: str, key: bytes, *_rest: Any) -> asyncio.Future[Any]:
        """Acknowledged at once."""
        if self.refuses:
            raise MessageSizeTooLargeError
        self.sent.append((name, key))
        sent: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent


class Bench:
    """A lane of the shipping service."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.bus = Bus()
        self.world = World(None, 1)  # type: ignore[arg-type]
        self.counts: Counter[str] = Counter()
        self.offset = 0

    def lane(self, position: int = 0, parked: frozenset[tuple[str, str]] = frozenset()) -> Lane:
        """One that begins at ``position``."""
        sending = Sending(self.bus.send, "letters")
        planned = plan(shipping_service(), 1)
        desk = Desk("r", planned, self.store, self.store, sending, SteppedClock(), QUICK, 100, self.counts)
        return Lane(desk, PLACE, position, parked)

    def ordered(self, subject: str, **details: Any) -> Received:
        """The next record of the partition."""
        new, _ = self.world.record(subject, Ordered(order_id=subject, customer="c", **details))
        record = self.world_record(new)
        return Received(record, new.key.encode(), new.value, (), "")

    def world_record(self, new: NewRecord) -> Record:
        """At the next offset."""
        self.offset += 1
        return Record(new.topic, new.partition, self.offset - 1, new.key, new.type, new.headers, new.value, new.time)


async def handle(lane: Lane, *run: Received) -> None:
    """Let the lane work on records until it has none left."""
    stopping = asyncio.Event()
    for each in run:
        lane.put(each)
    task = asyncio.create_task(lane.work(stopping))
    async with asyncio.timeout(10):
        while not (lane.moved_back or (lane.position > run[-1].record.offset and not lane.busy)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    task.cancel()


async def test_a_lane_moves_on_with_effects_and_commands() -> None:
    bench = Bench()
    lane = bench.lane()
    await handle(lane, bench.ordered("a"), bench.ordered("b"))
    assert [key for _, key in bench.bus.sent] == [b"a", b"b"]
    assert len(await bench.store.effects(CONTEXT)) == 2
    assert await bench.store.positions("r") == {PLACE: 2}


async def test_a_zombie_s_records_are_left_to_the_member_that_has_the_partition_now() -> None:
    bench = Bench()
    run = [bench.ordered("a"), bench.ordered("b"), bench.ordered("c")]
    zombie = bench.lane()
    await handle(bench.lane(), *run)
    await handle(zombie, *run)
    assert len(await bench.store.effects(CONTEXT)) == 3
    assert await bench.store.positions("r") == {PLACE: 3}
    assert bench.counts["reacted"] == 3


async def test_a_store_that_lost_positions_has_the_partition_begun_anew() -> None:
    bench = Bench()
    lane = bench.lane()
    await handle(lane, bench.ordered("a"), bench.ordered("b"))
    await bench.store.advance("r", {PLACE: 2}, {PLACE: 1}, (), ())
    await handle(lane, bench.ordered("c"))
    assert lane.moved_back
    assert await bench.store.positions("r") == {PLACE: 1}


async def test_a_dead_letter_that_the_topic_does_not_take_keeps_the_position_back() -> None:
    bench = Bench()
    bench.bus.refuses = True
    lane = bench.lane()
    lane.put(bench.ordered("a", behave="poison"))
    task = asyncio.create_task(lane.work(asyncio.Event()))
    await asyncio.sleep(0.4)
    assert (await bench.store.positions("r"), await bench.store.dead_letters("r")) == ({}, [])
    assert lane.trouble
    bench.bus.refuses = False
    async with asyncio.timeout(5):
        while not lane.position:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()
    assert [letter.reason for letter in await bench.store.dead_letters("r")] == ["poison"]
