"""Assessing an application: score, rules, advice, reasons."""

from dataclasses import fields, replace
from decimal import Decimal
from hashlib import sha256

import pytest

from schemas.money import Money
from schemas.risk.commands import AssessApplicant
from schemas.risk.events import RiskAssessed
from schemas.terms import ApplicantProfile
from services.risk.domain.assessment.case import equal_instalment
from services.risk.policy import shipped_policy
from services.risk.service import service
from tests.risk.applicants import SOUND, asking, cny, declaring
from tests.support.deciding import given

DECIDER = service().deciders[0]


def assessed(command: AssessApplicant) -> RiskAssessed:
    (event,) = given(DECIDER).when(command).decision
    return event


def outcomes(event: RiskAssessed) -> dict[str, str]:
    return {result.rule: result.outcome for result in event.rules}


def test_a_sound_application_is_approved_by_every_rule() -> None:
    event = assessed(SOUND)
    assert event.advice == "approve"
    assert set(outcomes(event).values()) == {"pass"}
    assert (event.application_id, event.loan_id, event.party_ref) == ("a-1", "loan-1", "party-1")
    assert event.scorecard == "consumer/1"


def test_an_application_is_assessed_once() -> None:
    given(DECIDER).when(SOUND).then_types(RiskAssessed).when(asking(months=36)).then()


def test_the_same_application_is_always_assessed_alike() -> None:
    assert assessed(SOUND) == assessed(SOUND)


def test_every_decision_carries_the_version_and_inputs_of_every_rule() -> None:
    assert [(r.rule, r.version) for r in assessed(SOUND).rules] == [
        ("blacklist", "1"),
        ("declared-values", "1"),
        ("debt-service", "1"),
        ("instalment-burden", "1"),
        ("existing-credits", "1"),
        ("score", "1"),
        ("limit", "1"),
    ]
    assert all(r.inputs for r in assessed(SOUND).rules)


def test_the_reasons_are_the_attributes_with_the_largest_shortfall() -> None:
    event = assessed(SOUND)
    shortfalls = [points_of(r.message) for r in event.reasons]
    assert 3 <= len(event.reasons) <= 5
    assert shortfalls == sorted(shortfalls, reverse=True)
    assert event.reasons[0].code == "score-savings"
    assert {r.rule for r in event.reasons} == {"consumer/1"}


def points_of(message: str) -> int:
    """Shortfall in a sentence like "Savings: 30 of at most 106 points."."""
    numbers = [int(word) for word in message.split() if word.lstrip("-").isdigit()]
    return numbers[-1] - numbers[-2]


def test_a_rule_that_does_not_pass_is_the_first_reason() -> None:
    event = assessed(asking(amount=cny("18000.00")))
    assert outcomes(event)["debt-service"] == "refuse"
    assert event.reasons[0].code == "debt-service"
    assert event.reasons[0].rule == "consumer/1:debt-service/1"
    assert "of the monthly income" in event.reasons[0].message


def test_protected_attributes_change_nothing() -> None:
    assert assessed(declaring(age_band="18-24", dependants=2, job="unskilled - resident")) == assessed(SOUND)


def test_protected_attributes_are_not_asked_and_never_given_as_a_reason() -> None:
    declared = {field.name for field in fields(ApplicantProfile)}
    assert not declared & {"sex", "personal_status", "foreign_worker", "telephone", "nationality", "religion"}
    scored = {attribute.name for attribute in shipped_policy().scorecard.attributes}
    assert not scored & {"age_band", "dependants", "job"}


def test_a_person_on_the_blacklist_is_refused_whatever_the_score() -> None:
    policy = shipped_policy()
    listed = replace(policy.rules.blacklist, digests=frozenset({sha256(b"party-1").hexdigest()}))
    decider = replace(
        DECIDER,
        decide=lambda *a: DECIDER.decide.func(replace(policy, rules=replace(policy.rules, blacklist=listed)), *a),
    )
    (event,) = given(decider).when(SOUND).decision
    assert event.advice == "refuse"
    assert event.reasons[0].code == "blacklist"


@pytest.mark.parametrize(
    ("income", "outcome"),
    [("1079.80", "pass"), ("1079.00", "refer"), ("982.00", "refer"), ("981.00", "refuse"), ("0.00", "refuse")],
)
def test_the_instalment_is_compared_with_the_declared_income(income: str, outcome: str) -> None:
    event = assessed(declaring(monthly_income=cny(income)))
    assert equal_instalment(600_000, Decimal("0.144"), 12) == 53_985
    assert outcomes(event)["debt-service"] == outcome


@pytest.mark.parametrize(("credits", "outcome"), [(3, "pass"), (4, "refer"), (5, "refer"), (6, "refuse")])
def test_credits_already_running_are_counted(credits: int, outcome: str) -> None:
    assert outcomes(assessed(declaring(existing_credits=credits)))["existing-credits"] == outcome


def test_a_heavy_burden_over_a_long_term_is_looked_at_by_a_person() -> None:
    heavy = declaring(instalment_burden=4)
    assert outcomes(assessed(heavy))["instalment-burden"] == "pass"
    assert outcomes(assessed(replace(heavy, months=48)))["instalment-burden"] == "refer"


def test_an_amount_above_the_limit_is_looked_at_by_a_person() -> None:
    event = assessed(asking(amount=cny("60000.00"), months=60, annual_rate=Decimal(0)))
    assert outcomes(event)["limit"] == "refer"


def test_the_limit_is_a_multiple_of_income_by_rating() -> None:
    event = assessed(SOUND)
    assert event.rating == "A"
    assert event.limit == cny("64800.00")


def test_who_is_refused_has_no_limit() -> None:
    event = assessed(declaring(monthly_income=cny("900.00")))
    assert event.advice == "refuse"
    assert event.limit == cny("0.00")


def test_a_low_score_is_refused_and_one_between_the_cut_offs_is_referred() -> None:
    weak = declaring(checking_account="... < 0 DM", credit_history="existing credits paid back duly till now")
    assert assessed(weak).advice == "approve"
    weaker = replace(weak, months=36, purpose="car (new)")
    assert (outcomes(assessed(weaker))["score"], assessed(weaker).advice) == ("refuse", "refuse")
    between = replace(weak, purpose="business")
    assert (outcomes(assessed(between))["score"], assessed(between).advice) == ("refer", "refer")


def test_a_value_that_the_card_does_not_know_is_neutral_and_seen_by_a_person() -> None:
    event = assessed(declaring(housing="houseboat"))
    assert outcomes(event)["declared-values"] == "refer"
    assert event.advice == "refer"
    assert "housing" in event.reasons[0].message


def test_spelling_by_case_and_blanks_does_not_matter() -> None:
    assert assessed(declaring(housing="  OWN ")) == assessed(SOUND)


def test_another_currency_is_seen_by_a_person() -> None:
    event = assessed(asking(amount=Money(Decimal("6000.00"), "EUR")))
    assert outcomes(event)["declared-values"] == "refer"
    assert event.limit == Money(Decimal("0.00"), "EUR")


def test_an_amount_that_cannot_be_counted_is_refused_without_an_event() -> None:
    given(DECIDER).when(asking(amount=cny("1.234"))).then_refused("bad-amount")


def test_an_instalment_without_interest_is_the_share_of_the_principal() -> None:
    assert equal_instalment(100_001, Decimal(0), 2) == 50_001
