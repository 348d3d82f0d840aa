"""Rules: which event becomes which message to whom, as data; evaluated by pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from schemas.money import Money
from services.notify.domain.quiet import QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A test on one field of the event; all conditions of a rule must hold."""

    field: str
    test: str
    """``positive`` (money above zero), ``above-field`` (larger than the field ``argument``), ``not`` (is not ``argument``)."""
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One event type becomes one message per channel."""

    event: str
    """Public type, e.g. ``loanstream.servicing.Overdue.v1``."""
    category: str
    """Names the message for people, statistics and preferences."""
    channels: tuple[str, ...]
    template: str
    """Version of the templates of the category, e.g. ``1``."""
    recipient: str = "party_ref"
    """Field with the party reference of who gets it."""
    variables: dict[str, str]
    """What the template is given: name to field, dots descend. References, amounts, dates; never personal data."""
    when: tuple[Condition, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The versioned set of rules."""

    version: str
    quiet_hours: QuietHours | None
    """For people, not for webhooks; ``None`` for none."""
    give_up_after_hours: int
    """How long delivery is tried before a message fails."""
    rules: tuple[Rule, ...]


def _positive(event: Any, condition: Condition) -> bool:
    money: Money = value_at(event, condition.field)
    return money.amount > 0


def _above_field(event: Any, condition: Condition) -> bool:
    return bool(value_at(event, condition.field) > value_at(event, condition.argument))


def _is_not(event: Any, condition: Condition) -> bool:
    return str(value_at(event, condition.field)) != condition.argument


TESTS: Mapping[str, Callable[[Any, Condition], bool]] = {
    "positive": _positive,
    "above-field": _above_field,
    "not": _is_not,
}


def applies(rule: Rule, event: Any) -> bool:
    """Whether every condition of the rule holds for the event."""
    return all(TESTS[condition.test](event, condition) for condition in rule.when)


def value_at(event: Any, path: str) -> Any:
    """The value of a field, dots descending: ``terms.principal``."""
    value = event
    for name in path.split("."):
        value = getattr(value, name)
    return value


def has_path(cls: type[Any], path: str) -> bool:
    """Whether instances of a dataclass have the field that ``path`` names."""
    current: Any = cls
    for name in path.split("."):
        if not is_dataclass(current) or name not in {field.name for field in fields(current)}:
            return False
        current = get_type_hints(current)[name]
    return True


def paths(rule: Rule) -> list[str]:
    """Every field that the rule reads."""
    compared = [c.argument for c in rule.when if c.test == "above-field"]
    return [rule.recipient, *rule.variables.values(), *(c.field for c in rule.when), *compared]
