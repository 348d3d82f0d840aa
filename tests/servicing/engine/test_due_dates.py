"""Weekdays and pairs of days, maturities with odd periods, month ends, business days, day counts by name."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.calendars import CHINA, calendar
from services.servicing.domain.calendar.day_count import DAY_COUNTS
from services.servicing.domain.schedule.checks import schedule_objections
from services.servicing.domain.schedule.dates import interest_spans, periods
from services.servicing.domain.schedule.rows import scheduled
from services.servicing.domain.terms import (
    Adjustment,
    Anchor,
    BusinessDays,
    Counting,
    DayCount,
    InterestBy,
    Method,
    MonthEnd,
    NthWeekday,
    Span,
    Stub,
    Unit,
    objections,
)
from tests.servicing.engine.samples import CHINESE, PLAIN, START, asked, rows, simple

BY_DAY = replace(CHINESE, interest_by=InterestBy.DAY, method=Method.EQUAL_PRINCIPAL)
DAYS = st.dates(date(2011, 1, 1), date(2025, 6, 30))


def dues(terms, start=START):
    return [due.isoformat() for _, due in periods(terms, start)]


def fields(terms, start=START):
    return [objection.field for objection in objections(terms) or schedule_objections(terms, start)]


class TestWeekdaysOfTheMonth:
    def test_third_fridays(self):
        terms = replace(CHINESE, instalments=3, nth_weekday=NthWeekday(3, 5))
        assert dues(terms) == ["2026-04-17", "2026-05-15", "2026-06-19"]

    def test_the_last_monday_of_every_third_month(self):
        terms = replace(CHINESE, instalments=3, nth_weekday=NthWeekday(-1, 1), frequency=Span(3, Unit.MONTH))
        assert dues(terms) == ["2026-04-27", "2026-07-27", "2026-10-26"]

    def test_an_odd_first_period_may_be_joined_to_the_next(self):
        terms = replace(CHINESE, instalments=2, nth_weekday=NthWeekday(3, 5), stub=Stub.FIRST_LONG)
        assert dues(terms) == ["2026-05-15", "2026-06-19"]
        assert dues(terms, date(2026, 4, 17)) == ["2026-05-15", "2026-06-19"], "no odd period there"

    def test_a_period_is_a_month_whatever_its_days_and_the_odd_one_a_part_of_it(self):
        terms = replace(CHINESE, method=Method.INTEREST_ONLY, instalments=3, nth_weekday=NthWeekday(3, 5))
        # from 31 March 17 of the 28 days since Friday 20 March: 60.00 × 17 ÷ 28
        assert [interest for _, interest in asked(simple(terms))] == [3_643, 6_000, 6_000]

    def test_the_first_due_date_agreed_must_be_one(self):
        terms = replace(CHINESE, instalments=2, nth_weekday=NthWeekday(3, 5), first_due=date(2026, 5, 15))
        assert dues(terms) == ["2026-05-15", "2026-06-19"]
        assert fields(replace(terms, first_due=date(2026, 5, 16))) == ["first_due"]


class TestTwoDaysOfTheMonth:
    def test_the_5th_and_the_20th(self):
        assert dues(replace(CHINESE, instalments=3, month_days=(5, 20))) == ["2026-04-05", "2026-04-20", "2026-05-05"]

    def test_the_15th_and_the_last(self):
        terms = replace(CHINESE, instalments=4, month_days=(15, 31))
        assert dues(terms, date(2027, 1, 31)) == ["2027-02-15", "2027-02-28", "2027-03-15", "2027-03-31"]

    def test_each_is_half_a_month(self):
        terms = replace(CHINESE, instalments=24, month_days=(15, 31), method=Method.INTEREST_ONLY)
        assert {interest for _, interest in asked(simple(terms))} == {3_000}

    def test_the_level_instalment_is_that_of_24_a_year(self):
        # 6,000.00 at 0.5 % in 24: 6,000.00 × 0.005 × 1.005^24 ÷ (1.005^24 − 1) = 265.92
        terms = replace(CHINESE, instalments=24, month_days=(15, 31))
        assert {sum(row) for row in asked(simple(terms))[:-1]} == {26_592}


class TestAnOddPeriodBesideAMaturity:
    @pytest.mark.parametrize(
        ("stub", "count", "expected"),
        [
            (Stub.FIRST_SHORT, 4, ["2026-04-15", "2026-05-15", "2026-06-15", "2026-07-15"]),
            (Stub.FIRST_LONG, 3, ["2026-05-15", "2026-06-15", "2026-07-15"]),
            (Stub.LAST_SHORT, 4, ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-15"]),
            (None, 4, ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-15"]),
            (Stub.LAST_LONG, 3, ["2026-04-30", "2026-05-31", "2026-07-15"]),
        ],
    )
    def test_where_it_is(self, stub, count, expected):
        terms = replace(CHINESE, instalments=count, matures=date(2026, 7, 15), stub=stub)
        assert dues(terms) == expected
        assert fields(terms) == []

    @pytest.mark.parametrize("stub", Stub)
    def test_there_is_none_where_the_maturity_is_regular(self, stub):
        terms = replace(CHINESE, instalments=3, matures=date(2026, 6, 30), stub=stub, month_end=MonthEnd.LAST_DAY)
        assert dues(terms) == ["2026-04-30", "2026-05-31", "2026-06-30"]

    def test_the_number_of_instalments_must_be_theirs(self):
        (objection,) = schedule_objections(replace(CHINESE, matures=date(2026, 7, 15)), START)
        assert objection == ("instalments", "4 fall due up to the maturity agreed, not 6")

    def test_interest_of_the_odd_period_is_simple(self):
        # to 30 April a month, then 15 of the 31 days of the next one: 60.00 × (1 + 15 ÷ 31)
        terms = replace(CHINESE, instalments=3, matures=date(2026, 7, 15), stub=Stub.FIRST_LONG)
        assert asked(simple(terms))[0][1] == 8_903


def test_due_dates_may_count_from_an_agreed_day_before_the_disbursement():
    terms = replace(CHINESE, instalments=2, anchor=Anchor.AGREED, counted_from=date(2026, 3, 20))
    position = simple(terms)
    # 20 of the 30 days from the disbursement to 30 April: 60.00 × 20 ÷ 30; then a month on 2,994.93
    assert [(str(line.day), line.interest) for line in rows(position)] == [("2026-04-20", 4_000), ("2026-05-20", 2_995)]


class TestMonthEnds:
    def test_counted_from_the_last_day_it_is_the_last_day_of_every_month(self):
        terms = replace(CHINESE, instalments=3, month_end=MonthEnd.LAST_DAY)
        assert dues(terms, date(2027, 2, 28)) == ["2027-03-31", "2027-04-30", "2027-05-31"]
        assert dues(terms, date(2027, 1, 30)) == ["2027-02-28", "2027-03-30", "2027-04-30"], "not a last day"

    def test_each_is_a_whole_month(self):
        terms = replace(CHINESE, method=Method.INTEREST_ONLY, instalments=12, month_end=MonthEnd.LAST_DAY)
        made = scheduled(terms, date(2027, 2, 28), [(date(2027, 2, 28), 600_000)])
        assert {row.interest for row in made} == {6_000}


class TestBusinessDays:
    @pytest.mark.parametrize(
        ("adjustment", "expected"),
        [
            (Adjustment.NONE, "2026-01-31"),
            (Adjustment.FOLLOWING, "2026-02-02"),
            (Adjustment.MODIFIED_FOLLOWING, "2026-01-30"),
            (Adjustment.PRECEDING, "2026-01-30"),
        ],
    )
    def test_a_saturday_that_ends_a_month(self, adjustment, expected):
        terms = replace(BY_DAY, instalments=1, business_days=BusinessDays(adjustment, CHINA))
        assert dues(terms, date(2025, 12, 31)) == [expected]

    def test_a_sunday_that_makes_up_for_a_holiday_is_one(self):
        made_up = replace(BY_DAY, instalments=1, business_days=BusinessDays(Adjustment.FOLLOWING, CHINA))
        assert calendar(CHINA).is_business_day(date(2025, 1, 26))
        assert dues(made_up, date(2024, 12, 26)) == ["2025-01-26"]

    def test_interest_runs_to_the_day_that_was_moved_or_to_the_day_agreed(self):
        moved = replace(BY_DAY, instalments=1, business_days=BusinessDays(Adjustment.FOLLOWING, CHINA))
        start = date(2025, 12, 31)
        (row,) = scheduled(moved, start, [(start, 600_000)])
        assert (row.due, row.interest) == (date(2026, 2, 2), 6_600), "33 days"
        (row,) = scheduled(
            replace(moved, business_days=BusinessDays(Adjustment.FOLLOWING, CHINA, adjusts_interest=False)),
            start,
            [(start, 600_000)],
        )
        assert (row.due, row.interest) == (date(2026, 2, 2), 6_200), "31 days"

    def test_the_progressive_family_counts_to_the_day_that_was_moved(self):
        terms = replace(PLAIN, day_count=DayCount(365), business_days=BusinessDays(Adjustment.FOLLOWING, CHINA))
        assert dues(terms)[:2] == ["2026-04-30", "2026-06-01"]
        assert fields(replace(terms, business_days=BusinessDays(Adjustment.FOLLOWING, adjusts_interest=False))) == [
            "business_days.adjusts_interest"
        ]

    def test_a_day_beyond_the_calendar_is_refused(self):
        terms = replace(BY_DAY, instalments=24, business_days=BusinessDays(Adjustment.FOLLOWING, CHINA))
        assert fields(terms) == ["business_days.calendar"]

    def test_two_rows_on_one_day_are_refused(self):
        terms = replace(
            BY_DAY,
            frequency=Span(1, Unit.DAY),
            instalments=10,
            business_days=BusinessDays(Adjustment.FOLLOWING, CHINA),
        )
        assert fields(terms) == ["business_days"]

    @settings(deadline=None)
    @given(st.sampled_from(Adjustment), st.integers(1, 18), DAYS)
    def test_every_row_is_due_on_a_business_day_near_the_one_agreed(self, adjustment, count, start):
        terms = replace(BY_DAY, instalments=count, business_days=BusinessDays(adjustment, CHINA))
        agreed = [due for _, due in interest_spans(replace(terms, business_days=None), start)]
        for (_, due), day in zip(periods(terms, start), agreed, strict=True):
            assert abs((due - day).days) <= 11
            assert adjustment is Adjustment.NONE or calendar(CHINA).is_business_day(due)


class TestNamedDayCounts:
    @settings(deadline=None)
    @given(st.sampled_from(sorted(DAY_COUNTS)), st.sampled_from(Method), DAYS)
    def test_a_row_bears_rate_times_the_years_of_its_days(self, name, method, start):
        if method not in (Method.INTEREST_ONLY, Method.EQUAL_PRINCIPAL):
            return
        terms = replace(BY_DAY, method=method, instalments=5, day_count=DayCount(convention=name))
        balance = 600_000
        made = scheduled(terms, start, [(start, balance)])
        for row in made:
            years = DAY_COUNTS[name].fraction(row.begins, row.due, made[-1].due)
            exact = Decimal(balance * 12 * years.numerator) / Decimal(100 * years.denominator)
            assert row.interest == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
            balance -= row.principal

    def test_the_progressive_family_takes_them_for_the_level_instalment_too(self):
        thirty = replace(PLAIN, recalculation=None, day_count=DayCount(convention="30E/360"))
        assert asked(simple(thirty)) == asked(simple(replace(PLAIN, recalculation=None)))
        actual = replace(PLAIN, recalculation=None, day_count=DayCount(convention="ACT/360"))
        assert asked(simple(actual)) == asked(simple(replace(actual, day_count=DayCount(360))))

    def test_which_end_counts_matters_where_years_differ(self):
        # 1 to 31 December 2027 and to 1 January 2028: the last day of the span is in the leap year
        terms = replace(
            BY_DAY, method=Method.BULLET, instalments=1, day_count=DayCount(convention="ACT/ACT ISDA"), principal=10**9
        )
        first = simple(terms, 10**9)
        start = date(2027, 12, 1)
        for counting, days in ((Counting.FIRST_DAY, (31, 0)), (Counting.LAST_DAY, (30, 1))):
            counted = replace(terms, day_count=replace(terms.day_count, counting=counting))
            (row,) = scheduled(counted, start, [(start, 10**9)])
            exact = Decimal(120_000_000) * (Decimal(days[0]) / 365 + Decimal(days[1]) / 366)
            assert row.interest == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        assert first.totals.principal == 10**9


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nth_weekday": NthWeekday(5, 1)}, "nth_weekday.nth"),
        ({"nth_weekday": NthWeekday(1, 8)}, "nth_weekday.weekday"),
        ({"nth_weekday": NthWeekday(1, 1), "frequency": Span(2, Unit.WEEK)}, "frequency"),
        ({"nth_weekday": NthWeekday(1, 1), "month_days": (1, 15)}, "month_days"),
        ({"month_days": (15, 15)}, "month_days"),
        ({"month_days": (29, 31)}, "month_days"),
        ({"month_days": (1, 15), "frequency": Span(2, Unit.MONTH)}, "frequency"),
        ({"month_days": (1, 15), "stub": Stub.LAST_LONG}, "stub"),
        ({"stub": Stub.FIRST_LONG}, "stub"),
        ({"matures": date(2026, 9, 30), "fixed_length": Span(7, Unit.MONTH)}, "fixed_length"),
        ({"matures": date(2026, 9, 30), "month_end": MonthEnd.DRIFT}, "month_end"),
        ({"matures": date(2026, 9, 30), "stub": Stub.FIRST_LONG, "first_due": date(2026, 5, 1)}, "stub"),
        ({"matures": START}, "instalments"),
        ({"matures": date(2026, 9, 30), "full_term_tranches": True}, "full_term_tranches"),
        ({"business_days": BusinessDays(Adjustment.FOLLOWING, "moon/1", False)}, "business_days.calendar"),
        ({"business_days": BusinessDays(Adjustment.FOLLOWING)}, "business_days.adjusts_interest"),
        ({"day_count": DayCount(convention="ACT/ACT")}, "day_count.convention"),
        ({"day_count": DayCount(360, convention="30E/360"), "interest_by": InterestBy.DAY}, "day_count.convention"),
        ({"day_count": DayCount(convention="30E/360")}, "day_count.convention"),
        ({"day_count": DayCount(counting=Counting.LAST_DAY)}, "day_count.counting"),
    ],
)
def test_days_that_contradict_each_other_are_named(change, field):
    assert field in fields(replace(CHINESE, **change))
