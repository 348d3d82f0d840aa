"""Business-day calendars: versioned data, cross-checked against two libraries."""

from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from loanstream.runtime.calendars import (
    CHINA,
    EVERY_DAY,
    Calendar,
    CalendarEnds,
    UnknownCalendar,
    add,
    business_days,
    calendar,
    is_business_day,
    next_business_day,
    versions,
)


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_working_days_of_china_are_those_of_both_libraries(year: int) -> None:
    public = holidays.country_holidays("CN", years=year)
    for day in _dates(date(year, 1, 1), date(year, 12, 31)):
        ours = is_business_day(CHINA, day)
        assert ours == chinese_calendar.is_workday(day), day
        assert ours == public.is_working_day(day), day


def test_a_make_up_saturday_is_a_working_day_and_a_holiday_monday_is_not() -> None:
    assert is_business_day(CHINA, date(2025, 1, 26))  # Sunday worked before the Spring Festival
    assert not is_business_day(CHINA, date(2025, 2, 3))


def test_the_day_before_the_golden_week_is_followed_by_the_day_after_it() -> None:
    assert next_business_day(CHINA, date(2025, 9, 30)) == date(2025, 10, 9)


def test_every_day_has_every_date() -> None:
    assert next_business_day(EVERY_DAY, date(2026, 2, 28)) == date(2026, 3, 1)
    assert business_days(EVERY_DAY, date(2026, 1, 1), date(2026, 1, 4)) == [date(2026, 1, day) for day in (2, 3, 4)]


def test_missed_days_come_in_order_and_without_weekends() -> None:
    assert business_days(CHINA, date(2026, 3, 5), date(2026, 3, 10)) == [date(2026, 3, day) for day in (6, 9, 10)]


def test_a_calendar_that_ends_says_which_dates_it_knows_instead_of_guessing() -> None:
    with pytest.raises(CalendarEnds, match="knows 2010-01-01 to 2026-12-31, not 2027-01-01"):
        next_business_day(CHINA, date(2026, 12, 31))


def test_an_unknown_version_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownCalendar, match="every-day/1, china/2026a"):
        calendar("china/1999")


def test_the_shipped_file_names_the_version_it_is_shipped_as() -> None:
    assert [calendar(version).version for version in versions()] == list(versions())


def test_an_added_calendar_is_known_by_its_version_and_replaces_none() -> None:
    wednesdays = Calendar("wednesdays/1", frozenset({1, 2, 4, 5, 6, 7}), frozenset(), frozenset(), date.min, date.max)
    add(wednesdays)
    assert next_business_day("wednesdays/1", date(2026, 1, 7)) == date(2026, 1, 14)
    add(replace(wednesdays, weekend=frozenset()))
    assert next_business_day("wednesdays/1", date(2026, 1, 7)) == date(2026, 1, 14)
