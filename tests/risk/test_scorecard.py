"""The points table: arithmetic of score and probability, and what a card must be like."""

import json
import math
from decimal import Decimal, localcontext
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.risk.domain.assessment.scorecard import Scale, probability_of_default, rating
from services.risk.policy import BadPolicy, read_policy, shipped_policy

CARD = shipped_policy().scorecard
RULES_JSON = (files("services.risk") / "rules" / "consumer-1.json").read_bytes()
CARD_JSON = (files("services.risk") / "scorecards" / "consumer-1.json").read_bytes()


def test_the_base_score_stands_for_the_base_odds() -> None:
    assert probability_of_default(Scale(base_score=600, base_odds=5, points_to_double_odds=50), 600) == Decimal(
        "0.166667"
    )


def test_pdo_more_points_double_the_odds() -> None:
    assert probability_of_default(Scale(base_score=600, base_odds=5, points_to_double_odds=50), 650) == Decimal(
        "0.090909"
    )


@given(st.integers(0, 1200))
def test_probability_falls_with_the_score_and_agrees_with_the_formula(score: int) -> None:
    odds = 5 * 2 ** ((score - 600) / 50)
    assert math.isclose(probability_of_default(CARD.scale, score), 1 / (1 + odds), abs_tol=1e-6)
    assert probability_of_default(CARD.scale, score + 1) <= probability_of_default(CARD.scale, score)
    assert rating(CARD, score + 1) <= rating(CARD, score)


def test_the_callers_decimal_settings_do_not_change_a_probability() -> None:
    with localcontext(prec=5):
        assert probability_of_default(CARD.scale, 612) == Decimal("0.144823")


def test_ratings_follow_the_probability_of_default() -> None:
    floors = {r.rating: r.from_score for r in CARD.ratings if r.from_score is not None}
    highest = {name: probability_of_default(CARD.scale, floor) for name, floor in floors.items()}
    assert (
        highest["A"]
        <= Decimal("0.05")
        < highest["B"]
        <= Decimal("0.12")
        < highest["C"]
        <= Decimal("0.25")
        < highest["D"]
    )


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(CARD_JSON) | changes).encode()


def with_attribute(index: int, **changes: Any) -> bytes:
    card = json.loads(CARD_JSON)
    card["attributes"][index] |= changes
    return json.dumps(card).encode()


@pytest.mark.parametrize(
    ("card", "complaint"),
    [
        (changed(reasons=2), "three to five"),
        (changed(ratings=[]), "ratings must be A to E"),
        (changed(extra=1), "extra"),
        (changed(version=1), "version"),
        (with_attribute(0, name="sex"), "'sex' may not be scored"),
        (with_attribute(0, name="months"), "'months' stands twice"),
        (with_attribute(0, bands=[{"values": ["a"], "points": 1}, {"values": ["A "], "points": 2}]), "in two bands"),
        (with_attribute(0, bands=[{"values": ["a"], "points": 1}, {"up_to": 2, "points": 2}]), "not both"),
        (
            with_attribute(1, bands=[{"up_to": 9, "points": 1}, {"up_to": 6, "points": 2}, {"points": 3}]),
            "bounds must rise",
        ),
        (with_attribute(1, bands=[]), "bounds must rise"),
        (changed(scale={"base_score": 600, "base_odds": 5, "points_to_double_odds": 0}), "above zero"),
    ],
)
def test_a_card_that_cannot_be_used_is_refused_with_what_is_wrong(card: bytes, complaint: str) -> None:
    with pytest.raises(BadPolicy, match=complaint):
        read_policy(card, RULES_JSON)


@pytest.mark.parametrize(
    ("section", "change", "complaint"),
    [
        ("debt_service", {"refer_above": "0.9"}, "debt_service"),
        ("existing_credits", {"refer_above": 9}, "existing_credits"),
        ("score", {"pass_from": 1}, "pass_from"),
        ("limit", {"income_multiples": {"A": 1}}, "each rating A to E"),
        ("blacklist", {"digests": ["abc"]}, "no SHA-256"),
        ("blacklist", {"digest": []}, "digest"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_what_is_wrong(
    section: str, change: dict[str, Any], complaint: str
) -> None:
    rules = json.loads(RULES_JSON)
    rules[section] |= change
    with pytest.raises(BadPolicy, match=complaint):
        read_policy(CARD_JSON, json.dumps(rules).encode())
