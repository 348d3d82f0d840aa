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


def _per_context(kind: str, base: type[Any]) -> dict[str, type[Any]]:
    """A subclass of ``base`` per context, registered under the base's name without the underscore."""
    classes: dict[str, type[Any]] = {}
    for context in CONTEXTS:
        name = base.__name__.lstrip("_")
        body = {"__slots__": (), "__doc__": base.__doc__, "__module__": __name__, "__qualname__": f"{context}.{name}"}
        cls = type(name, (base,), body)
        register(kind, context, PARTITION_AGGREGATE, 1, cls)
        classes[context] = cls
    return classes


START_BUSINESS_DAY = _per_context("command", _StartBusinessDay)
CONTINUE_BUSINESS_DAY = _per_context("command", _ContinueBusinessDay)
RELEASE_AGGREGATE = _per_context("command", _ReleaseAggregate)
BUSINESS_DAY_STARTED = _per_context("event", _BusinessDayStarted)
BUSINESS_DAY_CLOSED = _per_context("event", _BusinessDayClosed)
AGGREGATE_HELD = _per_context("event", _AggregateHeld)
AGGREGATE_RELEASED = _per_context("event", _AggregateReleased)
