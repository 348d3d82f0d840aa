"""Memory and PostgreSQL answer the same to any history: what the simulation proves on one holds for the other."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import (
    EventLog,
    LogError,
    Membership,
    NewRecord,
    TopicDefinition,
    TopicPartition,
    Writer,
)
from loanstream.eventlog.postgres import PostgresLog
from tests.eventlog.records import A_TIME, a_record

pytestmark = pytest.mark.postgres

PARTITIONS = 3
KINDS = ("events", "commands", "missing")
GROUPS = ("g", "h")


@dataclass(frozen=True)
class Step:
    """One call to a log: what it does, and how it is shown when a history fails."""

    name: str
    arguments: tuple[Any, ...]


@dataclass
class Player:
    """Plays a history on one log: the answers, or the errors by class."""

    log: EventLog
    run: str
    """Makes topic names and owners this history's own."""
    writers: list[Writer] = field(default_factory=list)
    members: dict[tuple[str, int], Membership] = field(default_factory=dict)

    async def play(self, steps: list[Step]) -> list[Any]:
        """The answer to each step."""
        answers: list[Any] = [await self.log.apply(self.topics(), "agreement")]
        for step in steps:
            call: Callable[..., Any] = getattr(self, step.name)
            try:
                answers.append(await call(*step.arguments))
            except LogError as error:
                answers.append((type(error).__name__, str(error)))
        answers.append(await self.read({(kind, n): 0 for kind in KINDS[:1] for n in range(PARTITIONS)}, 10_000))
        return answers

    def topics(self) -> list[TopicDefinition]:
        return [
            TopicDefinition(self.topic("events"), PARTITIONS, None, identity=True),
            TopicDefinition(self.topic("commands"), PARTITIONS, timedelta(days=7)),
        ]

    def topic(self, kind: str) -> str:
        return f"{self.run}.{kind}"

    def place(self, kind: str, partition: int) -> TopicPartition:
        return TopicPartition(self.topic(kind), partition)

    def records(self, wanted: list[tuple[str, int, int]]) -> list[NewRecord]:
        return [a_record(self.topic(kind), n, str(minute), minute=minute) for kind, n, minute in wanted]

    async def take_over(self, partition: int) -> None:
        self.writers.append(await self.log.writer(self.run, partition))

    async def commit(self, number: int, wanted: list[tuple[str, int, int]]) -> Any:
        """With any of the writers opened so far, the newest or a zombie."""
        if self.writers:
            return await self.writers[number % len(self.writers)].commit(self.records(wanted))
        return None

    async def close_writer(self, number: int) -> None:
        if self.writers:
            await self.writers[number % len(self.writers)].close()

    async def send(self, wanted: list[tuple[str, int, int]]) -> None:
        await self.log.send(self.records(wanted))

    async def read(self, positions: dict[tuple[str, int], int], limit: int) -> Any:
        return await self.log.read({self.place(*place): position for place, position in positions.items()}, limit)

    async def look(self, kind: str, partition: int, position: int) -> Any:
        place = self.place(kind, partition)
        return await self.log.start(place), await self.log.ends([place]), await self.log.wait({place: position}, 0)

    async def offset_at(self, kind: str, partition: int, minute: int) -> Any:
        return await self.log.offset_at(self.place(kind, partition), A_TIME + timedelta(minutes=minute))

    async def trim(self, kind: str, partition: int, minute: int) -> Any:
        return await self.log.trim(self.place(kind, partition), A_TIME + timedelta(minutes=minute))

    async def refresh(self, group: str, number: int) -> Any:
        if (group, number) not in self.members:
            self.members[group, number] = self.log.membership(f"{self.run}.{group}", self.topic("commands"))
        return await self.members[group, number].refresh()

    async def leave(self, group: str, number: int) -> None:
        if (group, number) in self.members:
            await self.members[group, number].close()


_kinds = st.sampled_from(KINDS[:2] * 5 + KINDS[2:])
_partitions = st.integers(0, PARTITIONS - 1)
_minutes = st.integers(0, 20)
_offsets = st.integers(0, 12)
_records = st.lists(st.tuples(_kinds, _partitions, _minutes), max_size=5)
_places = st.dictionaries(st.tuples(_kinds, _partitions), _offsets, max_size=6)


def _step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(name), st.tuples(*arguments))


_steps = st.lists(
    st.one_of(
        _step("take_over", _partitions),
        _step("commit", st.integers(0, 5), _records),
        _step("commit", st.integers(0, 5), _records),
        _step("close_writer", st.integers(0, 5)),
        _step("send", _records),
        _step("read", _places, st.integers(1, 20)),
        _step("look", _kinds, _partitions, _offsets),
        _step("offset_at", _kinds, _partitions, _minutes),
        _step("trim", _kinds, _partitions, _minutes),
        _step("refresh", st.sampled_from(GROUPS), st.integers(0, 1)),
        _step("leave", st.sampled_from(GROUPS), st.integers(0, 1)),
    ),
    max_size=25,
)
_run_numbers = count()


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all examples of a test: the PostgreSQL log keeps its connections."""
    with asyncio.Runner() as runner:
        yield runner


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=_steps)
def test_any_history_gets_the_same_answers(
    runner: asyncio.Runner, postgres_log: PostgresLog, memory_log: MemoryLog, steps: list[Step]
) -> None:
    run = f"run{next(_run_numbers)}"
    on_postgres = runner.run(Player(postgres_log, run).play(steps))
    in_memory = runner.run(Player(memory_log, run).play(steps))
    for step, memory, postgres in zip([None, *steps, None], in_memory, on_postgres, strict=True):
        assert postgres == memory, step


@pytest.fixture
def postgres_log(runner: asyncio.Runner, fresh_database: str) -> Iterator[PostgresLog]:
    """A log that all examples share; topics and owners keep them apart."""

    async def opened() -> PostgresLog:
        return PostgresLog(fresh_database, clock=lambda: A_TIME)

    log = runner.run(opened())
    yield log
    runner.run(log.close())


@pytest.fixture
def memory_log() -> MemoryLog:
    """Shared as the other is, so that both give the partitions their turns alike."""
    return MemoryLog(clock=lambda: A_TIME)
