"""Business days in order, by the versioned calendars of the contract; what the scheduler and the hosts of days ask."""

from collections.abc import Iterator
from datetime import date, timedelta

from schemas.calendars import CHINA, EVERY_DAY, Calendar, CalendarEnds, UnknownCalendar, add, calendar, versions

__all__ = (
    "CHINA",
    "EVERY_DAY",
    "Calendar",
    "CalendarEnds",
    "UnknownCalendar",
    "add",
    "business_days",
    "calendar",
    "is_business_day",
    "next_business_day",
    "versions",
)

_ONE_DAY = timedelta(days=1)


def is_business_day(version: str, day: date) -> bool:
    """Whether ``day`` is a business day of the calendar."""
    return calendar(version).is_business_day(day)


def next_business_day(version: str, after: date) -> date:
    """The first business day after ``after``. Raises :class:`UnknownCalendar` and :class:`CalendarEnds`."""
    days = calendar(version)
    return next(day for day in _following(after) if days.is_business_day(day))


def business_days(version: str, after: date, until: date) -> list[date]:
    """The business days after ``after`` up to and including ``until``, in order."""
    days = calendar(version)
    return [
        day
        for day in map(date.fromordinal, range(after.toordinal() + 1, until.toordinal() + 1))
        if days.is_business_day(day)
    ]


def _following(day: date) -> Iterator[date]:
    while True:
        day += _ONE_DAY
        yield day
