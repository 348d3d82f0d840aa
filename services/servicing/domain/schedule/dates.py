"""Due dates: counted from an anchor, so that a day 29 to 31 returns after a short month (rule on month ends)."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from services.servicing.domain.terms import Anchor, MonthEnd, Span, Terms, Unit

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_days(year: int, month: int) -> int:
    """Days of a month; 1 is January."""
    return 29 if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else _LENGTHS[month - 1]


def plus(start: date, span: Span, times: int = 1) -> date:
    """``start`` plus ``times`` spans; a day a month does not have becomes its last day."""
    count = span.every * times
    if span.unit is Unit.DAY:
        return start + timedelta(days=count)
    if span.unit is Unit.WEEK:
        return start + timedelta(weeks=count)
    months = count * 12 if span.unit is Unit.YEAR else count
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = start.day
    return date(year, month + 1, day if day <= 28 else min(day, month_days(year, month + 1)))


def between(start: date, end: date, unit: Unit) -> int:
    """Whole units from ``start`` to ``end``."""
    days = (end - start).days
    if unit is Unit.DAY:
        return days
    if unit is Unit.WEEK:
        return days // 7
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return months // 12 if unit is Unit.YEAR else months


def start_of(terms: Terms, disbursed: date) -> date:
    """The date from which periods are counted."""
    return terms.applied if terms.anchor is Anchor.APPLICATION and terms.applied is not None else disbursed


def due_dates(terms: Terms, start: date) -> Iterator[date]:
    """The due date of each instalment."""
    count = terms.instalments if terms.fixed_length is None else terms.instalments - 1
    if terms.first_due is not None:
        yield from _every(terms.first_due, terms.frequency, range(count))
    elif terms.month_end is MonthEnd.DRIFT:
        due = start
        for _ in range(count):
            due = plus(due, terms.frequency)
            yield due
    else:
        yield from _every(start, terms.frequency, range(1, count + 1))
    if terms.fixed_length is not None:
        yield plus(start, terms.fixed_length)


def on_grid(terms: Terms) -> bool:
    """Whether every period holds whole units of the frequency: no stub, no drift, no last date of its own."""
    return (
        terms.first_due is None
        and terms.fixed_length is None
        and terms.month_end is MonthEnd.KEEP_DAY
        and terms.frequency.unit is not Unit.YEAR
    )


def _every(start: date, span: Span, numbers: range) -> Iterator[date]:
    """``plus(start, span, number)`` for each number."""
    if span.unit is not Unit.MONTH:
        yield from (plus(start, span, number) for number in numbers)
        return
    day, first = start.day, start.year * 12 + start.month - 1
    for number in numbers:
        year, month = divmod(first + number * span.every, 12)
        yield date(year, month + 1, day if day <= 28 else min(day, month_days(year, month + 1)))


def periods(terms: Terms, start: date) -> list[tuple[date, date]]:
    """(from, due) of each instalment: each period begins when the one before it ends."""
    dues = list(due_dates(terms, start))
    return list(pairwise([start, *dues]))
