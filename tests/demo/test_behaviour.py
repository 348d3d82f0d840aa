"""What borrowers do follows the outcome in the data, and nothing but seed and row."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loanstream.demo.applications import cases
from loanstream.demo.behaviour import (
    GRACE_DAYS,
    Act,
    Ending,
    Plan,
    Step,
    agenda,
    due_date,
    part_of,
    plan_of,
    willing,
)
from loanstream.demo.chance import Chance

VALUE_DATE = date(2026, 1, 31)

plans = st.builds(
    plan_of,
    st.builds(Chance, seed=st.integers(0, 10**9 - 1), row=st.integers(0, 999)),
    st.integers(4, 72),
    st.booleans(),
)


def all_plans(seed: int) -> list[Plan]:
    """Plans of all rows."""
    return [plan_of(Chance(seed, c.declared.row), c.declared.months, c.repaid) for c in cases()]


@given(plans)
def test_who_repays_pays_every_instalment_once_and_never_after_its_grace(plan: Plan) -> None:
    if plan.stops_at:
        return
    paid = [step for step in agenda(plan, VALUE_DATE) if step.act is Act.PAY]
    assert sorted(step.number for step in paid) == list(range(1, plan.months + 1))
    for step in paid:
        late = (step.day - due_date(VALUE_DATE, step.number)).days
        assert -3 <= late <= GRACE_DAYS


@given(plans)
def test_who_stops_pays_nothing_in_full_until_the_arrears_are_paid_as_a_whole(plan: Plan) -> None:
    if not plan.stops_at:
        return
    steps = agenda(plan, VALUE_DATE)
    cured_on = [step.day for step in steps if step.act is Act.PAY_ARREARS]
    assert bool(cured_on) == plan.cures
    until = cured_on[0] if cured_on else date.max
    for step in steps:
        if step.act is Act.PAY and step.number >= plan.stops_at:
            assert due_date(VALUE_DATE, step.number) > until


@given(plans)
def test_who_cures_pays_all_instalments_in_the_end(plan: Plan) -> None:
    if not plan.cures or not plan.stops_at:
        return
    steps = agenda(plan, VALUE_DATE)
    arrears = next(step for step in steps if step.act is Act.PAY_ARREARS)
    in_full = {step.number for step in steps if step.act is Act.PAY}
    assert in_full | set(range(plan.stops_at, arrears.number + 1)) == set(range(1, plan.months + 1))
    assert timedelta(30) <= arrears.day - due_date(VALUE_DATE, plan.stops_at) <= timedelta(120)


@given(plans, st.integers(0, 2500))
def test_a_reminder_moves_nobody_who_is_in_the_middle_of_arrears(plan: Plan, days: int) -> None:
    today = VALUE_DATE + timedelta(days)
    if plan.stops_at and not plan.cures and today >= due_date(VALUE_DATE, plan.stops_at):
        assert not willing(plan, VALUE_DATE, today)
    if not plan.stops_at:
        assert willing(plan, VALUE_DATE, today)


@given(plans)
def test_money_taken_back_by_the_bank_is_paid_again_within_the_grace(plan: Plan) -> None:
    number = plan.odd.taken_back
    if not number:
        return
    due = due_date(VALUE_DATE, number)
    about = [step for step in agenda(plan, VALUE_DATE) if step.number == number]
    back = due + timedelta(GRACE_DAYS - 1)
    expected = [Step(due, Act.PAY, number), Step(back, Act.PAY_AGAIN, number), Step(back, Act.TAKE_BACK, number)]
    assert about == sorted(expected)


def test_the_outcome_of_the_data_decides_who_pays() -> None:
    for plan, case in zip(all_plans(1), cases(), strict=True):
        assert bool(plan.stops_at) != case.repaid


def test_those_who_stop_cure_pay_in_part_or_never_pay_again_in_a_plausible_mix() -> None:
    for seed in (1, 2, 3):
        endings = Counter(plan.ending for plan in all_plans(seed) if plan.stops_at)
        assert 60 <= endings[Ending.CURES] <= 125
        assert 25 <= endings[Ending.PAYS_PART] <= 70
        assert 15 <= endings[Ending.PAYS_PART_AND_CURES] <= 50
        assert 100 <= endings[Ending.NEVER] <= 170


def test_odd_things_happen_to_a_few() -> None:
    for seed in (1, 2, 3):
        odd = [plan.odd for plan in all_plans(seed)]
        assert 25 <= sum(bool(o.supplement_after) for o in odd) <= 80
        assert 8 <= sum(o.withdraws for o in odd) <= 40
        assert 10 <= sum(bool(o.taken_back) for o in odd) <= 50
        assert 8 <= sum(o.overpays for o in odd) <= 40
        assert 8 <= sum(o.pays_stranger for o in odd) <= 40


def test_due_dates_keep_to_the_day_or_the_last_of_the_month() -> None:
    assert [due_date(VALUE_DATE, n) for n in (1, 2, 12, 13, 25)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


def test_a_part_is_a_percentage_to_the_cent_half_up() -> None:
    plan = next(plan for plan in all_plans(1) if plan.parts)
    part = part_of(plan, Decimal("333.33"))
    exact = Decimal("333.33") * plan.part_percent / 100
    assert abs(part - exact) <= Decimal("0.005")


def test_chance_depends_on_seed_row_and_topic_alone() -> None:
    chance = Chance(1, 2)
    first = [chance.below(1000, "a"), chance.below(1000, "b", 3)]
    assert [Chance(1, 2).below(1000, "a"), Chance(1, 2).below(1000, "b", 3)] == first
    draws = Counter(Chance(1, row).between(3, 5, "x") for row in range(3000))
    assert set(draws) == {3, 4, 5}
    assert min(draws.values()) > 850
