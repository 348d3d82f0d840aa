"""The log port: topics with a fixed number of partitions, fenced writers, committed reads.

Adapters: memory (tests, simulation), postgres (embedded default, small installations), kafka (production). They pass one
inherited contract suite (``tests/eventlog/contract.py``); nothing above this port knows which one runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec


class TopicPartition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class NewRecord(msgspec.Struct, frozen=True, gc=False):
    """A record to append. ``headers`` are text to text; ``time`` is UTC and set by the writer."""

    topic: str
    partition: int
    key: str
    type: str
    headers: Mapping[str, str]
    value: bytes
    time: datetime


class Record(msgspec.Struct, frozen=True, gc=False):
    """A committed record and where it stands."""

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    headers: Mapping[str, str]
    value: bytes
    time: datetime


@dataclass(frozen=True, slots=True)
class TopicDefinition:
    """A topic as it must exist."""

    name: str
    partitions: int
    retention: timedelta | None = None
    """``None`` keeps records for ever."""
    identity: bool = False
    """Whether the first record of each partition is an identity record."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it does exist; ``identities`` holds the first record of each partition of an identity topic."""

    definition: TopicDefinition
    identities: Mapping[int, Record] = field(default_factory=dict)
    truncated: Mapping[int, int] = field(default_factory=dict)
    """Per partition whose first records are gone, the offset at which it starts now."""


class LogError(Exception):
    """Base of the port's errors."""


class Fenced(LogError):
    """Another writer took the partition over: drop all state and open anew."""


class OutcomeUnknown(LogError):
    """The connection broke inside a commit: it may or may not have happened. Reopen the writer, read the position, go on."""


class RecordRefused(LogError):
    """The log will never take a record of this commit (too large, malformed); nothing was written."""


class LogUnavailable(LogError):
    """The log does not answer, or cannot append now; nothing was written. Try again later."""


class UnknownTopic(LogError):
    """The topic does not exist: run ``loanstream topics apply``."""


class OffsetOutOfRange(LogError):
    """A read below the first kept record."""


class Writer(Protocol):
    """The one writer of a partition. Opening another for the same owner and partition fences this one."""

    owner: str
    partition: int

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append all or nothing, to any topics and partitions; answers the next offset of each partition written.

        Raises :class:`Fenced`, :class:`OutcomeUnknown`, :class:`RecordRefused`.
        """
        ...

    async def close(self) -> None:
        """Give the partition up; another writer can open at once."""
        ...


class Membership(Protocol):
    """Which partitions of a topic this member of a group owns now."""

    def owned(self) -> frozenset[int]:
        """The partitions owned now; changes over time, polled by the host before each step."""
        ...

    def settling(self) -> bool:
        """Whether the group is being shared out anew: what was owned until now may be owned again in a moment."""
        ...

    async def refresh(self) -> frozenset[int]:
        """Try to take what is free, drop what was lost, and return what is owned."""
        ...

    async def close(self) -> None:
        """Leave the group."""
        ...


class EventLog(Protocol):
    """What every adapter offers. Offsets grow by one or more; readers see committed records only, in order, none skipped."""

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing, with identity records; return a sentence per topic that differs (nothing is changed)."""
        ...

    async def check(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """A sentence per topic that is missing or differs, with the command that mends it; nothing is made or changed."""
        ...

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name."""
        ...

    async def partitions(self, topic: str) -> int:
        """Number of partitions. Raises :class:`UnknownTopic`."""
        ...

    async def read(self, positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        """Up to ``limit`` committed records at or after the position of each partition named, in offset order per partition.

        One round trip for any number of partitions. A partition that has more than its share may hold others back only
        until the next call. Raises :class:`OffsetOutOfRange` when a position is below the first kept record.
        """
        ...

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Wait until any partition has a record at or after its position; ``False`` when the time (seconds) ran out."""
        ...

    async def start(self, partition: TopicPartition) -> int:
        """Offset of the first kept record, or of the next one when none is kept."""
        ...

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last committed record: where the next one will be or later."""
        ...

    async def offset_at(self, partition: TopicPartition, time: datetime) -> int:
        """Offset of the first record at or after ``time``; the end when there is none."""
        ...

    async def writer(self, owner: str, partition: int) -> Writer:
        """Open the one fenced writer of ``owner`` (a service) for a partition; earlier ones fail with :class:`Fenced`."""
        ...

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Append without a fence, all or nothing: for commands. Raises :class:`OutcomeUnknown`; sending again is safe there."""
        ...

    def membership(self, group: str, topic: str) -> Membership:
        """This process's membership of ``group`` over the partitions of ``topic``."""
        ...

    async def trim(self, partition: TopicPartition, before: datetime) -> int:
        """Drop records older than ``before`` from a topic with finite retention; returns how many. Refused for others."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
