"""Whole months between dates: day 29–31 falls on the last day of a short month and never drifts."""

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later (earlier when negative), or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def whole_months_back(end: date, start: date) -> int:
    """The most whole months that can be counted back from ``end`` without passing ``start``."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(end, -months) >= start else months - 1


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return monthrange(year, 2)[1] == 29


def is_month_end(day: date) -> bool:
    """Whether it is the last day of its month."""
    return day.day == monthrange(day.year, day.month)[1]
