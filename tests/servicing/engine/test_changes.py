"""Changes by agreement: another rate, a pause of interest, more instalments."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.servicing.domain.terms import MonthEnd, NthWeekday, Rate
from services.servicing.domain.transactions import (
    Extended,
    InterestPaused,
    RateChanged,
    Reamortised,
    Undone,
    refusal,
    run,
)
from tests.servicing.engine.samples import CHINESE, PLAIN, asked, disbursed, paid, rows

START = date(2026, 3, 1)
LOAN = disbursed(day=START)
INSTALMENT = 103_529


class TestRate:
    def test_a_reset_inside_a_period_splits_it_by_days(self):
        changed = RateChanged(known=START, value_date=date(2026, 5, 17), percent=Decimal(24))
        row = rows(run(PLAIN, [LOAN, changed]))[2]
        assert row.interest == 6_125  # 403,967 × 1 % × 15 ÷ 31 and × 2 % × 16 ÷ 31

    def test_rows_before_it_stay_and_those_after_it_are_level(self):
        changed = RateChanged(known=START, value_date=date(2026, 5, 17), percent=Decimal(24))
        sums = [line.due for line in rows(run(PLAIN, [LOAN, changed]))]
        assert sums[:2] == [INSTALMENT] * 2
        assert len(set(sums[2:5])) == 1
        assert sums[2] > INSTALMENT

    def test_a_rate_that_comes_back_costs_less_than_one_that_stays(self):
        up = RateChanged(known=START, value_date=date(2026, 5, 1), percent=Decimal(24))
        down = RateChanged(known=START, value_date=date(2026, 6, 1), percent=Decimal(12))
        assert run(PLAIN, [LOAN, up, down]).totals.interest < run(PLAIN, [LOAN, up]).totals.interest


class TestPause:
    def test_no_interest_arises_and_the_instalments_stay(self):
        paused = InterestPaused(known=START, value_date=date(2026, 4, 2), until=date(2026, 5, 1))
        first, second, third, *_ = rows(run(PLAIN, [LOAN, paused]))
        assert (second.interest, second.principal) == (0, INSTALMENT)
        assert (first.due, third.due) == (INSTALMENT, INSTALMENT)

    def test_part_of_a_period_bears_the_days_that_are_left(self):
        paused = InterestPaused(known=START, value_date=date(2026, 4, 12), until=date(2026, 5, 1))
        assert rows(run(PLAIN, [LOAN, paused]))[1].interest == 1_675  # 502,471 × 1 % × 10 ÷ 30


class TestExtension:
    def test_what_is_outstanding_is_levelled_over_more_rows(self):
        longer = Extended(known=date(2026, 4, 2), value_date=date(2026, 4, 2), instalments=3)
        position = run(PLAIN, [LOAN, paid(INSTALMENT, date(2026, 4, 1)), longer])
        first, *later = rows(position)
        assert (len(later), first.due, first.paid) == (8, INSTALMENT, INSTALMENT)
        assert {line.due for line in later} == {65_668}
        assert position.totals.principal == 600_000

    @pytest.mark.parametrize(
        ("days", "expected"),
        [
            ({"first_due": date(2026, 4, 15)}, ["2026-10-15", "2026-11-15"]),
            ({"nth_weekday": NthWeekday(3, 5)}, ["2026-09-18", "2026-10-16"]),
            ({"matures": date(2026, 9, 10), "instalments": 7}, ["2026-10-10", "2026-11-10"]),
            ({"month_end": MonthEnd.LAST_DAY, "first_due": date(2026, 4, 30)}, ["2026-10-31", "2026-11-30"]),
        ],
    )
    def test_rows_go_on_on_the_days_agreed(self, days, expected):
        base = replace(PLAIN, **days)
        longer = Extended(known=START, value_date=date(2026, 4, 2), instalments=2)
        assert [str(line.day) for line in rows(run(base, [LOAN, longer]))][-2:] == expected

    def test_it_can_be_undone(self):
        longer = Extended(known=START, value_date=date(2026, 4, 2), instalments=3)
        position = run(PLAIN, [LOAN, longer, Undone(known=START, entry=1)])
        assert asked(position) == asked(run(PLAIN, [LOAN]))


class TestReamortisation:
    DAY = date(2026, 5, 10)

    def test_what_is_unpaid_is_spread_evenly_over_the_rows_to_come(self):
        base = replace(PLAIN, rate=Rate(Decimal(0)), recalculation=None)
        position = run(base, [LOAN, paid(100_000, date(2026, 4, 1)), Reamortised(known=self.DAY, value_date=self.DAY)])
        assert [line.principal for line in rows(position)] == [100_000, 0, 125_000, 125_000, 125_000, 125_000]
        assert rows(position)[1].paid_on == self.DAY

    def test_a_disbursement_after_it_is_spread_too(self):
        base = replace(PLAIN, rate=Rate(Decimal(0)), recalculation=None)
        again = Reamortised(known=self.DAY, value_date=self.DAY)
        position = run(base, [LOAN, again, disbursed(40_000, date(2026, 5, 20))])
        assert [line.principal for line in rows(position)] == [0, 0, 160_000, 160_000, 160_000, 160_000]

    def test_with_recalculation_the_rows_to_come_are_level(self):
        position = run(
            PLAIN, [LOAN, paid(INSTALMENT, date(2026, 4, 1)), Reamortised(known=self.DAY, value_date=self.DAY)]
        )
        first, second, *later = rows(position)
        assert (first.due, second.principal) == (INSTALMENT, 0)
        assert max(line.due for line in later) - min(line.due for line in later) <= 5
        assert position.totals.principal == 600_000

    def test_interest_of_the_past_is_still_asked_for(self):
        plain = run(PLAIN, [LOAN, paid(INSTALMENT, date(2026, 4, 1))])
        again = run(PLAIN, [LOAN, paid(INSTALMENT, date(2026, 4, 1)), Reamortised(known=self.DAY, value_date=self.DAY)])
        assert again.totals.interest > plain.totals.interest

    def test_what_was_paid_ahead_leaves_the_rest_in_the_last_row(self):
        day = date(2026, 5, 10)
        entries = [LOAN, paid(590_000, date(2026, 3, 20)), Reamortised(known=day, value_date=day)]
        assert run(PLAIN, entries).totals.principal == 600_000


class TestCumulative:
    @pytest.mark.parametrize(
        "change",
        [
            RateChanged(known=START, value_date=START, percent=Decimal(10)),
            InterestPaused(known=START, value_date=START, until=date(2026, 4, 1)),
            Extended(known=START, value_date=START, instalments=1),
        ],
    )
    def test_a_change_that_its_rows_have_no_place_for_is_refused(self, change):
        refused = refusal(CHINESE, change)
        assert refused is not None
        assert refused.field == "family"
        with pytest.raises(ValueError, match="needs the progressive family"):
            run(CHINESE, [LOAN, change])
        assert refusal(PLAIN, change) is None
