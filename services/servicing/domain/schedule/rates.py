"""The agreed rate as that of a unit of the frequency, of a day, of a row of ordinary length, and by a named day count."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from services.servicing.domain.calendar.day_count import DAY_COUNTS
from services.servicing.domain.schedule.arithmetic import context
from services.servicing.domain.terms import Counting, DayCount, InterestBy, Terms, Unit

_UNITS_A_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}


def unit_rate(terms: Terms) -> Decimal:
    """annual ÷ units a year ÷ 100."""
    exact = context(terms.rounding)
    unit = terms.frequency.unit
    a_year = terms.day_count.year if unit is Unit.DAY and terms.day_count.year else _UNITS_A_YEAR[unit]
    return exact.divide(exact.divide(terms.annual_percent, Decimal(a_year)), Decimal(100))


def day_rate(terms: Terms) -> Decimal:
    """annual ÷ days of the year ÷ 100."""
    exact = context(terms.rounding)
    return exact.divide(exact.divide(terms.annual_percent, Decimal(terms.day_count.year or 365)), Decimal(100))


def units_a_row(terms: Terms) -> Decimal:
    """Units of the frequency that an ordinary row has: half a month where two fall due in each."""
    every = Decimal(terms.frequency.every)
    return every / 2 if terms.month_days is not None else every


def row_rate(terms: Terms) -> Decimal:
    """The rate of a row of whole units."""
    return context(terms.rounding).multiply(unit_rate(terms), units_a_row(terms))


def level_rate(terms: Terms) -> Decimal:
    """The rate of one row in the formula of the level instalment."""
    if terms.interest_by is InterestBy.PERIOD or terms.day_count.convention is not None:
        return row_rate(terms)
    return context(terms.rounding).multiply(day_rate(terms), _DAYS[terms.frequency.unit] * units_a_row(terms))


def year_fraction(count: DayCount, begins: date, ends: date, matures: date) -> Fraction:
    """Years by the named convention; where the last day of a span counts instead of the first, a day later at both ends."""
    assert count.convention is not None
    later = timedelta(days=1 if count.counting is Counting.LAST_DAY else 0)
    return DAY_COUNTS[count.convention].fraction(begins + later, ends + later, matures + later)
