"""Expected credit loss: products of probability, loss and exposure."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.impairment.ecl import (
    Period,
    lifetime,
    marginal,
    provision_matrix,
    twelve_months,
    weighted,
)

shares = st.decimals(0, 1, places=4)


def test_twelve_months_is_exposure_times_probability_times_loss() -> None:
    # IFRS 9 Illustrative Examples, example 1
    assert twelve_months(Decimal(1_000_000), Decimal("0.005"), Decimal("0.25")) == 1_250


@settings(deadline=None)
@given(st.lists(shares, max_size=30))
def test_marginal_probabilities_and_survival_are_together_one(conditional: list[Decimal]) -> None:
    survived = Decimal(1)
    for pd in conditional:
        survived *= 1 - pd
    assert abs(sum(marginal(conditional)) + survived - 1) < Decimal("1e-20")


@settings(deadline=None)
@given(
    st.lists(
        st.builds(Period, shares, shares, st.decimals(0, 10**6, places=2), st.decimals(0, 30, places=1)), max_size=8
    )
)
def test_a_discount_only_makes_a_lifetime_loss_smaller(periods: list[Period]) -> None:
    assert 0 <= lifetime(periods, Decimal("0.1")) <= lifetime(periods)


def test_one_year_of_a_lifetime_without_discount_is_the_twelve_months_loss() -> None:
    one = Period(Decimal("0.02"), Decimal("0.4"), Decimal(500))
    assert lifetime([one]) == twelve_months(one.exposure, one.pd, one.lgd)


def test_scenarios_are_weighted_and_their_weights_are_one() -> None:
    assert weighted([(Decimal("0.75"), Decimal(100)), (Decimal("0.25"), Decimal(300))]) == 150
    with pytest.raises(ValueError, match="do not sum to 1"):
        weighted([(Decimal("0.5"), Decimal(100))])


def test_a_provision_matrix_is_a_product_by_bucket() -> None:
    assert provision_matrix([(Decimal(1000), Decimal("0.003")), (Decimal(500), Decimal("0.1"))]) == (
        Decimal(3),
        Decimal(50),
    )
