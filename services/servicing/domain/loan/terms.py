"""What a running loan needs of its frozen terms, written as one short text that all loans of a kind share."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from sys import intern

from schemas import codec
from schemas.agreement import Agreement
from schemas.terms import LoanTerms
from services.servicing.domain.rules import RULES, Rules

COMPONENTS = ("cost", "fee", "penalty", "compound", "interest", "principal")
"""Components of a debt, in the order used where the terms name none (Civil Code 561: costs, interest, principal)."""

_PLACES = {"cost": ("fee", 0), "compound": ("penalty", 1), "penalty": ("compound", 0)}
"""An order that leaves out one of these gives it the place of the other (precise-rules 9): before it, or after."""

_PLAIN = Agreement()
"""Nothing agreed beyond the plain loan."""


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
    agreement: Agreement

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
        codec.encode(terms.agreement).decode() if terms.agreement else "",
    )
    return intern("|".join(parts))


def with_rules(text: str, rules: str) -> str:
    """The same conditions on another version of the arithmetic."""
    currency, _, rest = text.split("|", 2)
    return intern("|".join((currency, rules, rest)))


@lru_cache(maxsize=4096)
def conditions(text: str) -> Conditions:
    """What :func:`condition_text` wrote, read back."""
    currency, rules, rate, multiplier, basis, grace, order, agreement = text.split("|", 7)
    return Conditions(
        currency,
        rules,
        Decimal(rate),
        Decimal(multiplier),
        int(basis),
        int(grace),
        tuple(order.split(",")),
        agreed(agreement),
    )


@lru_cache(maxsize=4096)
def agreed(text: str | None) -> Agreement:
    """What is agreed beyond the plain loan, from its JSON; the plain one when there is none."""
    agreement: Agreement = codec.decode(Agreement, text.encode()) if text else _PLAIN
    return agreement


def _order(names: tuple[str, ...]) -> tuple[str, ...]:
    """The allocation order 冲账顺序 over all components, so that money always finds a place.

    Compound interest is paid with penalty where it is left out, cost with fees; fees that are left out come first.
    """
    known = [name for name in names if name in COMPONENTS]
    if "fee" not in known:
        known.insert(0, "fee")
    for name, (place, after) in _PLACES.items():
        if name not in known and place in known:
            known.insert(known.index(place) + after, name)
    return tuple(dict.fromkeys((*known, *COMPONENTS)))
