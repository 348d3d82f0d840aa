"""What a running loan needs of its frozen terms, written as one short text that all loans of a kind share."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from sys import intern

from schemas.terms import LoanTerms
from services.servicing.domain.rules import RULES, Rules

COMPONENTS = ("penalty", "interest", "principal")
"""Components of a debt, in the order used where the terms name none (Civil Code 561: costs, interest, principal)."""

_ALIASES = {"cost": None, "fee": None, "compound": "penalty"}
"""Slots of a wider order that this ledger has no component for, or keeps under another."""


@dataclass(frozen=True)
class Conditions:
    """The terms that decide after booking."""

    currency: str
    rules_name: str
    annual_rate: Decimal
    penalty_multiplier: Decimal
    day_basis: int
    grace_days: int
    allocation_order: tuple[str, ...]

    @cached_property
    def rules(self) -> Rules:
        """The version of the arithmetic."""
        return RULES[self.rules_name]

    @cached_property
    def penalty_rate(self) -> Decimal:
        """Penalty rate a year 罚息利率: it replaces the contract rate on what is past due."""
        return self.annual_rate * self.penalty_multiplier

    def penalty(self, base: int, days: int) -> int:
        """Penalty on ``base`` for ``days``, minor units, rounded as the rules say."""
        return self.rules.penalty(base, self.penalty_rate, self.day_basis, days)


def condition_text(terms: LoanTerms) -> str:
    """The text that stands for ``terms`` in a loan's state: equal terms give the same object."""
    parts = (
        terms.principal.currency,
        terms.rules,
        str(terms.annual_rate),
        str(terms.penalty_multiplier),
        str(terms.day_basis),
        str(terms.grace_days),
        ",".join(_order(terms.allocation_order)),
    )
    return intern("|".join(parts))


@lru_cache(maxsize=4096)
def conditions(text: str) -> Conditions:
    """What :func:`condition_text` wrote, read back."""
    currency, rules, rate, multiplier, basis, grace, order = text.split("|")
    return Conditions(
        currency, rules, Decimal(rate), Decimal(multiplier), int(basis), int(grace), tuple(order.split(","))
    )


def _order(names: tuple[str, ...]) -> tuple[str, ...]:
    """The allocation order 冲账顺序 over our components; what it leaves out comes last, so that money always finds a place."""
    known = [_ALIASES.get(name, name) for name in names]
    return tuple(dict.fromkeys(name for name in (*known, *COMPONENTS) if name in COMPONENTS))
