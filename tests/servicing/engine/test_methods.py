"""Graded and balloon instalments, custom plans, interest on days of its own; figures worked out by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.schedule.checks import schedule_objections
from services.servicing.domain.schedule.methods import graded_instalments
from services.servicing.domain.schedule.rows import scheduled
from services.servicing.domain.terms import (
    Balloon,
    Grace,
    Growth,
    InterestBy,
    Method,
    Planned,
    Rate,
    Remainder,
    Rounding,
    RoundingMode,
    Settlement,
    Span,
    Tranche,
    Unit,
    objections,
)
from services.servicing.domain.transactions import run
from tests.servicing.engine.samples import CHINESE, START, asked, disbursed, rows, simple

CUSTOM = replace(
    CHINESE,
    method=Method.CUSTOM,
    instalments=3,
    interest_by=InterestBy.DAY,
    plan=(
        Planned(date(2026, 6, 30), 100_000),
        Planned(date(2026, 9, 30), 0),
        Planned(date(2026, 12, 15), 500_000),
    ),
)


def fields(terms, start=START):
    return [objection.field for objection in objections(terms) or schedule_objections(terms, start)]


class TestGraded:
    def test_the_instalment_grows_by_a_percentage_every_so_many_rows(self):
        terms = replace(CHINESE, method=Method.GRADED, instalments=6, growth=Growth(2, percent=Decimal(10)))
        totals = [principal + interest for principal, interest in asked(simple(terms))]
        assert totals[0] == totals[1]
        assert [Fraction(totals[2], totals[0]), Fraction(totals[4], totals[2])] == [
            pytest.approx(1.1, abs=1e-4),
            pytest.approx(1.1, abs=1e-4),
        ]

    def test_two_rows_by_hand(self):
        # A / 1.01 + 1.1 A / 1.01² = 10,000.00 → A = 10,000.00 × 1.0201 ÷ 2.11 = 4,834.60; the last row has 5,265.40 − … left
        terms = replace(CHINESE, method=Method.GRADED, instalments=2, growth=Growth(1, percent=Decimal(10)))
        assert graded_instalments(terms, 1_000_000, 0) == [483_460, 531_806]
        assert asked(simple(terms, 1_000_000)) == [(473_460, 10_000), (526_540, 5_265)]

    def test_two_rows_that_grow_by_an_amount_by_hand(self):
        # (A + 0) / 1.01 + (A + 100.00) / 1.01² = 10,000.00 → A = (10,201.00 − 100.00) ÷ 2.01 = 5,025.37
        terms = replace(CHINESE, method=Method.GRADED, instalments=2, growth=Growth(1, amount=10_000))
        assert graded_instalments(terms, 1_000_000, 0) == [502_537, 512_537]

    def test_without_growth_it_is_the_level_instalment(self):
        level = replace(CHINESE, instalments=24)
        graded = replace(level, method=Method.GRADED, growth=Growth(5, percent=Decimal(0)))
        assert asked(simple(graded)) == asked(simple(level))

    def test_without_interest_the_parts_grow(self):
        terms = replace(
            CHINESE, method=Method.GRADED, instalments=3, rate=Rate(Decimal(0)), growth=Growth(1, amount=100)
        )
        assert asked(simple(terms, 900)) == [(200, 0), (300, 0), (400, 0)]

    def test_one_that_starts_below_its_interest_is_refused(self):
        terms = replace(CHINESE, method=Method.GRADED, instalments=360, growth=Growth(12, percent=Decimal(8)))
        assert objections(terms) == ()
        (objection,) = schedule_objections(terms, START)
        assert objection.field == "growth"
        assert "does not cover its interest of 60.00" in objection.reason


class TestBalloon:
    def test_an_agreed_amount_is_left_beside_the_last_instalment(self):
        # 4,000.00 in two rows at 1 %: 2,030.05; and 20.00 a month for the 2,000.00 that are left for the last
        terms = replace(CHINESE, method=Method.BALLOON, instalments=2, balloon=Balloon(amount=200_000))
        assert asked(simple(terms)) == [(199_005, 6_000), (400_995, 4_010)]

    def test_a_longer_series_leaves_its_balance(self):
        short = replace(CHINESE, method=Method.BALLOON, instalments=12, balloon=Balloon(over=36))
        long = asked(simple(replace(CHINESE, instalments=36)))
        made = asked(simple(short))
        assert made[:11] == long[:11]
        assert made[11] == (600_000 - sum(principal for principal, _ in long[:11]), long[11][1])

    def test_grace_of_principal_comes_before(self):
        terms = replace(
            CHINESE, method=Method.BALLOON, instalments=4, balloon=Balloon(amount=200_000), grace=Grace(principal=2)
        )
        assert asked(simple(terms))[:3] == [(0, 6_000), (0, 6_000), (199_005, 6_000)]


class TestCustomPlan:
    def test_interest_by_day(self):
        # 91 days on 6,000.00, 92 and 76 on 5,000.00, at 12 % over 360
        assert asked(simple(CUSTOM)) == [(100_000, 18_200), (0, 15_333), (500_000, 12_667)]

    def test_interest_by_period_counts_months_and_the_rest_of_the_last(self):
        # 31 March to 30 June are three months, to 30 September three; 15 of the 31 days to 31 December after two
        terms = replace(CUSTOM, interest_by=InterestBy.PERIOD)
        assert asked(simple(terms)) == [(100_000, 18_000), (0, 15_000), (500_000, 12_419)]

    def test_rows_are_due_on_the_days_agreed(self):
        assert [line.day for line in rows(simple(CUSTOM))] == [planned.due for planned in CUSTOM.plan]

    def test_a_planned_tranche_bears_from_its_day(self):
        tranches = (Tranche(START, 200_000), Tranche(date(2026, 5, 6), 400_000))
        terms = replace(CUSTOM, tranches=tranches)
        position = run(terms, [disbursed(part.amount, part.expected) for part in tranches])
        # 36 days on 2,000.00 = 24.00, 55 on 6,000.00 = 110.00
        assert asked(position)[0] == (100_000, 13_400)
        assert position.totals.principal == 600_000

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"plan": CUSTOM.plan[:2]}, "plan"),
            ({"plan": (*CUSTOM.plan[:2], Planned(date(2026, 12, 15), 500_001))}, "plan"),
            ({"plan": (CUSTOM.plan[1], CUSTOM.plan[0], CUSTOM.plan[2])}, "plan"),
            ({"plan": (Planned(START, 100_000), *CUSTOM.plan[1:])}, "plan"),
            ({"first_due": date(2026, 6, 30)}, "first_due"),
            ({"grace": Grace(principal=1)}, "grace.principal"),
            ({"tranches": (Tranche(START, 50_000), Tranche(date(2026, 7, 1), 550_000))}, "plan[0].principal"),
        ],
    )
    def test_a_plan_that_cannot_be_is_refused(self, change, field):
        assert field in fields(replace(CUSTOM, **change))


class TestInterestSettlementDay:
    def test_interest_to_the_20th_inclusive_is_payable_on_the_21st(self):
        terms = replace(CHINESE, method=Method.INTEREST_ONLY, interest_by=InterestBy.DAY, instalments=2)
        terms = replace(terms, settlement=Settlement())
        made = scheduled(terms, START, [(START, 600_000)])
        # 31 March to 20 April are 21 days, both included: 6,000.00 × 12 % × 21 ÷ 360 = 42.00
        assert [(row.due.isoformat(), row.principal, row.interest) for row in made] == [
            ("2026-04-21", 0, 4_200),
            ("2026-05-21", 0, 6_000),
            ("2026-05-31", 600_000, 2_000),
        ]

    def test_a_part_of_principal_between_two_of_them_lowers_the_next_interest(self):
        terms = replace(CUSTOM, settlement=Settlement(every=3))
        made = scheduled(terms, START, [(START, 600_000)])
        by_day = {row.due: (row.principal, row.interest) for row in made}
        # to 30 June nine days after settlement on 6,000.00 = 18.00, then 83 days on 5,000.00 = 138.33
        assert by_day[date(2026, 6, 21)] == (0, 16_400)
        assert by_day[date(2026, 6, 30)] == (100_000, 0)
        assert by_day[date(2026, 9, 21)] == (0, 1_800 + 13_833)

    def test_on_the_day_of_principal_both_are_one_row(self):
        terms = replace(CUSTOM, plan=(Planned(date(2026, 4, 21), 600_000),), instalments=1, settlement=Settlement())
        assert asked(simple(terms)) == [(600_000, 4_200)]

    def test_it_may_fall_due_after_principal_that_came_later(self):
        terms = replace(
            CUSTOM,
            plan=(Planned(date(2026, 4, 23), 300_000), Planned(date(2026, 6, 5), 300_000)),
            instalments=2,
            settlement=Settlement(payable_after=5),
        )
        made = scheduled(terms, START, [(START, 600_000)])
        assert [(row.due.day, row.principal, row.interest) for row in made][:2] == [(23, 300_000, 0), (25, 0, 4_200)]

    def test_it_needs_principal_of_its_own(self):
        assert fields(replace(CHINESE, settlement=Settlement())) == ["settlement"]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 70), st.integers(0, 300_000)), min_size=1, max_size=12),
    st.integers(1, 31),
    st.integers(1, 15),
    st.sampled_from([1, 2, 3, 6]),
)
def test_settling_interest_apart_moves_it_and_changes_it_by_roundings_only(parts, day, after, every):
    due, plan = START, []
    for days, principal in parts:
        due += timedelta(days=days)
        plan.append(Planned(due, principal))
    plan[-1] = Planned(due, plan[-1].principal + 1)
    total = sum(row.principal for row in plan)
    terms = replace(CUSTOM, instalments=len(plan), plan=tuple(plan), principal=total)
    settled = replace(terms, settlement=Settlement(day, after, every))
    assert objections(settled) == ()
    plain, apart = (scheduled(one, START, [(START, total)]) for one in (terms, settled))
    assert sum(row.principal for row in apart) == total
    difference = sum(row.interest for row in apart) - sum(row.interest for row in plain)
    assert abs(difference) <= len(apart) + len(plain)
    assert [row.due for row in apart] == sorted({row.due for row in apart})


def test_the_first_row_may_take_in_what_division_leaves():
    terms = replace(
        CHINESE,
        method=Method.EQUAL_PRINCIPAL,
        instalments=7,
        rounding=Rounding(RoundingMode.HALF_UP, remainder=Remainder.FIRST),
    )
    assert [principal for principal, _ in asked(simple(terms))] == [85_716, *[85_714] * 6]
    flat = replace(terms, method=Method.FLAT)
    assert [principal for principal, _ in asked(simple(flat))] == [85_716, *[85_714] * 6]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": Method.GRADED}, "growth"),
        ({"growth": Growth(percent=Decimal(3))}, "growth"),
        ({"method": Method.GRADED, "growth": Growth()}, "growth"),
        ({"method": Method.GRADED, "growth": Growth(0, percent=Decimal(1))}, "growth.every"),
        ({"method": Method.GRADED, "growth": Growth(percent=Decimal(-80))}, "growth.percent"),
        ({"method": Method.BALLOON}, "balloon"),
        ({"method": Method.BALLOON, "balloon": Balloon()}, "balloon"),
        ({"method": Method.BALLOON, "balloon": Balloon(amount=600_000)}, "balloon.amount"),
        ({"method": Method.BALLOON, "balloon": Balloon(over=6)}, "balloon.over"),
        ({"rounding": Rounding(remainder=Remainder.FIRST)}, "rounding.remainder"),
        ({"rounding": Rounding(multiple=300_000), "instalments": 120}, "rounding.multiple"),
        ({"frequency": Span(1, Unit.MONTH), "settlement": Settlement(day=0)}, "settlement.day"),
    ],
)
def test_what_a_method_lacks_is_named(change, field):
    assert field in fields(replace(CHINESE, **change))
