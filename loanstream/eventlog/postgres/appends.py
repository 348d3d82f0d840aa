"""Group commit: what this process submits while a transaction is under way goes together into the next one.

Thirty hosts in one process would pay for thirty transactions; together they pay for one, and nobody waits for company: a
single append is on its way at once. Each keeps its own fence and its own answer.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from loanstream.eventlog.port import (
    Fenced,
    LogUnavailable,
    NewRecord,
    OutcomeUnknown,
    RecordRefused,
    TopicPartition,
)
from loanstream.eventlog.postgres.connections import BROKEN, Connections
from loanstream.eventlog.postgres.tail import Tail
from loanstream.eventlog.postgres.topics import Topics, headers_text
from loanstream.eventlog.refusals import taken_over

Reached = Mapping[TopicPartition, int]
"""Next offset of each partition written."""

_LARGEST_GROUP = 2_000
"""Records that are combined at most; one append that is larger goes alone."""

_APPEND = "SELECT fenced, reached FROM eventlog.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)"
_REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    UnicodeError,
)
"""What the server or the encoder says of a record that it will never take."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A writer's claim: the newest epoch of an owner's partition."""

    owner: str
    partition: int
    epoch: int


@dataclass(slots=True, eq=False)
class _Append:
    """One commit or send and its answer. ``counts`` is, per partition, how many of the group's records its last one ends."""

    fence: Fence | None
    records: Sequence[NewRecord]
    answer: asyncio.Future[Reached]
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def succeed(self, reached: Reached) -> None:
        if not self.answer.done():
            self.answer.set_result(reached)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Appends:
    """The one way into the log. After each transaction ``tail`` keeps its records and ``announce`` is told what was reached."""

    def __init__(
        self, connections: Connections, topics: Topics, tail: Tail, announce: Callable[[Reached], None]
    ) -> None:
        self._connections = connections
        self._topics = topics
        self._tail = tail
        self._announce = announce
        self._waiting: deque[_Append] = deque()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, records: Sequence[NewRecord], fence: Fence | None) -> Reached:
        """Append all or nothing. A caller that is cancelled leaves its append to happen: it is never half done."""
        if not records and fence is None:
            return {}
        await self._topics.check(dict.fromkeys((record.topic, record.partition) for record in records))
        append = _Append(fence, records, asyncio.get_running_loop().create_future())
        self._waiting.append(append)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await append.answer

    async def close(self) -> None:
        """Let what was submitted finish, then drop the connection."""
        if self._worker is not None:
            await self._worker
        self._disconnect()

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._perform(self._next_group())
        finally:
            self._worker = None

    def _next_group(self) -> list[_Append]:
        group = [self._waiting.popleft()]
        size = len(group[0].records)
        while self._waiting and size + len(self._waiting[0].records) <= _LARGEST_GROUP:
            group.append(self._waiting.popleft())
            size += len(group[-1].records)
        return group

    async def _perform(self, group: list[_Append]) -> None:
        """Append a group; the fenced fail and the others are tried again; a record that is refused fails its append alone."""
        while group:
            try:
                fenced = await self._transaction(group)
            except _REFUSED as error:
                if len(group) == 1:
                    group[0].fail(RecordRefused(f"the log refused a record: {error}; nothing was written"))
                else:
                    for append in group:
                        await self._perform([append])
                return
            except (*BROKEN, LogUnavailable) as error:
                self._disconnect()
                for append in group:
                    append.fail(OutcomeUnknown(f"the connection to the log broke in a commit: {error}"))
                return
            except Exception as error:  # the server said no: it rolled back, and the callers must hear of it
                for append in group:
                    append.fail(LogUnavailable(f"the log could not append, nothing was written: {error}"))
                return
            if not fenced:
                return
            for append in group:
                if append.fence is not None and append.fence in fenced:
                    append.fail(Fenced(taken_over(append.fence.owner, append.fence.partition)))
            group = [append for append in group if append.fence not in fenced]

    async def _transaction(self, group: list[_Append]) -> set[Fence]:
        """One call. Answers the fences that no longer hold, in which case nothing was written, else every append."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connections.own()
        fences = sorted({append.fence for append in group if append.fence is not None}, key=_lock_order)
        places = self._gather(group)
        row = await self._connection.fetchrow(
            _APPEND, *_fence_columns(fences), *self._head_columns(places), *_record_columns(places)
        )
        assert row is not None, "a function with OUT parameters answers one row"
        if row["fenced"]:
            return {fences[number - 1] for number in row["fenced"]}
        self._answer(group, places, row["reached"] or ())
        return set()

    def _gather(self, group: list[_Append]) -> list[tuple[TopicPartition, list[NewRecord]]]:
        """The group's records by partition, in the order in which all processes lock partitions."""
        gathered: dict[tuple[str, int], list[NewRecord]] = {}
        for append in group:
            append.counts.clear()
            for record in append.records:
                place = (record.topic, record.partition)
                records = gathered.setdefault(place, [])
                records.append(record)
                append.counts[place] = len(records)
        known = self._topics.known
        ordered = sorted(gathered.items(), key=lambda item: (known(item[0][0]).topic_id, item[0][1]))
        return [(TopicPartition(*place), records) for place, records in ordered]

    def _head_columns(self, places: list[tuple[TopicPartition, list[NewRecord]]]) -> Iterable[list[int] | list[bool]]:
        topics = [self._topics.known(place.topic) for place, _ in places]
        return (
            [topic.topic_id for topic in topics],
            [place.partition for place, _ in places],
            [len(records) for _, records in places],
            [topic.private for topic in topics],
        )

    def _answer(
        self, group: list[_Append], places: list[tuple[TopicPartition, list[NewRecord]]], ends: Sequence[int]
    ) -> None:
        bases: dict[tuple[str, int], int] = {
            place: end - len(records) for (place, records), end in zip(places, ends, strict=True)
        }
        for place, records in places:
            self._tail.add(place, bases[place], records)
        self._announce({place: end for (place, _), end in zip(places, ends, strict=True)})
        for append in group:
            append.succeed({TopicPartition(*place): bases[place] + count for place, count in append.counts.items()})

    def _disconnect(self) -> None:
        """Drop the connection at once: a transaction that still waits in the server meets the fence, or is a send."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _lock_order(fence: Fence) -> tuple[str, int]:
    return fence.owner, fence.partition


def _fence_columns(fences: list[Fence]) -> Iterable[list[str] | list[int]]:
    return [fence.owner for fence in fences], [fence.partition for fence in fences], [fence.epoch for fence in fences]


def _record_columns(places: list[tuple[TopicPartition, list[NewRecord]]]) -> Iterable[list[object]]:
    records = [record for _, records in places for record in records]
    return (
        [number for number, (_, records) in enumerate(places, 1) for _ in records],
        [index for _, records in places for index in range(len(records))],
        [record.time for record in records],
        [record.key for record in records],
        [record.type for record in records],
        [headers_text(record) for record in records],
        [record.value for record in records],
    )
