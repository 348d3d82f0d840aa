"""Due dates: counted from an anchor, so that a day 29 to 31 returns after a short month (rule on month ends)."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from services.servicing.domain.terms import Anchor, MonthEnd, Span, Terms, Unit


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
    return date(year, month + 1, day if day <= 28 else min(day, monthrange(year, month + 1)[1]))


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
    first = terms.first_due
    for number in range(1, terms.instalments + 1):
        if number == terms.instalments and terms.fixed_length is not None:
            due = plus(start, terms.fixed_length)
        elif first is not None:
            due = plus(first, terms.frequency, number - 1)
        elif terms.month_end is MonthEnd.DRIFT and number > 1:
            due = plus(due, terms.frequency)
        else:
            due = plus(start, terms.frequency, number)
        yield due


def periods(terms: Terms, start: date) -> list[tuple[date, date]]:
    """(from, due) of each instalment: each period begins when the one before it ends."""
    spans = []
    begins = start
    for due in due_dates(terms, start):
        spans.append((begins, due))
        begins = due
    return spans
