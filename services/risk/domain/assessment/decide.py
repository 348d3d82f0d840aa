"""The decision: score, rules, advice = the worst of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.risk.commands import AssessApplicant
from schemas.risk.events import RiskAssessed
from schemas.terms import ReasonCode
from services.risk.domain.assessment import rules as rulebook
from services.risk.domain.assessment.case import Case, case_of, declared
from services.risk.domain.assessment.rules import Checked, Finding, Rules
from services.risk.domain.assessment.scorecard import (
    Scorecard,
    probability_of_default,
    rating,
    reason_codes,
    scored,
)
from services.risk.domain.assessment.state import Assessment

ADVICE = {rulebook.PASS: "approve", rulebook.REFER: "refer", rulebook.REFUSE: "refuse"}
"""Advice by the worst outcome of the rules; the score's cut-offs are one of them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The versions in force: bound into the decider where the service is assembled."""

    scorecard: Scorecard
    rules: Rules


def decide(
    policy: Policy, state: Assessment | None, command: AssessApplicant, context: Context
) -> Sequence[RiskAssessed] | Refusal:
    """Assess an application once; a repeat does nothing. Refuses ``bad-amount`` for money that cannot be counted."""
    if state is not None:
        return []
    try:
        case = case_of(command)
    except ValueError as error:
        return Refusal("bad-amount", f"{error}; send amount and income in whole minor units", rule="assessment")
    return [_assessed(policy, _found(policy, case), context.aggregate_id)]


def _found(policy: Policy, case: Case) -> Finding:
    points = scored(policy.scorecard, declared(case.asked))
    score = sum(s.points for s in points)
    return Finding(case, policy.scorecard, points, score, rating(policy.scorecard, score))


def _assessed(policy: Policy, finding: Finding, application_id: str) -> RiskAssessed:
    checked = [check(policy.rules, finding) for check in rulebook.CHECKS]
    worst = max((c.result.outcome for c in checked), key=rulebook.SEVERITY.index)
    limit = 0 if worst == rulebook.REFUSE else rulebook.lending_limit(policy.rules, finding)
    asked = finding.case.asked
    return RiskAssessed(
        application_id=application_id,
        loan_id=asked.loan_id,
        party_ref=asked.party_ref,
        score=finding.score,
        rating=finding.rating,
        probability_of_default=probability_of_default(policy.scorecard.scale, finding.score),
        reasons=(*_rule_reasons(policy.rules, checked), *reason_codes(policy.scorecard, finding.points)),
        rules=tuple(c.result for c in checked),
        limit=of_minor(limit, finding.case.currency),
        advice=ADVICE[worst],
        scorecard=policy.scorecard.label,
    )


def _rule_reasons(rules: Rules, checked: Sequence[Checked]) -> tuple[ReasonCode, ...]:
    return tuple(
        ReasonCode(
            code=c.result.rule,
            message=c.message,
            rule=f"{rules.name}/{rules.version}:{c.result.rule}/{c.result.version}",
        )
        for c in checked
        if c.result.outcome != rulebook.PASS
    )
