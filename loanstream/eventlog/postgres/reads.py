"""Reads of many hosts in one round trip: what is asked in the same turn of the event loop is one statement.

A commit wakes the hosts of several partitions at once; each asking on its own would cost more than what they read.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loanstream.eventlog.port import OffsetOutOfRange, Record, TopicPartition
from loanstream.eventlog.postgres.connections import BelowStart, Connections
from loanstream.eventlog.postgres.topics import Topics, record_of
from loanstream.eventlog.refusals import out_of_range

Item = tuple[TopicPartition, int]

_MANY_PLACES = 512
"""Most places of one statement."""

_READ = """
WITH asked AS (
    SELECT u.place, u.topic_id, u.part, u.position, u.request, u.most,
        CASE WHEN u.position < h.first_off THEN eventlog.out_of_range(u.place, h.first_off)
            ELSE greatest(h.next_off - u.position, 0) END AS available
    FROM unnest($1::smallint[], $2::smallint[], $3::bigint[], $4::int[], $5::bigint[])
        WITH ORDINALITY AS u (topic_id, part, position, request, most, place)
    JOIN eventlog.heads h USING (topic_id, part)
), equal AS (
    SELECT *, least(available, most / count(*) OVER (PARTITION BY request)) AS equal_share FROM asked
), shared AS (
    SELECT *, most - sum(equal_share) OVER (PARTITION BY request) AS remaining,
        sum(available - equal_share) OVER (PARTITION BY request ORDER BY place) - (available - equal_share) AS wanted_before
    FROM equal
), granted AS (
    SELECT place, topic_id, part, position,
        equal_share + greatest(0, least(available - equal_share, remaining - wanted_before)) AS share
    FROM shared
)
SELECT g.place, r.off, r.time, r.key, r.type, r.headers, r.value
FROM granted g
CROSS JOIN LATERAL (
    {selects}
) r
WHERE g.share > 0
ORDER BY g.place, r.off
"""
_SELECT = """
    (SELECT l.off, l.time, l.key, l.type, l.headers, l.value FROM eventlog.{table} l
     WHERE l.topic_id = g.topic_id AND l.part = g.part AND l.off >= g.position ORDER BY l.off LIMIT g.share)
"""


def _read_sql(tables: Iterable[str]) -> str:
    return _READ.format(selects="UNION ALL".join(_SELECT.format(table=table) for table in tables))


_READS = {
    frozenset((False,)): _read_sql(["records"]),
    frozenset((True,)): _read_sql(["private_records"]),
    frozenset((False, True)): _read_sql(["records", "private_records"]),
}
"""The read of partitions, by whether they are private."""


@dataclass(slots=True, eq=False)
class _Request:
    """What one caller asked for."""

    items: Sequence[Item]
    limit: int
    done: "asyncio.Future[list[Record]]"
    records: list[Record] = field(default_factory=list)


class Reads:
    """Collects the reads of a turn and performs them together."""

    def __init__(self, connections: Connections, topics: Topics) -> None:
        self._connections = connections
        self._topics = topics
        self._asked: list[_Request] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, items: Sequence[Item], limit: int) -> list[Record]:
        """Records from the positions on. Raises ``UnknownTopic``, ``OffsetOutOfRange``, ``LogError``."""
        await self._topics.check([place for place, _ in items])
        loop = asyncio.get_running_loop()
        request = _Request(items, limit, loop.create_future())
        if not self._asked:
            loop.call_soon(self._start)
        self._asked.append(request)
        return await request.done

    def _start(self) -> None:
        asked, self._asked = self._asked, []
        for group in _groups(asked):
            task = asyncio.create_task(self._perform(group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _perform(self, group: Sequence[_Request]) -> None:
        try:
            await self._read(group)
        except BelowStart as error:
            if len(group) == 1:
                _fail(group[0], OffsetOutOfRange(out_of_range(*group[0].items[error.place - 1], error.first)))
                return
            # One bad position must not fail the others.
            for request in group:
                await self._perform([request])
        except BaseException as error:
            for request in group:
                _fail(request, error)
            if not isinstance(error, Exception):
                raise
        else:
            for request in group:
                if not request.done.done():
                    request.done.set_result(request.records)

    async def _read(self, group: Sequence[_Request]) -> None:
        rows = [(place, position, n, r.limit, r) for n, r in enumerate(group) for place, position in r.items]
        topics = [self._topics.known(place.topic) for place, *_ in rows]
        found = await self._connections.fetch(
            _READS[frozenset(topic.private for topic in topics)],
            [topic.topic_id for topic in topics],
            [place.partition for place, *_ in rows],
            [position for _, position, *_ in rows],
            [number for _, _, number, *_ in rows],
            [limit for *_, limit, _ in rows],
        )
        for request in group:
            request.records = []
        for row in found:
            place, *_, request = rows[row[0] - 1]
            request.records.append(record_of(place, row))


def _groups(asked: Sequence[_Request]) -> Iterable[list[_Request]]:
    """Requests together, as many as a statement takes."""
    group: list[_Request] = []
    places = 0
    for request in asked:
        if group and places + len(request.items) > _MANY_PLACES:
            yield group
            group, places = [], 0
        group.append(request)
        places += len(request.items)
    if group:
        yield group


def _fail(request: _Request, error: BaseException) -> None:
    if not request.done.done():
        request.done.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
