"""Unit-periods of US Regulation Z, Appendix J (b)(3) to (b)(5): the common period, whole ones and the fraction before them.

All months are equal; a fraction of a month is days/30, of a semi-month days/15, of a week days/7, of m months
(30·months + days)/(30·m). Whole unit-periods are counted back from the payment, what is left is the fraction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from services.servicing.domain.calendar.months import add_months, is_month_end


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """A standard interval 计息单位期间: ``length`` times a unit (days, weeks, semimonths, months)."""

    unit: str
    length: int = 1
    year: Fraction | None = None
    """Unit-periods in a year where the rule states them otherwise: of a single payment within a year, 365 over the term's days."""

    @property
    def per_year(self) -> Fraction:
        """How many there are in a year."""
        return self.year or Fraction(_PER_YEAR[self.unit], self.length)


_PER_YEAR = {"day": 365, "week": 52, "semimonth": 24, "month": 12}
_DAYS = {"day": 1, "week": 7, "semimonth": 15, "month": 30}

MONTH = UnitPeriod("month")


def since(start: date, end: date, period: UnitPeriod, month_end: bool = False) -> tuple[int, Fraction]:
    """(whole unit-periods, fraction of one) from ``start`` to ``end``; ``month_end`` when payments fall on last days."""
    if period.unit in ("day", "week"):
        length = _DAYS[period.unit] * period.length
        whole, days = divmod((end - start).days, length)
        return whole, Fraction(days, length)
    if period.unit == "semimonth":
        months, days = _months_and_days(start, end, month_end)
        halves, rest = divmod(days, 15)
        return months * 2 + halves, Fraction(rest, 15)
    months, days = _months_and_days(start, end, month_end)
    whole, left = divmod(months, period.length)
    return whole, Fraction(30 * left + days, 30 * period.length)


def _months_and_days(start: date, end: date, month_end: bool) -> tuple[int, int]:
    """Whole months counted back from ``end``, and the days before them."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if _back(end, months, month_end) < start:
        months -= 1
    return months, (_back(end, months, month_end) - start).days


def _back(end: date, months: int, month_end: bool) -> date:
    earlier = add_months(end, -months)
    if month_end and is_month_end(end):
        return add_months(earlier.replace(day=1), 1) - timedelta(days=1)
    return earlier


def single_payment(start: date, end: date) -> tuple[UnitPeriod, int, Fraction]:
    """(unit-period, whole ones, fraction) of one advance and one payment, (b)(4)(ii) and (b)(5)(vi).

    Within a year the term is the unit-period: measured in months where it is whole months, else in days (365 a year). Beyond a
    year the unit-period is a year; the fraction is whole months/12, or days/365.
    """
    months, days = _months_and_days(start, end, False)
    if months <= 12 and (months < 12 or days == 0):
        term = Fraction(months, 12) if days == 0 else Fraction((end - start).days, 365)
        return UnitPeriod("term", 1, 1 / term), 1, Fraction(0)
    years, left = divmod(months, 12)
    if days == 0:
        return UnitPeriod("month", 12), years, Fraction(left, 12)
    begun = (add_months(end, -12 * years) - start).days
    return UnitPeriod("month", 12), years, Fraction(begun, 365)


def common_period(dates: Sequence[date]) -> UnitPeriod:
    """The unit-period of a series of payments or advances: the common period that occurs most often, the shorter of a tie.

    Periods of whole months win over their days: four dates on the 10th are a month apart, whatever the months' days. With no
    period that occurs twice it is the shortest one, which stands for the average where there are two.
    """
    found = Counter(_standard(a, b) for a, b in pairwise(sorted(set(dates))))
    if not found:
        return MONTH
    return max(found, key=lambda period: (found[period], period.per_year))


def _standard(start: date, end: date) -> UnitPeriod:
    months, days = _months_and_days(start, end, is_month_end(start) and is_month_end(end))
    if days == 0 and 0 < months <= 12:
        return UnitPeriod("month", months)
    length = (end - start).days
    if {start.day, end.day} in ({1, 16}, {15, end.day}) and 13 <= length <= 17:
        return UnitPeriod("semimonth")
    return UnitPeriod("week", length // 7) if length % 7 == 0 and length <= 364 else UnitPeriod("day", min(length, 365))
