"""What the terms of a product must keep to before anybody can propose them."""

from collections.abc import Callable

from schemas.decision import Refusal
from schemas.terms import ProductTerms
from services.origination.domain.amounts import units, units_in

COMPONENTS = frozenset({"penalty", "interest", "principal"})
"""What an allocation order 冲账顺序 must name, each once."""

KINDS = frozenset({"personal-credit"})
RULES = frozenset({"cn-bank/1"})
"""Released versions of the arithmetic."""

LONGEST_MONTHS = 360
LONGEST_GRACE = 30
LONGEST_WAIT = 3650


def _amounts(terms: ProductTerms) -> bool:
    lowest, highest = units(terms.minimum), units_in(terms.maximum, terms.minimum.currency)
    return lowest is not None and highest is not None and 0 < lowest <= highest


def _days(terms: ProductTerms) -> bool:
    waits = (terms.approval_valid_days, terms.supplement_days, terms.reapply_after_days)
    return all(0 <= days <= LONGEST_WAIT for days in waits)


def _distinct(terms: ProductTerms) -> bool:
    return bool(terms.methods) and len(set(terms.methods)) == len(terms.methods)


Rule = tuple[str, str, Callable[[ProductTerms], bool]]

_RULES: tuple[Rule, ...] = (
    ("kind", "one of " + ", ".join(sorted(KINDS)), lambda t: t.kind in KINDS),
    ("minimum, maximum", "above 0, in one known currency, minimum ≤ maximum, no finer than its minor unit", _amounts),
    (
        "minimum_months, maximum_months",
        f"1 ≤ minimum ≤ maximum ≤ {LONGEST_MONTHS}",
        lambda t: 1 <= t.minimum_months <= t.maximum_months <= LONGEST_MONTHS,
    ),
    ("annual_rate", "a fraction from 0 up to, not including, 1", lambda t: 0 <= t.annual_rate < 1),
    ("methods", "at least one, each once", _distinct),
    ("penalty_multiplier", "1 to 2", lambda t: 1 <= t.penalty_multiplier <= 2),
    ("day_basis", "360 to 366", lambda t: 360 <= t.day_basis <= 366),
    ("grace_days", f"0 to {LONGEST_GRACE}", lambda t: 0 <= t.grace_days <= LONGEST_GRACE),
    (
        "allocation_order",
        "each once: " + ", ".join(sorted(COMPONENTS)),
        lambda t: len(t.allocation_order) == len(COMPONENTS) and set(t.allocation_order) == COMPONENTS,
    ),
    ("rules", "one of " + ", ".join(sorted(RULES)), lambda t: t.rules in RULES),
    ("approval_valid_days, supplement_days, reapply_after_days", f"0 to {LONGEST_WAIT}", _days),
)


def broken_rule(terms: ProductTerms) -> Refusal | None:
    """The first rule that ``terms`` break, as a refusal ``product-terms-invalid`` naming the field; ``None`` if none."""
    for field, limit, holds in _RULES:
        if not holds(terms):
            return Refusal(
                "product-terms-invalid",
                f"terms.{field}: must be {limit}; correct it and propose again.",
                rule=field,
                limit=limit,
                source="product catalogue",
            )
    return None
