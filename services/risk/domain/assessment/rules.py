"""Rules beside the score 准入规则: each a pure function with its parameters from data, each with version, inputs, outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from hashlib import sha256

from schemas.risk.events import RuleResult
from services.risk.domain.assessment.case import Case
from services.risk.domain.assessment.scaling import ARITHMETIC
from services.risk.domain.assessment.scorecard import Scorecard, Scored

PASS = "pass"  # noqa: S105 - an outcome, not a password
REFER = "refer"
REFUSE = "refuse"
SEVERITY = (PASS, REFER, REFUSE)
"""Outcomes from best to worst."""

_RATIO_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blacklist:
    """Persons who get no loan: SHA-256 (hex) of the party reference, so that the list names nobody."""

    version: str
    digests: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredValues:
    """Declared values must lie in the scorecard's bands and its currency, else a person looks."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtService:
    """Instalment ÷ declared monthly income 月供收入比: above the first a person looks, above the second it is refused."""

    version: str
    refer_above: Decimal
    refuse_above: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentBurden:
    """A declared burden class this high over a term this long is looked at by a person."""

    version: str
    refer_from_class: int
    refer_from_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingCredits:
    """Credits already running: above the first a person looks, above the second it is refused."""

    version: str
    refer_above: int
    refuse_above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCutOff:
    """From the first score on it passes, below the second it is refused, between a person looks."""

    version: str
    pass_from: int
    refuse_below: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LendingLimit:
    """The most that may be lent: monthly income × the multiple of the rating 授信额度; above it a person looks."""

    version: str
    income_multiples: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A versioned set of rules, as shipped in ``rules/<name>-<version>.json``."""

    name: str
    version: str
    blacklist: Blacklist
    declared_values: DeclaredValues
    debt_service: DebtService
    instalment_burden: InstalmentBurden
    existing_credits: ExistingCredits
    score: ScoreCutOff
    limit: LendingLimit


@dataclass(frozen=True, slots=True)
class Finding:
    """A case with its score: all that a rule may look at."""

    case: Case
    card: Scorecard
    points: tuple[Scored, ...]
    score: int
    rating: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule's result and its sentence for the applicant, used when it does not pass."""

    result: RuleResult
    message: str


def blacklisted(rules: Rules, finding: Finding) -> Checked:
    """Refuse a person on the blacklist."""
    listed = sha256(finding.case.asked.party_ref.encode()).hexdigest() in rules.blacklist.digests
    outcome = REFUSE if listed else PASS
    return _checked(
        "blacklist", rules.blacklist.version, f"listed={_yes(listed)}", outcome, "No loans are given to this person."
    )


def declared_values(rules: Rules, finding: Finding) -> Checked:
    """Refer what the scorecard cannot read: a value in no band, another currency."""
    unknown = [s.attribute.name for s in finding.points if not s.known]
    profile = finding.case.asked.profile
    foreign = sorted({finding.case.currency, profile.monthly_income.currency} - {finding.card.currency})
    return _checked(
        "declared-values",
        rules.declared_values.version,
        f"unknown={','.join(unknown) or 'none'}; foreign_currency={','.join(foreign) or 'none'}",
        REFER if unknown or foreign else PASS,
        f"Declared values cannot be scored: {', '.join([*unknown, *foreign])}.",
    )


def debt_service(rules: Rules, finding: Finding) -> Checked:
    """Compare the instalment with the declared income; no income at all is refused."""
    rule, case = rules.debt_service, finding.case
    ratio = debt_service_ratio(case)
    too_much = ratio is None or ratio > rule.refuse_above
    outcome = REFUSE if too_much else REFER if ratio is not None and ratio > rule.refer_above else PASS
    return _checked(
        "debt-service",
        rule.version,
        f"instalment={case.instalment}; income={case.income}; ratio={'none' if ratio is None else ratio}; "
        f"refer_above={rule.refer_above}; refuse_above={rule.refuse_above}",
        outcome,
        f"The instalment is {'more than the income' if ratio is None else f'{ratio:.1%} of the monthly income'};"
        f" up to {rule.refer_above:.0%} is affordable.",
    )


def debt_service_ratio(case: Case) -> Decimal | None:
    """Instalment ÷ income with four decimals, half-up; ``None`` without income."""
    if case.income <= 0:
        return None
    with localcontext(ARITHMETIC):
        return (Decimal(case.instalment) / case.income).quantize(_RATIO_STEP, ROUND_HALF_UP)


def instalment_burden(rules: Rules, finding: Finding) -> Checked:
    """Refer a heavy burden over a long term."""
    rule, asked = rules.instalment_burden, finding.case.asked
    burden = asked.profile.instalment_burden
    heavy = burden >= rule.refer_from_class and asked.months >= rule.refer_from_months
    return _checked(
        "instalment-burden",
        rule.version,
        f"class={burden}; months={asked.months}; from_class={rule.refer_from_class}; from_months={rule.refer_from_months}",
        REFER if heavy else PASS,
        f"Instalments take a large share of the income for {asked.months} months.",
    )


def existing_credits(rules: Rules, finding: Finding) -> Checked:
    """Count credits already running 多头借贷."""
    rule, count = rules.existing_credits, finding.case.asked.profile.existing_credits
    outcome = REFUSE if count > rule.refuse_above else REFER if count > rule.refer_above else PASS
    return _checked(
        "existing-credits",
        rule.version,
        f"credits={count}; refer_above={rule.refer_above}; refuse_above={rule.refuse_above}",
        outcome,
        f"{count} credits are already running.",
    )


def score_cut_off(rules: Rules, finding: Finding) -> Checked:
    """Compare the score with the cut-offs."""
    rule, score = rules.score, finding.score
    outcome = PASS if score >= rule.pass_from else REFUSE if score < rule.refuse_below else REFER
    return _checked(
        "score",
        rule.version,
        f"score={score}; pass_from={rule.pass_from}; refuse_below={rule.refuse_below}",
        outcome,
        f"The score is {score}; {rule.pass_from} is needed.",
    )


def within_limit(rules: Rules, finding: Finding) -> Checked:
    """Refer an amount above the limit."""
    limit = lending_limit(rules, finding)
    return _checked(
        "limit",
        rules.limit.version,
        f"amount={finding.case.amount}; limit={limit}; rating={finding.rating}",
        REFER if finding.case.amount > limit else PASS,
        "The amount is above what may be lent on this income and rating.",
    )


def lending_limit(rules: Rules, finding: Finding) -> int:
    """Minor units: declared monthly income × the multiple of the rating; zero when the income is in another currency."""
    if finding.case.asked.profile.monthly_income.currency != finding.case.currency:
        return 0
    return max(0, finding.case.income) * rules.limit.income_multiples[finding.rating]


CHECKS: tuple[Callable[[Rules, Finding], Checked], ...] = (
    blacklisted,
    declared_values,
    debt_service,
    instalment_burden,
    existing_credits,
    score_cut_off,
    within_limit,
)
"""Every rule, in the order in which results and reasons are given."""


def problems(rules: Rules) -> list[str]:
    """What is wrong with a set of rules, a sentence each; empty when it can be used."""
    found = []
    if rules.debt_service.refer_above > rules.debt_service.refuse_above:
        found.append("debt_service: refer_above is larger than refuse_above")
    if rules.existing_credits.refer_above > rules.existing_credits.refuse_above:
        found.append("existing_credits: refer_above is larger than refuse_above")
    if rules.score.pass_from < rules.score.refuse_below:
        found.append("score: pass_from is smaller than refuse_below")
    if sorted(rules.limit.income_multiples) != list("ABCDE"):
        found.append("limit: income_multiples must name each rating A to E")
    found += [f"blacklist: {d!r} is no SHA-256 in hex" for d in sorted(rules.blacklist.digests) if len(d) != 64]
    return found


def _checked(rule: str, version: str, inputs: str, outcome: str, message: str) -> Checked:
    return Checked(RuleResult(rule=rule, version=version, inputs=inputs, outcome=outcome), message)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
