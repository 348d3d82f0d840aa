"""Business days of a history: a sparse calendar, so that months cost little, and the scheduler beside the officer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime import calendars
from loanstream.runtime.clock import Clock
from loanstream.runtime.messages import read_event
from loanstream.runtime.scheduler import PartitionDay, Scheduler, SoleLeadership
from schemas import registry
from schemas.platform import BUSINESS_DAY_CLOSED, BUSINESS_DAY_STARTED
from schemas.topics import CONTEXTS, Role, topic

CALENDAR = "simulated/1"
FIRST_DAY = date(2026, 1, 5)
_DAYS_OF_MONTH = (5, 6, 9, 20)
"""A due date, the day after, the day after the grace of three days, and one well in arrears."""
_ZONE = "Asia/Shanghai"
_MORNING = time(1, 0, tzinfo=UTC)
"""Nine o'clock in the zone."""

_STARTED = frozenset(registry.by_class(cls).ce_type for cls in BUSINESS_DAY_STARTED.values())
_CLOSED = frozenset(registry.by_class(cls).ce_type for cls in BUSINESS_DAY_CLOSED.values())

calendars.add(
    calendars.Calendar(
        version=CALENDAR,
        weekend=frozenset(range(1, 8)),
        free=frozenset(),
        worked=frozenset(date(2026, month, day) for month in range(1, 13) for day in _DAYS_OF_MONTH),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
)


def morning(day: date) -> datetime:
    """When a business day begins for the clients."""
    return datetime.combine(day, _MORNING)


class DaysOfLog:
    """The newest business day of each partition, as the read models would show it, from the events alone."""

    def __init__(self, log: EventLog, partitions: int) -> None:
        self._log = log
        self._positions = {
            TopicPartition(topic(context, Role.EVENTS), p): 0 for context in CONTEXTS for p in range(partitions)
        }
        self._newest: dict[tuple[str, int], PartitionDay] = {}

    async def __call__(self) -> Sequence[PartitionDay]:
        """Read on, and answer."""
        for record in await self._log.read(self._positions, 1_000_000):
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            if record.type in _STARTED or record.type in _CLOSED:
                event, _ = read_event(record)
                day: date = event.business_date  # type: ignore[attr-defined]
                context = registry.by_type(record.type).context
                found = PartitionDay(context, record.partition, day, record.type in _CLOSED)
                self._newest[context, record.partition] = found
        return tuple(self._newest.values())


def scheduler(log: EventLog, clock: Clock, partitions: int) -> Scheduler:
    """A scheduler that goes by the virtual clock, the sparse calendar and what the log says; it keeps nothing else."""
    days = DaysOfLog(log, partitions)
    return Scheduler(log, clock, days, SoleLeadership(), calendar=CALENDAR, zone=_ZONE, first_day=FIRST_DAY)
