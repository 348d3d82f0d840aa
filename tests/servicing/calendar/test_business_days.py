"""Business-day adjustment on the contract's calendars, which are held against two libraries."""

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.calendars import CHINA, EVERY_DAY, CalendarEnds, calendar
from services.servicing.domain.calendar.business_days import Adjustment, adjusted, plus_business_days

CN = calendar(CHINA)
covered = st.dates(date(2010, 3, 1), date(2026, 10, 31))


@pytest.mark.parametrize("year", range(CN.first.year, CN.last.year + 1))
def test_every_year_of_the_calendar_agrees_with_both_libraries(year: int) -> None:
    public = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)]
    ours = [day for day in days if CN.is_business_day(day)]
    assert ours == [day for day in days if chinese_calendar.is_workday(day)]
    assert ours == [day for day in days if public.is_working_day(day)]


def test_a_due_date_in_the_golden_week_moves_behind_it_or_before_it() -> None:
    due = date(2025, 10, 5)
    assert adjusted(due, Adjustment.FOLLOWING, CN) == date(2025, 10, 9)
    assert adjusted(due, Adjustment.PRECEDING, CN) == date(2025, 9, 30)
    assert adjusted(due, Adjustment.NONE, CN) == due


def test_a_modified_date_stays_in_its_month() -> None:
    assert adjusted(date(2026, 5, 31), Adjustment.FOLLOWING, CN) == date(2026, 6, 1)
    assert adjusted(date(2026, 5, 31), Adjustment.MODIFIED_FOLLOWING, CN) == date(2026, 5, 29)
    assert adjusted(date(2025, 10, 1), Adjustment.MODIFIED_PRECEDING, CN) == date(2025, 10, 9)


def test_a_make_up_sunday_is_left_where_it_is() -> None:
    assert adjusted(date(2025, 1, 26), Adjustment.FOLLOWING, CN) == date(2025, 1, 26)


@settings(deadline=None)
@given(covered, st.sampled_from(Adjustment))
def test_an_adjusted_date_is_a_business_day_and_adjusting_again_changes_nothing(
    day: date, adjustment: Adjustment
) -> None:
    moved = adjusted(day, adjustment, CN)
    assert adjustment is Adjustment.NONE or CN.is_business_day(moved)
    assert adjusted(moved, adjustment, CN) == moved


@settings(deadline=None)
@given(st.dates(), st.sampled_from(Adjustment))
def test_without_a_calendar_no_date_moves(day: date, adjustment: Adjustment) -> None:
    assert adjusted(day, adjustment, calendar(EVERY_DAY)) == day


@settings(deadline=None)
@given(covered, st.integers(1, 15))
def test_business_days_forward_and_back_end_where_they_began(day: date, count: int) -> None:
    begun = adjusted(day, Adjustment.PRECEDING, CN)
    assert plus_business_days(plus_business_days(begun, count, CN), -count, CN) == begun


def test_a_date_beyond_the_covered_years_is_an_error_and_no_guess() -> None:
    with pytest.raises(CalendarEnds, match="knows 2010-01-01 to 2026-12-31, not 2027-01-02"):
        adjusted(date(2027, 1, 2), Adjustment.FOLLOWING, CN)
    with pytest.raises(CalendarEnds):
        adjusted(date(2026, 12, 31), Adjustment.FOLLOWING, CN) and plus_business_days(date(2026, 12, 31), 1, CN)
