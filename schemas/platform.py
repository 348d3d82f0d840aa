"""Messages that every context has: business days, and aggregates on hold.

A context's partitions keep their own day, so each context has these types under its own name:
``loanstream.servicing.BusinessDayStarted.v1``, ``loanstream.funding.BusinessDayStarted.v1`` and so on.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.registry import register
from schemas.topics import CONTEXTS

PARTITION_AGGREGATE = "partition"
"""Name of the aggregate that is the partition itself: its key is ``partition-<n>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StartBusinessDay:
    """Open business day ``business_date`` on one partition 开启营业日. Missed days run first, in order."""

    business_date: date
    calendar: str
    """Version of the calendar that says it is a business day, e.g. ``every-day/1``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ContinueBusinessDay:
    """Go on with the open day after aggregate id ``cursor``: the next chunk of at most 500 aggregates."""

    business_date: date
    cursor: str
    lap: int = 0
    """How often the partition was gone through that day: again when a command made something due behind the cursor."""
    aggregates: int = 0
    events: int = 0
    held: int = 0
    """Counts so far, for ``BusinessDayClosed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReleaseAggregate:
    """Take an aggregate off hold after its cause was mended; it then catches up with the open day."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _BusinessDayStarted:
    """A business date opened on one partition; emitted by the partition itself, key ``partition-<n>``."""

    business_date: date
    partition: int
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _BusinessDayClosed:
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: date
    partition: int
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AggregateHeld:
    """An aggregate failed inside a day: its later commands are refused ``on-hold`` until it is released."""

    aggregate_id: str
    business_date: date
    error_id: str
    """Names the dead letter and the log line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AggregateReleased:
    """An operator took the aggregate off hold."""

    aggregate_id: str
    reason: str
    """Why, in the words of the operator."""


START_BUSINESS_DAY: dict[str, type[Any]] = {}
CONTINUE_BUSINESS_DAY: dict[str, type[Any]] = {}
RELEASE_AGGREGATE: dict[str, type[Any]] = {}
BUSINESS_DAY_STARTED: dict[str, type[Any]] = {}
BUSINESS_DAY_CLOSED: dict[str, type[Any]] = {}
AGGREGATE_HELD: dict[str, type[Any]] = {}
AGGREGATE_RELEASED: dict[str, type[Any]] = {}

_MESSAGES: tuple[tuple[str, type[Any], dict[str, type[Any]]], ...] = (
    ("command", _StartBusinessDay, START_BUSINESS_DAY),
    ("command", _ContinueBusinessDay, CONTINUE_BUSINESS_DAY),
    ("command", _ReleaseAggregate, RELEASE_AGGREGATE),
    ("event", _BusinessDayStarted, BUSINESS_DAY_STARTED),
    ("event", _BusinessDayClosed, BUSINESS_DAY_CLOSED),
    ("event", _AggregateHeld, AGGREGATE_HELD),
    ("event", _AggregateReleased, AGGREGATE_RELEASED),
)


def add_context(context: str) -> None:
    """Register these messages for a context: a subclass each, under the class's name without the underscore."""
    for kind, base, classes in _MESSAGES:
        name = base.__name__.lstrip("_")
        body = {"__slots__": (), "__doc__": base.__doc__, "__module__": __name__, "__qualname__": f"{context}.{name}"}
        classes[context] = type(name, (base,), body)
        register(kind, context, PARTITION_AGGREGATE, 1, classes[context])


for _context in CONTEXTS:
    add_context(_context)
