"""Internal rates, conversions and the root behind them."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.cost.credit_plan import Method, Plan, Stage, rows
from services.servicing.domain.cost.internal_rate import modified_irr, net_present_value, periodic_irr, xirr
from services.servicing.domain.cost.labelled import labelled
from services.servicing.domain.cost.rates import (
    continuous_of_effective,
    daily_of_annual,
    effective_of_continuous,
    effective_of_nominal,
    monthly_of_annual,
    nominal_of_effective,
)
from services.servicing.domain.cost.roots import Flow, NoRate, rate

TINY = Decimal("1e-20")


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.decimals("0.0001", "0.2", places=6), st.sampled_from([*Method][:3]))
def test_the_flows_of_a_plan_return_the_rate_of_the_plan(periods: int, periodic: Decimal, method: Method) -> None:
    plan = Plan(Decimal(100_000), (Stage(method, periods),), ((1, periodic),))
    found = periodic_irr([-plan.principal, *(row.payment for row in rows(plan))])
    assert abs(found.value - periodic) < TINY
    assert found.sign_changes == 1
    assert found.others == ()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 4000), st.decimals(1, 1000, places=2)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_dated_flows_may_come_in_any_order(paid: list[tuple[int, Decimal]], shuffle: object) -> None:
    start = date(2020, 1, 31)
    flows = [(start, Decimal(-900)), *((start + timedelta(days=days), amount) for days, amount in paid)]
    mixed = flows.copy()
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert xirr(mixed) == xirr(flows)


@settings(deadline=None)
@given(st.decimals("-0.9", "30", places=4), st.integers(1, 5000))
def test_one_flow_later_gives_back_the_rate_it_was_made_with(effective: Decimal, days: int) -> None:
    with localcontext() as context:
        context.prec = 50
        grown = Decimal(1000) * (1 + effective) ** (Decimal(days) / 365)
    if grown > 0:
        start = date(2020, 2, 29)
        found = xirr([(start, Decimal(-1000)), (start + timedelta(days=days), grown)])
        assert abs(found.value - effective) < Decimal("1e-15") * (1 + abs(effective)) * 1000 / days


def test_of_several_rates_the_one_nearest_to_zero_comes_first_and_the_others_are_named() -> None:
    # -100 + 230/(1+i) - 132/(1+i)^2 = 0 has the roots 10 % and 20 %
    found = periodic_irr(decimals("-100", "230", "-132"))
    assert found.sign_changes == 2
    assert abs(found.value - Decimal("0.1")) < TINY
    assert [abs(other - Decimal("0.2")) < TINY for other in found.others] == [True]


@pytest.mark.parametrize("flows", [("100", "20"), ("-1", "-2"), ("0", "0"), ("-100", "100", "-100", "1", "-100")])
def test_flows_that_no_rate_makes_worthless_are_refused_with_the_reason(flows: tuple[str, ...]) -> None:
    with pytest.raises(NoRate, match=r"no flows of both signs|no rate above"):
        periodic_irr(decimals(*flows))


def test_a_loan_repaid_without_interest_costs_nothing() -> None:
    assert abs(periodic_irr(decimals("-300", "100", "100", "100")).value) < TINY


def test_a_rate_may_be_negative_and_very_large() -> None:
    assert abs(periodic_irr(decimals("-100", "1")).value + Decimal("0.99")) < TINY
    assert (
        abs(rate([Flow(Fraction(0), Decimal(-1)), Flow(Fraction(1, 365), Decimal(2))]).value / Decimal(2) ** 365 - 1)
        < TINY
    )


@settings(deadline=None)
@given(st.decimals(0, 3, places=6), st.sampled_from([1, 2, 4, 12, 52, 365]))
def test_nominal_to_effective_and_back_is_the_same_rate(nominal: Decimal, per_year: int) -> None:
    assert abs(nominal_of_effective(effective_of_nominal(nominal, per_year), per_year) - nominal) < TINY


@settings(deadline=None)
@given(st.decimals("0.000001", 2, places=6), st.integers(2, 365))
def test_compounding_within_the_year_makes_a_nominal_rate_cost_more(nominal: Decimal, per_year: int) -> None:
    assert nominal < effective_of_nominal(nominal, per_year) < effective_of_continuous(nominal)


def test_a_daily_rate_depends_on_the_basis_that_the_contract_states() -> None:
    assert daily_of_annual(Decimal("0.18"), 360) == Decimal("0.0005")
    assert daily_of_annual(Decimal("0.1825"), 365) == Decimal("0.0005")
    assert monthly_of_annual(Decimal("0.12")) == Decimal("0.01")
    assert abs(continuous_of_effective(effective_of_continuous(Decimal("0.07"))) - Decimal("0.07")) < TINY


def test_the_callers_decimal_settings_do_not_change_a_rate() -> None:
    flows = decimals("-1000", "400", "400", "400")
    expected = periodic_irr(flows)
    with localcontext() as context:
        context.prec = 4
        assert periodic_irr(flows) == expected


def test_at_the_internal_rate_the_present_value_is_nothing() -> None:
    flows = decimals("-100", "39", "59", "55", "20")
    assert abs(net_present_value(periodic_irr(flows).value, flows)) < TINY


def test_a_modified_rate_takes_outlay_and_receipts_at_their_own_rates() -> None:
    # Microsoft Excel, MIRR
    flows = decimals("-120000", "39000", "30000", "21000", "37000", "46000")
    assert round(modified_irr(flows, Decimal("0.10"), Decimal("0.12")) * 100, 2) == Decimal("12.61")
    with pytest.raises(NoRate):
        modified_irr(decimals("1", "2"), Decimal(0), Decimal(0))


def test_one_loan_has_six_rates_and_each_has_its_own_name() -> None:
    start = date(2026, 1, 15)
    found = labelled((start, Decimal(12_000)), [(add_months(start, k), Decimal(1_100)) for k in range(1, 13)])
    assert found.nominal == found.periodic_irr * 12
    assert found.us_apr.percent == round(found.nominal * 100, 2)
    assert found.aprc.percent == round(found.effective * 100, 1)
    assert abs(found.xirr - found.effective) < Decimal("0.001")
    assert found.xirr != found.effective
