"""Due dates that follow a pattern of the month: a weekday, e.g. the third Friday, or two days, e.g. the 5th and the 20th."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from services.servicing.domain.schedule.months import month_on
from services.servicing.domain.terms import NthWeekday, Terms


def is_patterned(terms: Terms) -> bool:
    """Whether due dates follow a pattern of the month."""
    return terms.nth_weekday is not None or terms.month_days is not None


def on_pattern(terms: Terms, day: date) -> bool:
    """Whether ``day`` is one of the pattern."""
    return day in _days(terms, _month(day))


def days_after(terms: Terms, day: date) -> Iterator[date]:
    """The first day of the pattern after ``day``, and those that follow it at the frequency, without end."""
    month = _month(day)
    while not any(found > day for found in _days(terms, month)):
        month += 1
    while True:
        yield from (found for found in _days(terms, month) if found > day)
        month += terms.frequency.every


def months_between(terms: Terms, begins: date, ends: date) -> Fraction:
    """Months that the pattern counts: one from each day of a weekday to the next, half a one between a pair of days.

    Parts of a period are days over the days of that period.
    """
    whole = Fraction(1, len(_days(terms, _month(begins))))
    return (_place(terms, ends) - _place(terms, begins)) * whole


def _place(terms: Terms, day: date) -> Fraction:
    """How many periods of the pattern have passed on ``day`` since the year 0."""
    month = _month(day)
    around = [found for near in (month - 1, month, month + 1) for found in _days(terms, near)]
    count = len(around) // 3
    last = max(number for number, found in enumerate(around) if found <= day)
    passed = (month - 1) * count + last
    return passed + Fraction((day - around[last]).days, (around[last + 1] - around[last]).days)


def _days(terms: Terms, month: int) -> tuple[date, ...]:
    if terms.nth_weekday is not None:
        return (_weekday(month, terms.nth_weekday),)
    return tuple(month_on(month, day) for day in terms.month_days or ())


def _weekday(month: int, wanted: NthWeekday) -> date:
    if wanted.nth < 0:
        last = month_on(month, 31)
        return last - timedelta(days=(last.isoweekday() - wanted.weekday) % 7)
    first = month_on(month, 1)
    return first + timedelta(days=(wanted.weekday - first.isoweekday()) % 7 + 7 * (wanted.nth - 1))


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
