"""The shipped rules, checked before a reaction is made of them."""

from collections import Counter
from importlib.resources import files

from pydantic import ValidationError

from schemas.codec import adapter
from schemas.contract import event_class
from schemas.registry import UnknownType
from schemas.terms import Language
from services.notify.domain.rules import TESTS, Rule, Rules, has_path, paths
from services.notify.rendering import template_exists

CHANNELS = ("email",)
"""Channels to people that rules may name; webhooks have subscribers instead."""


class BadRules(ValueError):
    """The rules cannot be used; the text names everything wrong in them."""


def shipped_rules() -> Rules:
    """The rules of this release. Raises :class:`BadRules`."""
    return read_rules((files("services.notify") / "rules.json").read_bytes())


def read_rules(raw: bytes) -> Rules:
    """Rules from JSON. Raises :class:`BadRules`."""
    try:
        rules: Rules = adapter(Rules).validate_json(raw, extra="forbid")
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadRules(f"rules: {'; '.join(wrong)}") from None
    problems = [problem for rule in rules.rules for problem in _problems(rule)] + _doubled(rules)
    if problems:
        raise BadRules(f"rules: {'; '.join(problems)}")
    return rules


def _problems(rule: Rule) -> list[str]:
    at = f"{rule.event} → {rule.category}"
    try:
        cls = event_class(rule.event)
    except UnknownType:
        return [f"{at}: no such event type"]
    found = [f"{at}: the event has no field {path!r}" for path in paths(rule) if not has_path(cls, path)]
    found += [f"{at}: unknown test {c.test!r}; known: {', '.join(TESTS)}" for c in rule.when if c.test not in TESTS]
    found += [
        f"{at}: unknown channel {name!r}; known: {', '.join(CHANNELS)}"
        for name in rule.channels
        if name not in CHANNELS
    ]
    found += [
        f"{at}: there is no template {rule.category}/{language}/{rule.template}.txt"
        for language in Language
        if not template_exists(rule.category, language, rule.template)
    ]
    return found


def _doubled(rules: Rules) -> list[str]:
    """A message is unique by (event, recipient, channel), so a second rule for the pair would never send."""
    pairs = Counter((rule.event, channel) for rule in rules.rules for channel in rule.channels)
    categories = Counter(rule.category for rule in rules.rules)
    found = [f"{event} has two rules for {channel}" for (event, channel), count in pairs.items() if count > 1]
    return found + [f"category {name!r} stands twice" for name, count in categories.items() if count > 1]
