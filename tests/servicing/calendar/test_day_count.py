"""Day counts: what each convention does with the ends of months, and what holds for all."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.calendar.day_count import (
    ACT_360,
    ACT_365_NO_LEAP,
    ACT_365F,
    ACT_ACT_AFB,
    ACT_ACT_ISDA,
    ACT_ACT_LEAP_PERIOD,
    ACT_ACT_SPREADSHEET,
    DAY_COUNTS,
    THIRTY_360_BOND,
    THIRTY_360_US,
    THIRTY_E_360,
    THIRTY_E_360_ISDA,
    DayCount,
    Months,
    fixed_year,
    icma,
)

dates = st.dates(date(1980, 1, 1), date(2080, 12, 31))
DAY_BY_DAY = (
    ACT_360,
    ACT_365F,
    ACT_ACT_ISDA,
    ACT_365_NO_LEAP,
    THIRTY_E_360,
    fixed_year(364),
    fixed_year(365, Months.THIRTY),
)
"""Conventions under which a span is the sum of its parts."""


@pytest.mark.parametrize("basis", DAY_COUNTS.values(), ids=DAY_COUNTS)
def test_the_first_day_counts_and_the_last_does_not(basis: DayCount) -> None:
    assert basis.days(date(2026, 3, 10), date(2026, 3, 10), None) == 0
    assert basis.days(date(2026, 3, 10), date(2026, 3, 11), None) == 1


@pytest.mark.parametrize("basis", DAY_BY_DAY, ids=lambda basis: basis.code)
@settings(deadline=None)
@given(days=st.tuples(dates, dates, dates))
def test_a_span_is_the_sum_of_its_parts(basis: DayCount, days: tuple[date, date, date]) -> None:
    start, middle, end = sorted(days)
    assert basis.fraction(start, middle) + basis.fraction(middle, end) == basis.fraction(start, end)


@settings(deadline=None)
@given(st.sampled_from([*DAY_COUNTS.values()]), dates, dates)
def test_the_other_way_round_is_the_same_with_the_other_sign(basis: DayCount, one: date, other: date) -> None:
    assert basis.fraction(one, other) == -basis.fraction(other, one)


@settings(deadline=None)
@given(st.sampled_from([*DAY_COUNTS.values()]), dates, dates)
def test_no_convention_is_off_by_more_than_six_days_and_the_years_own_length(
    basis: DayCount, one: date, other: date
) -> None:
    start, end = sorted((one, other))
    actual = Fraction((end - start).days)
    assert actual / 366 - Fraction(6, 360) <= basis.fraction(start, end) <= actual / 360 + Fraction(6, 360)


def test_under_the_us_rule_the_last_of_february_is_the_thirtieth() -> None:
    assert THIRTY_360_US.days(date(2007, 2, 28), date(2007, 3, 31), None) == 30
    assert THIRTY_360_US.days(date(2007, 2, 28), date(2008, 2, 29), None) == 360
    assert THIRTY_360_BOND.days(date(2007, 2, 28), date(2007, 3, 31), None) == 33
    assert THIRTY_360_US.days(date(2007, 1, 29), date(2007, 3, 31), None) == 62


def test_under_the_european_rule_each_31st_is_the_thirtieth() -> None:
    assert THIRTY_E_360.days(date(2007, 1, 29), date(2007, 3, 31), None) == 61
    assert THIRTY_E_360.days(date(2007, 2, 28), date(2007, 3, 31), None) == 32


def test_under_the_isda_rule_the_last_of_february_is_the_thirtieth_unless_it_is_the_maturity() -> None:
    start, end = date(2011, 8, 31), date(2012, 2, 29)
    assert THIRTY_E_360_ISDA.days(start, end, None) == 180
    assert THIRTY_E_360_ISDA.days(start, end, end) == 179


def test_the_days_of_a_leap_year_are_worth_less() -> None:
    assert ACT_ACT_ISDA.fraction(date(2027, 12, 31), date(2028, 1, 2)) == Fraction(1, 365) + Fraction(1, 366)
    assert ACT_ACT_LEAP_PERIOD.fraction(date(2027, 12, 31), date(2028, 1, 2)) == Fraction(2, 365)
    assert ACT_ACT_LEAP_PERIOD.fraction(date(2028, 2, 1), date(2028, 3, 1)) == Fraction(29, 366)
    assert ACT_365_NO_LEAP.days(date(2028, 2, 1), date(2028, 3, 1), None) == 28


@settings(deadline=None)
@given(dates, st.integers(0, 40))
def test_whole_years_are_whole_by_the_french_rule(start: date, years: int) -> None:
    end = date(start.year + years, start.month, min(start.day, 28))
    begun = start.replace(day=min(start.day, 28))
    if (begun.month, begun.day) != (2, 28):
        assert ACT_ACT_AFB.fraction(begun, end) == years


@settings(deadline=None)
@given(dates, st.integers(1, 12))
def test_a_regular_period_is_its_share_of_the_year_by_icma(start: date, months: int) -> None:
    first = start.replace(day=1)
    year, month = divmod(first.month - 1 + months, 12)
    last = date(first.year + year, month + 1, 1)
    assert icma(first, last, (first, last)) == Fraction(months, 12)


def test_a_spreadsheet_averages_the_years_that_a_longer_span_touches() -> None:
    assert ACT_ACT_SPREADSHEET.fraction(date(2011, 7, 1), date(2013, 7, 1)) == Fraction(731) / Fraction(1096, 3)
