"""Day counts 计息天数基准: days and year fractions between two dates, as exact fractions, so that every rounding is the caller's.

The first day counts, the last does not 算头不算尾 (precise-rules 3). Sources: ISDA 2006 Definitions section 4.16 (actual/actual,
actual/365 fixed, actual/360, 30/360, 30E/360, 30E/360 ISDA, 1/1); SIA Standard Securities Calculation Methods (30/360 US with the
February rules); AFB Master Agreement (actual/actual AFB); ICMA Rule 251 (actual/actual ICMA, actual/365L).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from services.servicing.domain.calendar.months import add_months, is_leap, is_month_end

_ONE_DAY = timedelta(days=1)

Days = Callable[[date, date, date | None], int]
"""(from, to, maturity) -> days."""
Years = Callable[[date, date, date | None], Fraction]
"""(from, to, maturity) -> years."""


class Months(StrEnum):
    """How a day count sees months."""

    ACTUAL = "actual"
    THIRTY = "30"


@dataclass(frozen=True, slots=True)
class DayCount:
    """A convention: how days are counted and how they become years. ``maturity`` matters to 30E/360 ISDA only."""

    code: str
    days: Days
    years: Years

    def fraction(self, start: date, end: date, maturity: date | None = None) -> Fraction:
        """Years from ``start`` to ``end``, negative when they stand the other way round."""
        return self.years(start, end, maturity) if start <= end else -self.years(end, start, maturity)


def fixed_year(days: int | Fraction, months: Months = Months.ACTUAL) -> DayCount:
    """Any fixed year, with actual or 30-day months (both ends of a 31st count as the 30th), e.g. ACT/364 or 30/365."""
    count = _actual if months is Months.ACTUAL else _thirty_e
    return DayCount(f"{'ACT' if months is Months.ACTUAL else '30'}/{days}", count, _over(count, Fraction(days)))


def icma(start: date, end: date, reference: tuple[date, date], per_year: int | None = None) -> Fraction:
    """Actual/actual ICMA: days over (days of the regular period × periods a year), period by period.

    ``reference`` is the regular period that the dates belong to; a longer one runs over into the regular periods before and
    after it. ``per_year`` is taken from the reference period's months when it is not given.
    """
    months = round((reference[1] - reference[0]).days * 12 / Fraction(1461, 4))
    frequency = per_year or Fraction(12, months)
    return sum(
        (
            Fraction((min(end, last) - max(start, first)).days, (last - first).days) / frequency
            for first, last in _regular_periods(start, end, reference, months)
        ),
        Fraction(0),
    )


def canadian(start: date, end: date, reference: tuple[date, date], per_year: int) -> Fraction:
    """Actual/365 of Canadian bonds: days/365 within a period, and from the period's length on what it lacks of the whole one."""
    days, whole = (end - start).days, (reference[1] - reference[0]).days
    if days * per_year < 365:
        return Fraction(days, 365)
    return Fraction(1, per_year) - Fraction(whole - days, 365)


def _regular_periods(start: date, end: date, reference: tuple[date, date], months: int) -> Iterator[tuple[date, date]]:
    number = 0
    while add_months(reference[0], months * number) > start:
        number -= 1
    while (first := add_months(reference[0], months * number)) < end:
        last = reference[1] if number == 0 else add_months(reference[0], months * (number + 1))
        yield first, last
        number += 1


def _actual(start: date, end: date, _: date | None) -> int:
    return (end - start).days


def _over(days: Days, year: Fraction) -> Years:
    return lambda start, end, maturity: Fraction(days(start, end, maturity)) / year


def _thirty(start: date, first: int, end: date, last: int) -> int:
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _thirty_us(start: date, end: date, _: date | None) -> int:
    """The last day of February is the 30th; a 31st is the 30th, at the end only after a start on the 30th or 31st."""
    february = _february_ends(start)
    first = 30 if february or start.day == 31 else start.day
    last = 30 if (february and _february_ends(end)) or (end.day == 31 and first == 30) else end.day
    return _thirty(start, first, end, last)


def _thirty_bond(start: date, end: date, _: date | None) -> int:
    """As the US rule, but February's last day stays what it is."""
    first = min(start.day, 30)
    return _thirty(start, first, end, 30 if end.day == 31 and first == 30 else end.day)


def _thirty_e(start: date, end: date, _: date | None) -> int:
    """A 31st is the 30th at both ends."""
    return _thirty(start, min(start.day, 30), end, min(end.day, 30))


def _thirty_e_isda(start: date, end: date, maturity: date | None) -> int:
    """The last day of any month is the 30th, but not the last day of February when it is the maturity."""
    first = 30 if is_month_end(start) else start.day
    last_of_february = _february_ends(end) and end != maturity
    return _thirty(start, min(first, 30), end, 30 if end.day == 31 or last_of_february else end.day)


def _months_or_thirty(start: date, end: date, _: date | None) -> Fraction:
    """Twelfths between equal days of a month, or from and to last days of months; else as the bond basis."""
    ends = (start.day > end.day and is_month_end(end)) or (start.day < end.day and is_month_end(start))
    if start.day == end.day or ends:
        return end.year - start.year + Fraction(end.month - start.month, 12)
    return Fraction(_thirty_bond(start, end, None), 360)


def _thirty_e_plus(start: date, end: date, _: date | None) -> int:
    """A 31st at the start is the 30th, at the end the first of the next month; from a 31st to itself there is no day."""
    return 0 if start == end else _thirty(start, min(start.day, 30), end, end.day)


def _thirty_italian(start: date, end: date, _: date | None) -> int:
    """A 31st is the 30th at both ends, and so is a day of February after the 27th."""
    first, last = (30 if day.month == 2 and day.day > 27 else min(day.day, 30) for day in (start, end))
    return _thirty(start, first, end, last)


def _february_ends(day: date) -> bool:
    return day.month == 2 and is_month_end(day)


def _by_calendar_year(start: date, end: date, _: date | None) -> Fraction:
    """Days in leap years over 366 and other days over 365."""
    if start.year == end.year:
        return Fraction((end - start).days, _year_days(start.year))
    first = Fraction((date(start.year + 1, 1, 1) - start).days, _year_days(start.year))
    last = Fraction((end - date(end.year, 1, 1)).days, _year_days(end.year))
    return first + (end.year - start.year - 1) + last


def _year_days(year: int) -> int:
    return 366 if is_leap(year) else 365


def _afb(start: date, end: date, _: date | None) -> Fraction:
    """Whole years counted back from the end, the rest over 366 when it has a 29 February, else over 365."""
    years = 0
    while _years_back(end, years + 1) >= start:
        years += 1
    stub = _years_back(end, years)
    return years + Fraction((stub - start).days, 366 if _has_29_february(start, stub) else 365)


def _years_back(end: date, years: int) -> date:
    """The same day; from the last day of February to the last day of February."""
    earlier = add_months(end, -12 * years)
    return earlier + _ONE_DAY if _february_ends(end) and not is_month_end(earlier) else earlier


def _has_29_february(start: date, end: date) -> bool:
    """Whether a 29 February is in [start, end)."""
    return any(is_leap(year) and start <= date(year, 2, 29) < end for year in range(start.year, end.year + 1))


def _leap_period(start: date, end: date, _: date | None) -> Fraction:
    """The whole period over 366 when a 29 February is in it, else over 365."""
    return Fraction((end - start).days, 366 if _has_29_february(start, end) else 365)


def _leap_end(start: date, end: date, _: date | None) -> Fraction:
    """Days over the days of the year that the end is in."""
    return Fraction((end - start).days, _year_days(end.year))


def _leap_day_within(start: date, end: date, _: date | None) -> Fraction:
    """Days over 366 when a 29 February is in (start, end], else over 365."""
    return Fraction((end - start).days, 366 if _has_29_february(start + _ONE_DAY, end + _ONE_DAY) else 365)


def _spreadsheet(start: date, end: date, _: date | None) -> Fraction:
    """Days over the year's days: of one year, 366 when the dates hold a 29 February; of several, the average of all of them."""
    if end <= add_months(start, 12):
        same = start.year == end.year
        leap = is_leap(start.year) if same else _has_29_february(start, end + _ONE_DAY)
        return Fraction((end - start).days, 366 if leap else 365)
    years = range(start.year, end.year + 1)
    return Fraction((end - start).days) / Fraction(sum(map(_year_days, years)), len(years))


def _no_leap_days(start: date, end: date, _: date | None) -> int:
    leap_days = sum(is_leap(year) and start < date(year, 2, 29) <= end for year in range(start.year, end.year + 1))
    return (end - start).days - leap_days


ACT_360 = fixed_year(360)
ACT_365F = DayCount("ACT/365F", _actual, _over(_actual, Fraction(365)))
ACT_ACT_ISDA = DayCount("ACT/ACT ISDA", _actual, _by_calendar_year)
ACT_ACT_AFB = DayCount("ACT/ACT AFB", _actual, _afb)
ACT_ACT_LEAP_PERIOD = DayCount("ACT/ACT leap-period", _actual, _leap_period)
"""The leap rule by period: 366 for a period that holds a 29 February. By year it is :data:`ACT_ACT_ISDA`."""
ACT_ACT_SPREADSHEET = DayCount("ACT/ACT spreadsheet", _actual, _spreadsheet)
"""Basis 1 of the spreadsheets' YEARFRAC."""
ACT_365_NO_LEAP = DayCount("ACT/365 no leap", _no_leap_days, _over(_no_leap_days, Fraction(365)))
ACT_360_NO_LEAP = DayCount("ACT/360 no leap", _no_leap_days, _over(_no_leap_days, Fraction(360)))
ACT_365_LEAP = DayCount("ACT/365L", _actual, _leap_end)
ACT_365_LEAP_ANNUAL = DayCount("ACT/365L annual", _actual, _leap_day_within)
"""ACT/365L of annual payments; :data:`ACT_365_LEAP` is that of more frequent ones."""
ONE_YEAR = DayCount("1/1", _actual, lambda *_: Fraction(1))
WHOLE_MONTHS = DayCount("whole months", _thirty_bond, _months_or_thirty)
THIRTY_360_ITALIAN = DayCount("30/360 Italian", _thirty_italian, _over(_thirty_italian, Fraction(360)))
THIRTY_E_PLUS_360 = DayCount("30E+/360", _thirty_e_plus, _over(_thirty_e_plus, Fraction(360)))
THIRTY_360_US = DayCount("30/360 US", _thirty_us, _over(_thirty_us, Fraction(360)))
THIRTY_360_BOND = DayCount("30/360 bond basis", _thirty_bond, _over(_thirty_bond, Fraction(360)))
THIRTY_E_360 = DayCount("30E/360", _thirty_e, _over(_thirty_e, Fraction(360)))
THIRTY_E_360_ISDA = DayCount("30E/360 ISDA", _thirty_e_isda, _over(_thirty_e_isda, Fraction(360)))

DAY_COUNTS = {
    basis.code: basis
    for basis in (
        ACT_360,
        ACT_365F,
        ACT_ACT_ISDA,
        ACT_ACT_AFB,
        ACT_ACT_LEAP_PERIOD,
        ACT_ACT_SPREADSHEET,
        ACT_365_NO_LEAP,
        ACT_360_NO_LEAP,
        ACT_365_LEAP,
        ACT_365_LEAP_ANNUAL,
        WHOLE_MONTHS,
        THIRTY_360_ITALIAN,
        THIRTY_E_PLUS_360,
        THIRTY_360_US,
        THIRTY_360_BOND,
        THIRTY_E_360,
        THIRTY_E_360_ISDA,
    )
}
"""Every named convention that measures time, by its code; others come from :func:`fixed_year` and :func:`icma`."""
