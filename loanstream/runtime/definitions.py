"""What a service is made of: plain data that the hosts run. A service assembles these in its ``service.py``."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from schemas.decision import Context, Refusal
from schemas.envelope import EventMeta

Decision = Sequence[Any] | Refusal
"""Events (registered dataclasses) or a refusal. An empty sequence is "nothing to do": executed without an event."""


def _nothing_due(_state: Any) -> date | None:
    return None


def _nothing_to_do(_state: Any, _context: Context) -> Sequence[Any]:
    return ()


def _never_closed(_state: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Decider:
    """One kind of aggregate: total functions on a frozen state.

    ``decide(state | None, command, context)`` answers events or a refusal; ``evolve(state | None, event)`` applies a decided
    event and never recomputes. ``due(state)`` is the next date with something to do, ``None`` for never;
    ``business_day(state, context)`` gives the events of ``context.business_date`` and must move ``due`` past it.
    ``closed(state)`` lets the host shrink an aggregate that is finished.
    """

    aggregate: str
    state: type[Any]
    decide: Callable[[Any, Any, Context], Decision]
    evolve: Callable[[Any, Any], Any]
    due: Callable[[Any], date | None] = _nothing_due
    business_day: Callable[[Any, Context], Sequence[Any]] = _nothing_to_do
    closed: Callable[[Any], bool] = _never_closed
    folds: int = 1
    """Version of ``evolve``: raise it when stored events fold to another state than before, so that older snapshots are passed
    over. The golden folds of the tests fail when it was forgotten."""


@dataclass(frozen=True, slots=True)
class Send:
    """A reaction's result: a command for one aggregate. The command's class says which context gets it."""

    target: str
    command: Any


@dataclass(frozen=True, slots=True)
class Effect:
    """A reaction's result: something to do outside. Unique by (source event, kind, recipient)."""

    kind: str
    """Which effect handler of the service performs it, e.g. ``payout`` or ``email``."""
    recipient: str
    """Effects for one recipient are performed in order; a reference, never personal data."""
    payload: Mapping[str, Any]
    """JSON data that the handler needs; references, never personal data."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A pure function of one event type of any context: ``react(event, meta) -> commands of this context, effects``."""

    name: str
    """Stable and unique in the service: it is part of the ids of the commands."""
    on: type[Any]
    react: Callable[[Any, EventMeta], Sequence[Send | Effect]]


class Row(msgspec.Struct, frozen=True):
    """A projection's result: set ``values`` and add ``increments`` to the row of ``table`` with this ``key``.

    The row is made when missing. Within a table the columns written by one event class must come from one topic only.
    """

    table: str
    key: Mapping[str, Any]
    values: Mapping[str, Any] = {}
    increments: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Projection:
    """Read models of a service: pure functions from events to rows, and the numbered SQL that makes the tables."""

    migrations: Path
    handlers: Mapping[type[Any], Callable[[Any, EventMeta], Sequence[Row]]]


class EffectStatus(StrEnum):
    """State of an effect row, and what a handler answers (``SUCCEEDED``, ``FAILED``, ``UNKNOWN``, ``RETRY``)."""

    PENDING = "pending"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RETRY = "retry"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One effect as stored. ``id`` is the provider's idempotency key."""

    id: str
    service: str
    source_event: str
    kind: str
    recipient: str
    payload: Mapping[str, Any]
    status: EffectStatus
    attempts: int
    created_at: datetime
    due_at: datetime
    correlation: str
    business_date: date | None = None
    unknowns: int = 0
    """How often the outcome was unknown: recorded, so that a double send is never silent."""
    hops: int = 0
    """Hops of the source event: the report command goes on counting from there."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What came of the last attempt, for operators; never personal data."""
    trace: str = ""
    """W3C ``traceparent`` of the source event."""


@dataclass(frozen=True, slots=True)
class EffectResult:
    """What came of an attempt. ``RETRY`` means: the provider certainly did nothing, try again later."""

    status: EffectStatus
    detail: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    """With ``RETRY``: when to try again, by a handler with a patience of its own; the host then counts no attempts."""


class EffectHandler(Protocol):
    """The outside of one effect kind: performs, asks, and says which command reports the result."""

    async def perform(self, row: EffectRow) -> EffectResult:
        """Do it, with ``row.id`` as idempotency key."""
        ...

    async def resolve(self, row: EffectRow) -> EffectResult:
        """Ask the provider what became of an attempt whose outcome is unknown; never does it again by itself."""
        ...

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        """The command of this service that records a final result."""
        ...

    def recorded(self, event: Any) -> str | None:
        """The effect row id that an event of this service records as done, for effects found empty on a non-empty log."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """Everything one service hosts."""

    name: str
    """The context."""
    deciders: tuple[Decider, ...]
    reactions: tuple[Reaction, ...]
    projection: Projection
    effects: Callable[[Any], Mapping[str, EffectHandler]]
    """Given the :class:`~loanstream.runtime.kit.ServiceKit`, the handlers by effect kind."""
    api: Callable[[Any], Any]
    """Given the :class:`~loanstream.runtime.kit.ServiceKit`, a ``fastapi.APIRouter`` mounted under ``/api/<name>``."""
    follows_days: bool = True
    """Whether its partitions follow servicing's business days (servicing itself leads)."""
    start: Callable[[Any], Awaitable[None]] | None = None
    """Given the kit, what to do once after start, e.g. publish the shipped products (idempotent)."""
    is_reactor: bool = False
    """Whether its reactions run in a reactor instead of a router: a process of its own in production."""

    @property
    def consumer(self) -> str:
        """Under which name its reactions keep positions and dead letters, and form a group."""
        return f"{self.name}.{'reactor' if self.is_reactor else 'router'}"
