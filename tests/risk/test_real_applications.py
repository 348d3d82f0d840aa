"""The shipped policy on the 1,000 real applications of the demo, whose outcome only the test looks at."""

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from loanstream.demo.applications import cases
from loanstream.demo.borrowers import borrowers, profile
from schemas.codec import adapter
from schemas.money import Money
from schemas.risk.commands import AssessApplicant
from schemas.risk.events import RiskAssessed
from schemas.terms import ApplicantProfile
from services.risk.service import service
from tests.risk.test_build_scorecard import TOOL
from tests.support.deciding import given

RATE = Decimal("0.144")
SHIPPED = files("services.risk") / "scorecards" / "consumer-1.json"
DATA = files("loanstream.demo") / "data" / "german_credit.csv"


@cache
def assessments() -> tuple[tuple[RiskAssessed, bool], ...]:
    """Every application assessed, and whether it was repaid."""
    decider = service().deciders[0]
    found = []
    for borrower, case in zip(borrowers(1, 1000, date(2026, 1, 1)), cases(), strict=True):
        command = AssessApplicant(
            loan_id=f"loan-{case.declared.row}",
            party_ref=f"party-{case.declared.row}",
            amount=Money(case.declared.amount, "CNY"),
            months=case.declared.months,
            annual_rate=RATE,
            purpose=case.declared.purpose,
            profile=adapter(ApplicantProfile).validate_python(profile(borrower, RATE)),
        )
        (event,) = given(decider).when(command).decision
        found.append((event, case.repaid))
    return tuple(found)


def test_the_shipped_card_is_what_the_tool_makes_of_the_data(tmp_path: Path) -> None:
    made = tmp_path / "card.json"
    assert TOOL["main"]([str(DATA), "--out", str(made)]) == 0
    assert made.read_text(encoding="utf-8") == SHIPPED.read_text(encoding="utf-8")


def test_most_are_approved_some_referred_and_a_quarter_refused() -> None:
    advice = Counter(event.advice for event, _ in assessments())
    assert 600 <= advice["approve"] <= 750
    assert 150 <= advice["refuse"] <= 300
    assert advice["refer"] >= 50


def test_those_refused_were_bad_far_more_often_than_those_approved() -> None:
    bad = {
        advice: [not repaid for e, repaid in assessments() if e.advice == advice] for advice in ("approve", "refuse")
    }
    shares = {advice: sum(found) / len(found) for advice, found in bad.items()}
    assert shares["approve"] < 0.2
    assert shares["refuse"] > 0.6


def test_every_declared_value_is_in_a_band_of_the_card() -> None:
    unreadable = [
        r.inputs for e, _ in assessments() for r in e.rules if r.rule == "declared-values" and r.outcome != "pass"
    ]
    assert unreadable == []


def test_the_stated_separation_is_what_the_card_reaches() -> None:
    auc, ks = TOOL["separation"]([e.score for e, _ in assessments()], [repaid for _, repaid in assessments()])
    assert (round(auc, 3), round(ks, 3)) == (0.824, 0.512)


def test_the_predicted_defaults_are_about_as_many_as_came() -> None:
    predicted = sum(event.probability_of_default for event, _ in assessments())
    assert abs(predicted - 300) < 10
