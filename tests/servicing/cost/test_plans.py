"""Plans on unrounded balances: annuities, stages, prepayment, flat rates, amortised cost, rebates."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.servicing.domain.cost.amortised_cost import amortised_cost, effective_interest_rate
from services.servicing.domain.cost.annuity import (
    NeverAmortises,
    balance,
    instalment,
    interest_part,
    periods_to_repay,
    principal_of,
    signed_periods,
)
from services.servicing.domain.cost.credit_plan import Method, Plan, Stage, rows
from services.servicing.domain.cost.flat_rate import flat_loan
from services.servicing.domain.cost.prepayment import Keep, partial, recurring, repeated, rising
from services.servicing.domain.cost.rebate import rule_of_78, uk_settlement

TINY = Decimal("1e-18")
principals = st.decimals(100, 10**7, places=2)
rates = st.decimals(0, "0.05", places=5)
terms = st.integers(1, 240)


@settings(deadline=None)
@given(principals, rates, terms, st.booleans())
def test_what_an_instalment_repays_is_the_principal_it_was_computed_for(
    principal: Decimal, rate: Decimal, periods: int, in_advance: bool
) -> None:
    paid = instalment(principal, rate, periods, in_advance=in_advance)
    assert abs(principal_of(paid, rate, periods, in_advance=in_advance) - principal) < TINY * principal
    assert abs(balance(principal, rate, paid, periods, in_advance=in_advance)) < Decimal("1e-15") * principal


@settings(deadline=None)
@given(principals, st.decimals("0.00001", "0.05", places=5), terms)
def test_an_instalment_repays_in_the_periods_it_was_computed_over(
    principal: Decimal, rate: Decimal, periods: int
) -> None:
    assert abs(periods_to_repay(principal, rate, instalment(principal, rate, periods)) - periods) < Decimal("1e-12")


@settings(deadline=None)
@given(principals, st.decimals("0.00001", "0.05", places=5), terms)
def test_signed_periods_are_the_loans_own_and_negative_with_the_other_sign(
    principal: Decimal, rate: Decimal, periods: int
) -> None:
    paid = instalment(principal, rate, periods)
    assert abs(signed_periods(principal, rate, -paid) - periods) < Decimal("1e-12")
    assert signed_periods(principal, rate, paid) < 0
    with pytest.raises(NeverAmortises, match="never take"):
        signed_periods(principal, rate, -principal * rate / 2)


def test_an_instalment_below_the_interest_never_amortises() -> None:
    with pytest.raises(NeverAmortises, match="does not cover the interest"):
        periods_to_repay(Decimal(1000), Decimal("0.01"), Decimal(10))


def test_paid_in_advance_the_first_instalment_has_no_interest_in_it() -> None:
    paid = instalment(Decimal(1200), Decimal("0.01"), 12, in_advance=True)
    assert interest_part(Decimal(1200), Decimal("0.01"), paid, 1, in_advance=True) == 0
    second = interest_part(Decimal(1200), Decimal("0.01"), paid, 2, in_advance=True)
    assert abs(second - (1200 - paid) * Decimal("0.01")) < TINY


@settings(deadline=None, max_examples=80)
@given(
    principals,
    st.lists(st.tuples(st.sampled_from([*Method][:4]), st.integers(1, 30)), min_size=1, max_size=3),
    rates,
    rates,
)
def test_principal_parts_of_any_stages_sum_to_the_principal(
    principal: Decimal, stages: list[tuple[Method, int]], first: Decimal, second: Decimal
) -> None:
    plan = Plan(principal, tuple(Stage(method, periods) for method, periods in stages), ((1, first), (4, second)))
    made = rows(plan)
    assert abs(sum(row.principal for row in made) - principal) < TINY * principal
    assert abs(made[-1].balance) < TINY * principal
    for row, before in zip(made[1:], made, strict=False):
        assert abs(row.balance - (before.balance + row.interest - row.payment)) < TINY * principal


def test_a_new_rate_spreads_the_rest_over_the_rest_of_the_term() -> None:
    made = rows(
        Plan(
            Decimal(200_000),
            (Stage(Method.EQUAL_INSTALMENT, 240),),
            ((1, Decimal("0.05") / 12), (25, Decimal("0.06") / 12)),
        )
    )
    before, after = made[23], made[24]
    assert after.payment == pytest.approx(instalment(before.balance, Decimal("0.06") / 12, 216))
    assert len({round(row.payment, 10) for row in made}) == 2


def test_instalments_that_grow_each_year_repay_the_loan_and_grow() -> None:
    made = rows(
        Plan(
            Decimal(1000),
            (Stage(Method.EQUAL_INSTALMENT, 36, growth=Decimal("1.1"), grows_every=12),),
            ((1, Decimal("0.01")),),
        )
    )
    assert abs(made[-1].balance) < TINY
    assert abs(made[12].payment / made[0].payment - Decimal("1.1")) < TINY
    assert abs(made[35].payment / made[0].payment - Decimal("1.21")) < TINY


def test_graduated_payments_grow_as_often_as_agreed_and_then_stay() -> None:
    # 50,000 over 30 years at 12.5 %, 5 % more each year for five years
    stage = Stage(Method.EQUAL_INSTALMENT, 360, growth=Decimal("1.05"), grows_every=12, grows_at_most=5)
    made = rows(Plan(Decimal(50_000), (stage,), ((1, Decimal("0.125") / 12),)))
    assert round(made[0].payment, 2) == Decimal("448.88")
    assert abs(made[60].payment - made[0].payment * Decimal("1.05") ** 5) < TINY
    assert abs(made[358].payment - made[60].payment) < TINY
    assert abs(sum(row.principal for row in made) - 50_000) < TINY * 10**6


def test_a_drawdown_is_owed_from_the_period_after_it() -> None:
    made = rows(Plan(Decimal(100), (Stage(Method.INTEREST_ONLY, 3),), ((1, Decimal("0.01")),), {1: Decimal(100)}))
    assert [row.interest for row in made] == [1, 2, 2]
    assert made[-1].payment == 202


def test_interest_kept_for_later_compounds_and_falls_due_with_the_principal() -> None:
    made = rows(Plan(Decimal(100), (Stage(Method.BULLET, 2),), ((1, Decimal("0.1")),)))
    assert [row.payment for row in made] == [0, 121]


@settings(deadline=None, max_examples=80)
@given(principals, st.decimals("0.0001", "0.02", places=5), st.integers(2, 240), st.data())
def test_a_partial_prepayment_never_costs_more_and_a_shorter_term_saves_most(
    principal: Decimal, rate: Decimal, periods: int, data: st.DataObject
) -> None:
    after = data.draw(st.integers(0, periods - 1))
    left = balance(principal, rate, instalment(principal, rate, periods), after)
    amount = data.draw(st.decimals(0, left, places=2, allow_nan=False)) if left > 1 else Decimal(0)
    assume(0 <= amount < left)
    shorter, lower = (partial(principal, rate, periods, after, amount, keep) for keep in Keep)
    assert shorter.periods <= lower.periods == periods
    assert lower.instalment <= lower.instalment_before + TINY * principal
    assert shorter.saved >= lower.saved - TINY * principal * periods
    assert lower.saved >= -TINY * principal * periods
    assert shorter.last_instalment <= shorter.instalment * (1 + TINY)


def test_more_than_is_owed_cannot_be_prepaid() -> None:
    with pytest.raises(ValueError, match="is more than"):
        partial(Decimal(1000), Decimal("0.01"), 12, 6, Decimal(900), Keep.TERM)


def test_a_little_more_each_month_ends_the_loan_earlier() -> None:
    found = recurring(Decimal(100_000), Decimal("0.005"), 240, Decimal(100))
    assert found.periods < 240
    assert found.saved > 0
    assert found.last_instalment <= found.instalment + 100


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 100), st.decimals(0, 20_000, places=2), st.sampled_from(Keep))
def test_several_lump_sums_of_which_one_is_something_are_that_one(after: int, lump: Decimal, keep: Keep) -> None:
    loan = Decimal(100_000), Decimal("0.005"), 120
    assume(balance(*loan[:2], instalment(*loan), after) > lump)
    once = partial(*loan, after, lump, keep)
    several = repeated(*loan, {after: lump, after + 1: Decimal(0)}, keep)
    assert several.periods == once.periods
    assert abs(several.saved - once.saved) < Decimal("1e-15")


def test_lump_sums_lower_the_instalment_one_after_the_other_or_shorten_the_term() -> None:
    loan, lumps = (Decimal(100_000), Decimal("0.005"), 120), {12: Decimal(10_000), 24: Decimal(10_000)}
    lower, shorter = (repeated(*loan, lumps, keep) for keep in (Keep.TERM, Keep.INSTALMENT))
    assert lower.periods == 120
    assert lower.instalment < partial(*loan, 12, Decimal(10_000), Keep.TERM).instalment < lower.instalment_before
    assert shorter.periods < 120
    assert shorter.saved > lower.saved > 0
    with pytest.raises(ValueError, match="more than the"):
        repeated(*loan, {119: Decimal(5_000)}, Keep.TERM)


def test_an_instalment_that_rises_each_year_ends_the_loan_earlier() -> None:
    loan = Decimal(100_000), Decimal("0.005"), 120
    risen = rising(*loan, Decimal("1.05"))
    assert risen.periods < 120
    assert risen.saved > 0
    assert rising(*loan, Decimal(1)).saved < TINY * 10**6


def test_the_same_money_once_a_year_saves_less_than_a_twelfth_of_it_each_month() -> None:
    monthly = recurring(Decimal(100_000), Decimal("0.005"), 240, Decimal(100))
    yearly = recurring(Decimal(100_000), Decimal("0.005"), 240, Decimal(1_200), every=12)
    assert 0 < yearly.saved < monthly.saved


def test_a_flat_rate_is_nearly_half_of_what_it_really_is() -> None:
    # 3.8 % a year over 36 months is 7.14 % on the balance: OCBC's table
    found = flat_loan(Decimal(10_000), Decimal("0.038") / 12, 36)
    assert round(found.nominal * 100, 2) == Decimal("7.15")
    assert found.effective > found.nominal > Decimal("0.038")
    assert flat_loan(Decimal(10_000), Decimal("0.038") / 12, 36, Decimal(100)).nominal > found.nominal


@settings(deadline=None, max_examples=40)
@given(st.lists(st.decimals(1, 1000, places=2), min_size=1, max_size=12), st.decimals(1, 5000, places=2))
def test_at_the_effective_rate_the_amortised_cost_ends_at_nothing(receipts: list[Decimal], cost: Decimal) -> None:
    assume(sum(receipts) <= 5 * cost)
    carried = amortised_cost(cost, receipts, effective_interest_rate(cost, receipts))
    assert abs(carried[-1].closing) < Decimal("1e-9") * cost
    assert abs(sum(one.income for one in carried) - (sum(receipts) - cost)) < Decimal("1e-9") * (cost + sum(receipts))


def test_the_uk_rebate_is_what_remains_less_what_settles() -> None:
    found = uk_settlement(Decimal(5000), (Decimal("134.57"),) * 48, 12, Decimal("0.14"))
    assert found.amount == Decimal("3984.00")
    assert found.rebate == Decimal("860.52")
    later = uk_settlement(Decimal(5000), (Decimal("134.57"),) * 48, 12, Decimal("0.14"), Fraction(1, 2))
    assert later.rebate < found.rebate


@settings(deadline=None)
@given(st.decimals(1, 10_000, places=2), st.integers(2, 60), st.data())
def test_the_rule_of_78_gives_back_all_at_the_start_and_nothing_at_the_end(
    charge: Decimal, periods: int, data: st.DataObject
) -> None:
    remaining = data.draw(st.integers(1, periods))
    assert rule_of_78(charge, periods, periods) == charge
    assert rule_of_78(charge, periods, 0) == 0
    assert rule_of_78(charge, periods, remaining - 1) < rule_of_78(charge, periods, remaining) <= charge
