"""Between minor units in state and money in the contract."""

from collections.abc import Iterable
from typing import Any

from schemas.money import LARGEST_AMOUNT, Money, minor, of_minor
from schemas.terms import Components

COMPONENT_NAMES = ("principal", "interest", "penalty")


def components(parts: Iterable[Any], currency: str) -> Components:
    """The sum by component of things that have ``principal``, ``interest`` and ``penalty`` in minor units."""
    principal = interest = penalty = 0
    for part in parts:
        principal += part.principal
        interest += part.interest
        penalty += part.penalty
    return Components(
        principal=of_minor(principal, currency),
        interest=of_minor(interest, currency),
        penalty=of_minor(penalty, currency),
    )


def units(money: Money) -> int | None:
    """Minor units of ``money``; ``None`` when no ledger can hold it: too many decimals, too large, unknown currency."""
    try:
        return minor(money) if abs(money.amount) < LARGEST_AMOUNT else None
    except (ValueError, ArithmeticError):
        return None
