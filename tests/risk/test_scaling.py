"""Scaling of a scorecard: points, odds and probabilities on one line."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.risk.domain.assessment.scaling import scaling

LINE = scaling(Decimal(600), Decimal(50), Decimal(20))
CLOSE = Decimal("1e-18")


def test_the_base_odds_score_the_base_score_and_doubled_odds_the_points_to_double_more() -> None:
    assert abs(LINE.score(Decimal(50)) - 600) < CLOSE
    assert abs(LINE.score(Decimal(100)) - 620) < CLOSE


@settings(deadline=None)
@given(st.decimals("0.01", 5000, places=2))
def test_odds_of_a_score_are_the_odds_it_was_scored_for(odds: Decimal) -> None:
    score = LINE.score(odds)
    assert abs(LINE.odds(score) / odds - 1) < Decimal("1e-15")
    assert abs(LINE.pd(score) - 1 / (1 + odds)) < Decimal("1e-15")


def test_points_of_the_attributes_sum_to_the_score_of_the_model() -> None:
    woes, beta, alpha = (Decimal("0.3"), Decimal("-0.7")), Decimal("-0.9"), Decimal("-2.5")
    points = sum(LINE.points(woe, beta, alpha, 2) for woe in woes)
    log_odds_of_bad = alpha + sum(woe * beta for woe in woes)
    assert abs(points - LINE.score((-log_odds_of_bad).exp())) < Decimal("1e-15")
