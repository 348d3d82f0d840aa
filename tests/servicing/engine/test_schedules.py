"""Schedules before any payment."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.servicing.domain.schedule.cumulative import amounts
from services.servicing.domain.schedule.dates import periods
from services.servicing.domain.terms import (
    Charge,
    ChargeBasis,
    ChargeTime,
    DayCount,
    DownPayment,
    Grace,
    InterestBy,
    Leap,
    Method,
    MonthEnd,
    Rate,
    Rounding,
    Span,
    Tranche,
    Unit,
)
from services.servicing.domain.transactions import ChargeAdded, run
from services.servicing.domain.transactions.position import RowKind
from tests.servicing.engine.samples import CHINESE, PLAIN, START, asked, disbursed, fee, rows, simple, terms


def due(base):
    return [day.isoformat() for _, day in periods(base, START)]


class TestDueDates:
    def test_a_day_that_a_month_lacks_falls_on_its_last_one_and_returns(self):
        assert due(replace(PLAIN, instalments=3)) == ["2026-04-30", "2026-05-31", "2026-06-30"]

    def test_where_it_may_drift_it_stays(self):
        assert due(replace(PLAIN, instalments=3, month_end=MonthEnd.DRIFT)) == [
            "2026-04-30",
            "2026-05-30",
            "2026-06-30",
        ]

    def test_a_fixed_length_moves_the_last_one_only(self):
        base = replace(PLAIN, instalments=3, frequency=Span(15, Unit.DAY), fixed_length=Span(50, Unit.DAY))
        assert due(base) == ["2026-04-15", "2026-04-30", "2026-05-20"]

    def test_later_ones_are_counted_from_an_agreed_first_one(self):
        base = replace(PLAIN, instalments=3, first_due=date(2026, 5, 20))
        assert due(base) == ["2026-05-20", "2026-06-20", "2026-07-20"]


class TestLevelInstalments:
    def test_thirty_day_months_bear_a_twelfth_each(self):
        assert asked(simple(replace(PLAIN, instalments=2))) == [(298_507, 6_000), (301_493, 3_015)]

    def test_actual_days_bear_by_their_number(self):
        (april, may) = rows(simple(replace(PLAIN, instalments=2, day_count=DayCount(365))))
        assert (april.days, april.interest) == (30, 5_918)  # 600,000 × 12 % × 30 ÷ 365
        assert may.days == 31

    def test_a_leap_year_has_366_days_everywhere_or_only_around_its_leap_day(self):
        start = date(2028, 6, 30)
        everywhere = run(replace(PLAIN, day_count=DayCount()), [disbursed(day=start)])
        around = run(replace(PLAIN, day_count=DayCount(leap=Leap.PERIOD_WITH_LEAP_DAY)), [disbursed(day=start)])
        assert rows(everywhere)[0].interest == 5_902  # 600,000 × 12 % × 30 ÷ 366
        assert rows(around)[0].interest == 5_918

    def test_a_period_over_new_year_is_split_between_both_years(self):
        base = replace(PLAIN, instalments=1, day_count=DayCount())
        (row,) = rows(run(base, [disbursed(day=date(2027, 12, 11))]))
        assert row.interest == 6_109  # 600,000 × 12 % × (20 ÷ 365 + 11 ÷ 366)

    def test_multiples_leave_the_rest_to_the_last_row(self):
        position = simple(replace(PLAIN, rounding=Rounding(multiple=1_000)))
        sums = [line.due for line in rows(position)]
        assert sums == [104_000] * 5 + [101_102]

    def test_an_instalment_below_its_multiple_stays_unrounded(self):
        assert [line.due for line in rows(simple(replace(PLAIN, rounding=Rounding(multiple=1_000)), 600))][:2] == [
            104,
            104,
        ]

    def test_a_wide_last_row_is_spread_over_all(self):
        sums = [line.due for line in rows(simple(replace(PLAIN, instalments=12, rate=Rate(Decimal("35.99")))))]
        assert max(sums) - min(sums) <= 6

    def test_a_rate_a_month_is_a_twelfth_of_the_same_a_year(self):
        assert asked(simple(replace(PLAIN, rate=Rate(Decimal(1), Unit.MONTH)))) == asked(simple())


class TestFlat:
    def test_interest_stays_on_what_was_disbursed(self):
        base = replace(PLAIN, method=Method.FLAT, recalculation=None, instalments=4)
        assert asked(simple(base)) == [(150_000, 6_000)] * 4

    def test_a_tranche_inside_a_period_counts_from_its_start_where_parts_do_not_count(self):
        base = replace(
            PLAIN,
            method=Method.FLAT,
            recalculation=None,
            instalments=3,
            interest_by=InterestBy.PERIOD,
            partial_periods=False,
        )
        position = run(base, [disbursed(300_000), disbursed(60_000, date(2026, 5, 10))])
        assert [line.interest for line in rows(position)] == [3_000, 3_600, 3_600]


class TestDisbursements:
    def test_a_second_one_levels_the_rows_after_it(self):
        first, *later = rows(run(PLAIN, [disbursed(300_000), disbursed(300_000, date(2026, 5, 15))]))
        assert first.due == 51_764
        assert len({line.due for line in later[:-1]}) == 1
        assert later[0].due > 51_764

    def test_a_down_payment_is_a_row_of_its_own_and_never_bears_interest(self):
        position = simple(replace(PLAIN, down_payment=DownPayment(Decimal(25))))
        kinds = [(line.kind, line.principal, line.interest) for line in position.lines[:2]]
        assert kinds == [(RowKind.DISBURSEMENT, 0, 0), (RowKind.DOWN_PAYMENT, 150_000, 0)]
        assert rows(position)[1].interest == 4_500

    def test_a_planned_tranche_is_shown_and_bears_nothing(self):
        tranches = (Tranche(START, 600_000), Tranche(date(2026, 6, 30), 100_000))
        position = simple(replace(PLAIN, tranches=tranches))
        assert asked(position) == asked(simple())
        assert position.lines[-1].balance == 100_000

    def test_a_tranche_over_the_full_term_adds_rows_at_the_end(self):
        base = replace(PLAIN, full_term_tranches=True)
        assert len(rows(run(base, [disbursed(300_000), disbursed(300_000, date(2026, 6, 15))]))) == 8


class TestOverduePrincipal:
    def test_a_loan_that_became_known_late_bears_interest_on_what_is_overdue(self):
        known = date(2026, 6, 10)
        late = run(replace(PLAIN, instalments=3), [disbursed(known=known)])
        assert [line.interest for line in rows(late)] == [6_000, 6_000, 3_360]
        # June: 1 % of the 203,974 not yet due, and of the 396,026 overdue for the ten days until it became known

    def test_without_recalculation_it_does_not(self):
        known = date(2026, 6, 10)
        base = replace(PLAIN, instalments=3, recalculation=None)
        assert asked(run(base, [disbursed(known=known)])) == asked(simple(base))


class TestCharges:
    def test_a_charge_joins_the_row_in_whose_days_it_falls(self):
        position = run(PLAIN, [disbursed(), fee(500, date(2026, 4, 30), START), fee(700, date(2026, 5, 1), START)])
        assert [line.fee for line in rows(position)][:3] == [500, 700, 0]

    def test_charges_after_maturity_are_one_extra_row(self):
        position = run(PLAIN, [disbursed(), fee(500, date(2026, 10, 5), START), fee(700, date(2026, 11, 9), START)])
        extra = rows(position)[-1]
        assert (extra.day, extra.days, extra.fee, extra.principal) == (date(2026, 11, 9), 40, 1_200, 0)

    def test_a_percentage_of_every_instalment_follows_its_principal(self):
        charge = Charge(ChargeTime.INSTALMENT, ChargeBasis.AMOUNT, Decimal(1))
        position = run(PLAIN, [ChargeAdded(known=START, charge=charge), disbursed()])
        assert all(line.fee == round(line.principal / 100) for line in rows(position))

    def test_a_charge_of_the_disbursement_stands_in_its_line_and_is_paid_with_it(self):
        charge = Charge(ChargeTime.DISBURSEMENT, ChargeBasis.AMOUNT, Decimal(2))
        position = run(PLAIN, [ChargeAdded(known=START, charge=charge), disbursed()])
        assert (position.lines[0].fee, position.lines[0].outstanding) == (12_000, 0)


class TestGrace:
    def test_no_principal_falls_due_and_interest_goes_on(self):
        position = simple(replace(PLAIN, grace=Grace(principal=2), recalculation=None))
        assert asked(position)[:2] == [(0, 6_000), (0, 6_000)]
        assert sum(line.principal for line in rows(position)) == 600_000

    def test_unpaid_interest_of_a_grace_falls_due_after_it(self):
        plain, graced = (asked_of(replace(CHINESE, grace=Grace(interest_payment=count))) for count in (0, 2))
        assert [interest for _, interest in graced[:2]] == [0, 0]
        assert graced[2][1] == sum(interest for _, interest in plain[:3])

    def test_an_interest_free_time_charges_none(self):
        assert [interest for _, interest in asked_of(replace(CHINESE, grace=Grace(interest_charged=2)))[:3]] == [
            0,
            0,
            3_929,
        ]

    def test_flat_interest_that_waits_is_averaged_or_asked_for_in_the_first_row_after(self):
        flat = replace(CHINESE, method=Method.FLAT, instalments=6)
        averaged, carried = (
            [interest for _, interest in asked_of(replace(flat, grace=Grace(interest_payment=2, averages=averages)))]
            for averages in (True, False)
        )
        assert averaged == [0, 0, 9_000, 9_000, 9_000, 9_000]
        assert carried == [0, 0, 18_000, 6_000, 6_000, 6_000]

    def test_a_flat_row_asks_for_no_more_principal_than_is_left(self):
        long = replace(PLAIN, method=Method.FLAT, instalments=3, fixed_length=Span(120, Unit.MONTH), recalculation=None)
        principals = [line.principal for line in rows(simple(long))]
        # 118 of 120 months of interest fall into the last row: equal rows would repay more than was disbursed before it
        assert sum(principals) == 600_000
        assert principals[-1] == 0

    def test_what_is_disbursed_on_one_day_is_one_amount(self):
        flat = replace(CHINESE, method=Method.FLAT, instalments=7)
        parts = [(START, 33_333), (START, 566_667)]
        assert [(row.principal, row.interest) for row in amounts(flat, START, parts)] == asked_of(flat)

    def test_an_interest_free_time_comes_off_flat_interest_that_waits(self):
        grace = Grace(interest_payment=2, interest_charged=1, averages=False)
        flat = replace(CHINESE, method=Method.FLAT, instalments=6, grace=grace)
        assert [interest for _, interest in asked_of(flat)] == [0, 0, 12_000, 6_000, 6_000, 6_000]


def asked_of(base):
    return [(row.principal, row.interest) for row in amounts(base, START, [(START, 600_000)])]


class TestCumulativeMethods:
    def test_equal_principal(self):
        base = replace(CHINESE, method=Method.EQUAL_PRINCIPAL, instalments=3)
        assert asked_of(base) == [(200_000, 6_000), (200_000, 4_000), (200_000, 2_000)]

    def test_interest_only(self):
        assert asked_of(replace(CHINESE, method=Method.INTEREST_ONLY, instalments=3)) == [
            (0, 6_000),
            (0, 6_000),
            (600_000, 6_000),
        ]

    def test_bullet(self):
        assert asked_of(replace(CHINESE, method=Method.BULLET, instalments=3))[-1] == (600_000, 18_000)

    def test_flat_leaves_both_remainders_to_the_last_row(self):
        base = replace(CHINESE, method=Method.FLAT, instalments=7)
        assert asked_of(base)[-2:] == [(85_714, 6_000), (85_716, 6_000)]

    def test_a_fixed_instalment_leaves_the_rest_to_the_last_row(self):
        sums = [principal + interest for principal, interest in asked_of(replace(CHINESE, fixed_instalment=90_000))]
        assert sums[:5] == [90_000] * 5
        assert sums[5] > 90_000

    def test_the_plain_case_is_the_ledger_of_chinese_banks(self):
        assert terms(CHINESE) == CHINESE
        assert asked_of(replace(CHINESE, instalments=2)) == [(298_507, 6_000), (301_493, 3_015)]
