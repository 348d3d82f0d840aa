"""The scheduler: opens servicing's business day on every partition when the calendar's day begins; the others follow.

Only one runs in an installation (:class:`Leadership`). A day is opened when every partition of every context has closed the
one before; missed days come one by one, in order. Sending twice is harmless: a day's command has one id.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from loanstream.eventlog.port import EventLog, NewRecord, TopicPartition
from loanstream.runtime.calendars import calendar as find_calendar
from loanstream.runtime.calendars import next_business_day
from loanstream.runtime.clock import Clock
from loanstream.runtime.database import Pool, PooledConnection, give_back, quoted
from loanstream.runtime.messages import command_record
from loanstream.runtime.projector import read_schema
from loanstream.runtime.reacting import LEADING_CONTEXT
from schemas import ids, registry
from schemas.envelope import CommandMeta
from schemas.platform import START_BUSINESS_DAY
from schemas.topics import CONTEXTS, Role, partition_key, topic

ACTOR = "system"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PartitionDay:
    """The newest business day of one partition."""

    context: str
    partition: int
    day: date
    closed: bool


OpenDays = Callable[[], Awaitable[Sequence[PartitionDay]]]
"""The newest day of each partition of each context; partitions without a day are left out."""


class Leadership(Protocol):
    """At most one process of an installation leads."""

    async def leads(self) -> bool:
        """Try to lead, or see whether we still do."""
        ...

    async def close(self) -> None:
        """Let another process lead."""
        ...


class SoleLeadership:
    """For the simulation and tests: there is nobody else."""

    async def leads(self) -> bool:
        """Always."""
        return True

    async def close(self) -> None:
        """Nothing is held."""


class PostgresLeadership:
    """A session advisory lock: whoever holds it leads until the session ends, however it ends."""

    def __init__(self, pool: Pool, name: str = "loanstream.scheduler") -> None:
        self._pool = pool
        self._name = name
        self._connection: PooledConnection | None = None

    async def leads(self) -> bool:
        """Take the lock where it is free; raises what asyncpg raises when the connection is gone, and does not lead then."""
        if self._connection is not None:
            try:
                await self._connection.execute("SELECT 1")
            except BaseException:
                await self.close()
                raise
            return True
        connection = await self._pool.acquire()
        if await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", self._name):
            self._connection = connection
            return True
        await self._pool.release(connection)
        return False

    async def close(self) -> None:
        """Give the lock back with the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await give_back(self._pool, connection)


class Scheduler:
    """Sends ``StartBusinessDay`` by the clock. ``first_day`` is the first one of a new installation (default: today's)."""

    look_every = 5.0
    """Seconds between two looks at the clock."""

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        open_days: OpenDays,
        leadership: Leadership,
        *,
        calendar: str,
        zone: str,
        contexts: Sequence[str] = CONTEXTS,
        first_day: date | None = None,
    ) -> None:
        self.name = "scheduler"
        self._log = log
        self._clock = clock
        self._open_days = open_days
        self._leadership = leadership
        self._calendar = calendar
        self._zone = ZoneInfo(zone)
        self._contexts = tuple(contexts)
        self._first_day = first_day
        self._partitions = 0
        self._sent: date | None = None

    async def open(self) -> None:
        """Check the calendar. Raises :class:`~loanstream.runtime.calendars.UnknownCalendar`."""
        find_calendar(self._calendar)
        self._partitions = await self._log.partitions(topic(LEADING_CONTEXT, Role.COMMANDS))
        self._sent = None

    async def step(self) -> bool:
        """Open the next day when its time has come and the one before is closed everywhere; whether it did.

        Raises :class:`~loanstream.runtime.calendars.CalendarEnds`.
        """
        if not self._partitions:
            await self.open()
        if not await self._leadership.leads():
            self._sent = None
            return False
        now = self._clock.now()
        day = self._next_day(await self._open_days(), now.astimezone(self._zone).date())
        if day is None or day == self._sent:
            return False
        await self._log.send(start_day_records(day, self._calendar, self._partitions, ACTOR, now))
        self._sent = day
        _log.info("business day begins", day=day.isoformat(), calendar=self._calendar)
        return True

    async def close(self) -> None:
        """Let another process lead."""
        await self._leadership.close()
        self._partitions = 0

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """No place in the log: time is what it waits for."""
        return {}

    def _next_day(self, days: Sequence[PartitionDay], today: date) -> date | None:
        """The day to open now; ``None`` while one is open, and when the next one has not begun."""
        leading = [found for found in days if found.context == LEADING_CONTEXT]
        if not leading:
            return self._very_first(today)
        last = max(found.day for found in leading)
        if sum(found.day == last for found in leading) < self._partitions:
            # a part of the partitions opened it by hand: the others must follow
            return last
        closed = {(found.context, found.partition) for found in days if found.day == last and found.closed}
        if len(closed) < len(self._contexts) * self._partitions:
            return None
        following = next_business_day(self._calendar, last)
        return following if following <= today else None

    def _very_first(self, today: date) -> date | None:
        day = self._first_day or today
        calendar = find_calendar(self._calendar)
        return day if day <= today and calendar.is_business_day(day) else None


def start_day_records(day: date, calendar: str, partitions: int, actor: str, now: datetime) -> list[NewRecord]:
    """The commands that open a business day of servicing on each of ``partitions``; the same ids whoever sends them."""
    command = START_BUSINESS_DAY[LEADING_CONTEXT](business_date=day, calendar=calendar)
    ce_type = registry.by_class(type(command)).ce_type
    return [
        command_record(
            CommandMeta(
                id=ids.day_command_id(LEADING_CONTEXT, number, day.isoformat(), "start"),
                type=ce_type,
                target=partition_key(number),
                time=now,
                actor=actor,
                correlation=ids.derived("business-day", day.isoformat()),
            ),
            command,
            partitions,
        )
        for number in range(partitions)
    ]


def days_of_read_models(pool: Pool, contexts: Sequence[str] = CONTEXTS) -> OpenDays:
    """The newest days as the read models of all contexts show them, in one query."""
    sql = " UNION ALL ".join(
        f"(SELECT DISTINCT ON (partition) '{context}' AS context, partition, business_date, closed"
        f" FROM {quoted(read_schema(context))}.business_days ORDER BY partition, business_date DESC)"
        for context in contexts
    )

    async def open_days() -> Sequence[PartitionDay]:
        rows = await pool.fetch(sql)
        return [PartitionDay(row["context"], row["partition"], row["business_date"], row["closed"]) for row in rows]

    return open_days
