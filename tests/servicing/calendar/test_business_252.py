"""Business days over 252, and the day counts beside the ISDA ones."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.servicing.domain.calendar.business_252 import days, easter, fraction, is_business_day
from services.servicing.domain.calendar.day_count import (
    ACT_360_NO_LEAP,
    ACT_365_LEAP,
    ACT_365_LEAP_ANNUAL,
    ONE_YEAR,
    THIRTY_360_ITALIAN,
    THIRTY_E_PLUS_360,
    WHOLE_MONTHS,
    DayCount,
    canadian,
)

dates = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1999, 4, 4), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2024, 3, 31), (2038, 4, 25)]
)
def test_easter_is_the_sunday_of_the_almanac(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    "holiday",
    [date(2024, 2, 12), date(2024, 2, 13), date(2024, 3, 29), date(2024, 5, 30), date(2024, 11, 20), date(2023, 9, 7)],
)
def test_carnival_good_friday_corpus_christi_and_civil_holidays_are_left_out(holiday: date) -> None:
    assert not is_business_day(holiday)


def test_the_day_of_black_awareness_is_a_holiday_since_its_law() -> None:
    assert is_business_day(date(2023, 11, 20))


def test_a_weekend_and_a_year_of_business_days() -> None:
    assert fraction(date(2002, 2, 1), date(2002, 2, 4)) == Fraction(1, 252)
    assert fraction(date(2003, 12, 17), date(2004, 12, 17)) == Fraction(251, 252)


@given(dates, dates, dates)
def test_business_days_add_up(a: date, b: date, c: date) -> None:
    assert days(a, b) + days(b, c) == days(a, c)


@pytest.mark.parametrize(
    ("basis", "start", "end", "expected"),
    [
        (ACT_360_NO_LEAP, date(2024, 2, 1), date(2024, 3, 1), Fraction(28, 360)),
        (ACT_365_LEAP, date(2023, 12, 1), date(2024, 2, 1), Fraction(62, 366)),
        (ACT_365_LEAP_ANNUAL, date(2023, 12, 1), date(2024, 2, 1), Fraction(62, 365)),
        (ACT_365_LEAP_ANNUAL, date(2023, 12, 1), date(2024, 2, 29), Fraction(90, 366)),
        (ONE_YEAR, date(2024, 1, 1), date(2024, 3, 1), Fraction(1)),
        (THIRTY_360_ITALIAN, date(2023, 2, 28), date(2023, 8, 31), Fraction(1, 2)),
        (THIRTY_E_PLUS_360, date(2024, 1, 31), date(2024, 3, 31), Fraction(61, 360)),
        (THIRTY_E_PLUS_360, date(2024, 1, 31), date(2024, 1, 31), Fraction(0)),
        (WHOLE_MONTHS, date(2024, 1, 31), date(2024, 2, 29), Fraction(1, 12)),
        (WHOLE_MONTHS, date(2024, 1, 15), date(2024, 2, 20), Fraction(35, 360)),
    ],
)
def test_each_count_has_its_own_rule(basis: DayCount, start: date, end: date, expected: Fraction) -> None:
    assert basis.fraction(start, end) == expected


def test_a_canadian_period_lacks_at_its_end_what_it_is_short_of() -> None:
    period = (date(2024, 3, 1), date(2024, 9, 1))
    assert canadian(period[0], date(2024, 8, 1), period, 2) == Fraction(153, 365)
    assert canadian(period[0], date(2024, 8, 31), period, 2) == Fraction(1, 2) - Fraction(1, 365)
    assert canadian(*period, period, 2) == Fraction(1, 2)


@given(dates, st.integers(0, 4000), st.sampled_from([ACT_360_NO_LEAP, ACT_365_LEAP_ANNUAL, THIRTY_360_ITALIAN]))
def test_backwards_is_the_negative_of_forwards(start: date, length: int, basis: DayCount) -> None:
    end = start + timedelta(days=length)
    assert basis.fraction(end, start) == -basis.fraction(start, end)
