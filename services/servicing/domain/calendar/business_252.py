"""Business days over 252: the Brazilian day count, on the national holidays of Brazil by rule.

Sources: Lei 662/1949 with 10.607/2002, 6.802/1980 and 14.759/2023; the movable ones as the market keeps them (ANBIMA).
Weekends and holidays are left out; the first day counts, the last does not. Holidays that move follow Easter: Carnival's Monday
and Tuesday, Good Friday, Corpus Christi.
"""

from datetime import date, timedelta
from fractions import Fraction
from functools import cache

_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_FROM_EASTER = (-48, -47, -2, 60)
_BLACK_AWARENESS_SINCE = 2024
"""Year from which 20 November is a national holiday."""


def days(start: date, end: date) -> int:
    """Business days of Brazil in [start, end), negative when they stand the other way round."""
    if end < start:
        return -days(end, start)
    return sum(is_business_day(start + timedelta(days=n)) for n in range((end - start).days))


def fraction(start: date, end: date) -> Fraction:
    """Business days over 252."""
    return Fraction(days(start, end), 252)


def is_business_day(day: date) -> bool:
    """Whether a day is neither on a weekend nor a national holiday of Brazil."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    fixed = [*_FIXED, *([(11, 20)] if year >= _BLACK_AWARENESS_SINCE else [])]
    moving = [easter(year) + timedelta(days=n) for n in _FROM_EASTER]
    return frozenset([*(date(year, month, day) for month, day in fixed), *moving])


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian rule: golden number, century, epact, then the Sunday after the full moon."""
    golden, century = year % 19, year // 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - epact - year % 100 % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
