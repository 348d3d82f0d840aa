"""Between minor units in state and money in the contract."""

from collections.abc import Iterable
from typing import Any

from schemas.money import LARGEST_AMOUNT, Money, minor, of_minor
from schemas.terms import Components

COMPONENT_NAMES = ("principal", "interest", "penalty", "compound", "fee", "cost")
"""Components of a debt 科目, in the order in which they stand in state."""

_ALWAYS_THERE = ("principal", "interest", "penalty")


def components(parts: Iterable[Any], currency: str) -> Components:
    """The sum by component of things that have each component in minor units."""
    kept = list(parts)
    sums = {name: sum(getattr(part, name) for part in kept) for name in COMPONENT_NAMES}
    return Components(**_monies(sums, currency))


def amounts(part: Any, currency: str) -> dict[str, Any]:
    """The components of one thing as fields of the contract: a rarer one that is zero is left out."""
    return _monies({name: getattr(part, name) for name in COMPONENT_NAMES}, currency)


def component_units(amounts: Any) -> dict[str, int]:
    """Minor units by component of what the contract states; absent is zero."""
    monies = ((name, getattr(amounts, name, None)) for name in COMPONENT_NAMES)
    return {name: 0 if money is None else minor(money) for name, money in monies}


def total_units(amounts: Any) -> int:
    """All components together."""
    return sum(component_units(amounts).values())


def units(money: Money) -> int | None:
    """Minor units of ``money``; ``None`` when no ledger can hold it: too many decimals, too large, unknown currency."""
    try:
        return minor(money) if abs(money.amount) < LARGEST_AMOUNT else None
    except (ValueError, ArithmeticError):
        return None


def _monies(sums: dict[str, int], currency: str) -> dict[str, Any]:
    return {name: of_minor(value, currency) for name, value in sums.items() if value or name in _ALWAYS_THERE}
