"""A context of its own for host tests: counters that are paid down on due dates, with failures on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import EventLog, NewRecord, Record, TopicDefinition, TopicPartition
from loanstream.runtime.definitions import Decider, Decision, Projection, Service
from loanstream.runtime.messages import command_record
from schemas import ids
from schemas.decision import Context, Refusal
from schemas.envelope import CommandMeta
from schemas.outcomes import Outcome, decode_outcome
from schemas.platform import START_BUSINESS_DAY, add_context
from schemas.registry import command, event
from schemas.topics import Role, topic, topic_specs

CONTEXT = "testing"
add_context(CONTEXT)
A_TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
A_DAY = date(2026, 1, 5)


@command(CONTEXT, "counter")
@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Add to a counter, refused above ten; ``fail`` raises in decide; ``due`` asks for a visit on that day."""

    by: int
    fail: bool = False
    due: date | None = None
    padding: str = ""


@event(CONTEXT, "counter")
@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A counter grew."""

    by: int
    due: date | None = None
    padding: str = ""


@event(CONTEXT, "counter")
@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A counter's due day came."""

    on: date


@dataclass(frozen=True, slots=True)
class Counter:
    """State of a counter."""

    total: int = 0
    due: date | None = None
    visits: int = 0


BROKEN_DAY = 7
"""A counter whose total is this fails in its business day."""


def decide(state: Counter | None, message: Count, context: Context) -> Decision:
    """Count, or refuse."""
    if message.fail:
        raise RuntimeError("a bug in the domain")
    total = state.total if state else 0
    if total + message.by > 10:
        return Refusal("too-many", "above ten", rule="counter/1", limit="10", source="house rule")
    return [Counted(by=message.by, due=message.due, padding=message.padding)]


def evolve(state: Counter | None, message: Any) -> Counter:
    """Apply an event."""
    state = state or Counter()
    if isinstance(message, Visited):
        return replace(state, due=None, visits=state.visits + 1)
    return replace(state, total=state.total + message.by, due=message.due or state.due)


def visit(state: Counter, context: Context) -> Sequence[Any]:
    """The business day of a counter."""
    if state.total == BROKEN_DAY:
        raise RuntimeError("a bug on a due day")
    return [Visited(on=context.business_date)]


COUNTER = Decider("counter", Counter, decide, evolve, due=lambda state: state.due, business_day=visit)


def counting_service() -> Service:
    """A service with counters and nothing else."""
    return Service(
        name=CONTEXT,
        deciders=(COUNTER,),
        reactions=(),
        projection=Projection(Path(__file__).parent, {}),
        effects=lambda kit: {},
        api=lambda kit: None,
    )


class SteppedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = A_TIME) -> None:
        self.time = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.time += by


Log = TypeVar("Log", bound=EventLog)


async def counting_log(partitions: int = 1, **options: Any) -> MemoryLog:
    """A memory log with the context's topics."""
    return await with_topics(MemoryLog(**options), partitions)


async def with_topics(log: Log, partitions: int = 1) -> Log:
    """The log, with the context's topics."""
    specs = topic_specs(partitions, (CONTEXT,))
    definitions = [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs]
    assert await log.apply(definitions, "test") == []
    return log


def count(
    target: str, by: int = 1, *, request: str = "r1", time: datetime = A_TIME, due: date | None = None, **options: Any
) -> NewRecord:
    """A Count command as an HTTP request would send it; the same ``request`` makes the same command id."""
    fail = options.pop("fail", False)
    padding = options.pop("padding", "")
    meta = CommandMeta(
        id=ids.derived("test", target, request), type="", target=target, time=time, actor="user:t", **options
    )
    return command_record(meta, Count(by=by, fail=fail, due=due, padding=padding), 1)


def reacted(target: str, sequence: int, *, source: str = "s-1", by: int = 1, **options: Any) -> NewRecord:
    """A Count command as a reaction to event ``sequence`` of aggregate ``source`` would send it."""
    return count(
        target,
        by,
        request=f"{source}/{sequence}",
        reaction="testing.on-something",
        source_aggregate=source,
        source_sequence=sequence,
        **options,
    )


def start_day(day: date, *, partition: int = 0, request: str = "", time: datetime = A_TIME) -> NewRecord:
    """StartBusinessDay for a partition."""
    meta = CommandMeta(
        id=ids.day_command_id(CONTEXT, partition, str(day), f"start{request}"),
        type="",
        target=f"partition-{partition}",
        time=time,
        actor="user:t",
    )
    return command_record(meta, START_BUSINESS_DAY[CONTEXT](business_date=day, calendar="every-day/1"), 1)


async def all_of(log: MemoryLog, role: Role, partition: int = 0) -> list[Record]:
    """Every record of one of the context's topics, without the identity record."""
    records = await log.read({TopicPartition(topic(CONTEXT, role), partition): 0}, 1_000_000)
    return [r for r in records if "identity" not in r.type]


async def outcomes(log: MemoryLog, partition: int = 0) -> list[Outcome]:
    """Every outcome so far."""
    return [decode_outcome(r.value) for r in await all_of(log, Role.OUTCOMES, partition)]


async def event_names(log: MemoryLog, partition: int = 0) -> list[str]:
    """Names of every event so far."""
    return [r.type.split(".")[2] for r in await all_of(log, Role.EVENTS, partition)]
