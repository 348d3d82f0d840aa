"""Business-day adjustment 营业日调整 by a calendar of a named version: following, modified following, preceding, or none.

The calendars are constants of the contract (:mod:`schemas.calendars`): ``every-day/1`` for none, ``china/2026a`` with make-up days
调休. A date outside the years that a version covers raises :class:`schemas.calendars.CalendarEnds`; nothing is guessed.
"""

from datetime import date, timedelta
from enum import StrEnum

from schemas.calendars import Calendar

_ONE_DAY = timedelta(days=1)


class Adjustment(StrEnum):
    """Where a date goes that is no business day."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified-following"
    """The next business day, or the last one before it when the next is in another month."""
    PRECEDING = "preceding"
    MODIFIED_PRECEDING = "modified-preceding"
    """The last business day before, or the next one when that is in another month."""


def adjusted(day: date, adjustment: Adjustment, calendar: Calendar) -> date:
    """``day`` itself when it is a business day or nothing is adjusted, else where ``adjustment`` moves it."""
    if adjustment is Adjustment.NONE or calendar.is_business_day(day):
        return day
    if adjustment in (Adjustment.FOLLOWING, Adjustment.MODIFIED_FOLLOWING):
        after = _moved(day, _ONE_DAY, calendar)
        stays = adjustment is Adjustment.FOLLOWING or after.month == day.month
        return after if stays else _moved(day, -_ONE_DAY, calendar)
    before = _moved(day, -_ONE_DAY, calendar)
    stays = adjustment is Adjustment.PRECEDING or before.month == day.month
    return before if stays else _moved(day, _ONE_DAY, calendar)


def plus_business_days(day: date, count: int, calendar: Calendar) -> date:
    """The ``count``-th business day after ``day`` (before it when negative); ``day`` adjusted forward when it is 0."""
    if count == 0:
        return adjusted(day, Adjustment.FOLLOWING, calendar)
    step = _ONE_DAY if count > 0 else -_ONE_DAY
    for _ in range(abs(count)):
        day = _moved(day, step, calendar)
    return day


def _moved(day: date, step: timedelta, calendar: Calendar) -> date:
    day += step
    while not calendar.is_business_day(day):
        day += step
    return day
