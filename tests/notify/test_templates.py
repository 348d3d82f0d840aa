"""Templates: every rule has a letter in every language, and a letter has no gaps."""

import re
from dataclasses import fields
from importlib.resources import files
from typing import Any

import pytest

from schemas import contract
from schemas.terms import Language
from services.notify import rendering
from services.notify.domain.rules import Rule
from services.notify.loading import shipped_rules
from services.notify.payloads import email_payload
from services.notify.rendering import BadTemplate, Text, render
from services.risk.domain.assessment.rules import Rules as RiskRules
from services.risk.domain.assessment.scorecard import SCORABLE
from tests.notify.samples import SAMPLES, meta_of

RULES = shipped_rules().rules


def letter(rule: Rule, language: Language) -> Text:
    """The rule's letter about the example event."""
    event = SAMPLES[contract.event_class(rule.event)]
    variables: dict[str, Any] = email_payload(rule, event, meta_of(event))["variables"]
    return render(rule.category, language, rule.template, variables | {"greeting": "Dear Wang,"})


def the(category: str) -> Rule:
    """The rule of a category."""
    return next(rule for rule in RULES if rule.category == category)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.category)
def test_every_rule_has_a_letter_in_every_language(rule: Rule, language: Language) -> None:
    text = letter(rule, language)
    assert text.subject
    assert text.body.startswith("Dear Wang,\n\n")
    assert not re.search(r"[{}]|None|Undefined", text.subject + text.body)
    assert bool(re.search(r"[\u4e00-\u9fff]", text.subject)) == (language is Language.ZH)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.category)
def test_every_variable_of_a_rule_is_used_in_both_languages(rule: Rule) -> None:
    folder = files("services.notify") / "templates" / rule.category
    for language in Language:
        source = (folder / language / f"{rule.template}.txt").read_text(encoding="utf-8")
        unused = [name for name in rule.variables if not re.search(rf"\b{name}\b", source)]
        assert not unused, f"{rule.category}/{language}: {unused}"


def test_amounts_dates_and_rates_are_written_as_the_language_does() -> None:
    assert "12,345.60元" in letter(the("loan-approved"), Language.ZH).body
    assert "2026年3月5日" in letter(the("loan-approved"), Language.ZH).body
    assert "14.4%" in letter(the("loan-approved"), Language.ZH).body
    assert "CNY 12,345.60" in letter(the("loan-approved"), Language.EN).body
    assert "5 March 2026" in letter(the("loan-approved"), Language.EN).body


def test_what_is_past_due_is_itemised_with_its_total() -> None:
    body = letter(the("overdue"), Language.EN).body
    assert [
        re.search(rf"{name}: CNY ([\d,.]+)", body)[1] for name in ("Principal", "Interest", "Penalty interest", "Total")
    ] == [
        "1,000.00",
        "234.50",
        "0.07",
        "1,234.57",
    ]


def test_reasons_are_given_in_words_and_unknown_ones_in_the_events_sentence() -> None:
    zh = letter(the("loan-refused"), Language.ZH).body
    assert "- 储蓄情况\n" in zh
    assert "- Something new.\n" in zh
    assert "- Your savings\n" in letter(the("loan-refused"), Language.EN).body


def test_every_reason_that_risk_can_give_has_words_in_both_languages() -> None:
    rules = {field.name.replace("_", "-") for field in fields(RiskRules)} - {"name", "version"}
    codes = rules | {f"score-{name.replace('_', '-')}" for name in SCORABLE}
    for language in Language:
        text = rendering._reasons(language)
        assert [code for code in codes if text({"code": code, "message": "?"}) == "?"] == []


def test_a_missing_variable_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(BadTemplate, match="settled/en/1 cannot be rendered: UndefinedError"):
        render("settled", Language.EN, "1", {"greeting": "Dear Wang,"})


def test_a_missing_template_is_an_error() -> None:
    with pytest.raises(BadTemplate, match="settled/en/9"):
        render("settled", Language.EN, "9", {})


def test_a_template_cannot_leave_its_sandbox() -> None:
    template = rendering._environment(Language.EN).from_string("{{ ''.__class__.__mro__ }}")
    with pytest.raises(Exception, match="unsafe"):
        template.render()


def test_other_currencies_are_written_by_their_code() -> None:
    assert rendering.money_zh({"amount": "1000", "currency": "JPY"}) == "JPY 1,000"
