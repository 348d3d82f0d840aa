"""Sharing out by what each lender gave: to the cent, the residual by one rule."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

_FRACTION = Decimal("0.000000000001")

Weights = Sequence[tuple[str, int]]
"""Lenders' account ids, each once, with the minor units they lent."""


def split(units: int, weights: Weights) -> list[int]:
    """Parts of ``units`` (minor, not negative) by weight, summing to it exactly.

    The one rounding point of a distribution: each part is ``units × weight ÷ sum of weights`` rounded down; the residual of at
    most one minor unit a lender goes to the largest weight, ties to the smaller account id.
    """
    total = sum(weight for _, weight in weights)
    parts = [units * weight // total for _, weight in weights]
    parts[_residual_taker(weights)] += units - sum(parts)
    return parts


def fractions(weights: Weights) -> list[Decimal]:
    """The weights as fractions of 12 decimals that sum to 1: rounded down, the rest to the one who takes residuals."""
    total = sum(weight for _, weight in weights)
    parts = [(Decimal(weight) / total).quantize(_FRACTION, ROUND_DOWN) for _, weight in weights]
    taker = _residual_taker(weights)
    parts[taker] = 1 - sum((part for i, part in enumerate(parts) if i != taker), Decimal(0))
    return parts


def _residual_taker(weights: Weights) -> int:
    return min(range(len(weights)), key=lambda i: (-weights[i][1], weights[i][0]))
