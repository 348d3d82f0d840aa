"""Days a span of time later, and days of a month."""

from datetime import date, timedelta

from services.servicing.domain.terms import Span, Unit

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_days(year: int, month: int) -> int:
    """Days of a month; 1 is January."""
    return 29 if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else _LENGTHS[month - 1]


def month_on(month: int, day: int) -> date:
    """``day`` of the month that is the ``month``-th since the year 0, or the last day it has."""
    year, number = divmod(month, 12)
    return date(year, number + 1, day if day <= 28 else min(day, month_days(year, number + 1)))


def plus(start: date, span: Span, times: int = 1) -> date:
    """``start`` plus ``times`` spans; a day a month does not have becomes its last day."""
    count = span.every * times
    if span.unit is Unit.DAY:
        return start + timedelta(days=count)
    if span.unit is Unit.WEEK:
        return start + timedelta(weeks=count)
    months = count * 12 if span.unit is Unit.YEAR else count
    return month_on(start.year * 12 + start.month - 1 + months, start.day)
