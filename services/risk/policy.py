"""The shipped policy: scorecard and rules from package data, checked before they decide anything."""

from importlib.resources import files
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.codec import adapter
from services.risk.domain.assessment import rules as rulebook
from services.risk.domain.assessment import scorecard as cards
from services.risk.domain.assessment.decide import Policy
from services.risk.domain.assessment.rules import Rules
from services.risk.domain.assessment.scorecard import Scorecard

SCORECARD = "consumer-1"
RULES = "consumer-1"
"""The versions in force. A new version is a new file; released ones stay, so that old decisions can be explained."""

T = TypeVar("T")


class BadPolicy(ValueError):
    """A scorecard or a set of rules cannot be used; the text names the file and everything wrong in it."""


def shipped_policy(scorecard: str = SCORECARD, rules: str = RULES) -> Policy:
    """The policy of this release. Raises :class:`BadPolicy`."""
    return read_policy(_package_data("scorecards", scorecard), _package_data("rules", rules))


def read_policy(scorecard: bytes, rules: bytes) -> Policy:
    """A policy from the JSON of a scorecard and of a set of rules. Raises :class:`BadPolicy`."""
    card = _read(Scorecard, "scorecard", scorecard)
    _refuse(f"scorecard {card.label}", cards.problems(card))
    rule_set = _read(Rules, "rules", rules)
    _refuse(f"rules {rule_set.name}/{rule_set.version}", rulebook.problems(rule_set))
    return Policy(card, rule_set)


def _read(cls: type[T], what: str, raw: bytes) -> T:
    try:
        value: T = adapter(cls).validate_json(raw, extra="forbid")
    except ValidationError as error:
        raise BadPolicy(f"{what}: {'; '.join(map(_sentence, error.errors()))}") from None
    return value


def _sentence(error: Any) -> str:
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def _refuse(what: str, problems: list[str]) -> None:
    if problems:
        raise BadPolicy(f"{what}: {'; '.join(problems)}")


def _package_data(folder: str, name: str) -> bytes:
    return (files("services.risk") / folder / f"{name}.json").read_bytes()
