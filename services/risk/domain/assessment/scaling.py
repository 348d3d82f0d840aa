"""Scaling of a scorecard: score = offset + factor·ln(odds), odds good:bad, with factor = PDO/ln 2."""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

ARITHMETIC = Context(prec=28)
"""One context for every division and logarithm of risk, so that no caller's settings change a decision."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A line from log odds to points; unrounded."""

    factor: Decimal
    offset: Decimal

    def score(self, odds: Decimal) -> Decimal:
        """Points of good:bad odds."""
        with localcontext(ARITHMETIC):
            return self.offset + self.factor * odds.ln()

    def odds(self, score: Decimal) -> Decimal:
        """Good:bad odds of a score."""
        with localcontext(ARITHMETIC):
            return ((score - self.offset) / self.factor).exp()

    def pd(self, score: Decimal) -> Decimal:
        """Probability of default 1/(1 + odds)."""
        with localcontext(ARITHMETIC):
            return 1 / (1 + self.odds(score))

    def points(self, woe: Decimal, coefficient: Decimal, intercept: Decimal, attributes: int) -> Decimal:
        """Points of one attribute: −(woe·β + α/n)·factor + offset/n, for a model of the log odds of bad."""
        with localcontext(ARITHMETIC):
            return -(woe * coefficient + intercept / attributes) * self.factor + self.offset / attributes


def scaling(base_score: Decimal, base_odds: Decimal, points_to_double_odds: Decimal) -> Scaling:
    """The line on which ``base_odds`` score ``base_score`` and every ``points_to_double_odds`` more double the odds.

    Odds are good:bad; given as bad:good the sign of ln(odds) turns, which is 1/odds here.
    """
    with localcontext(ARITHMETIC):
        factor = points_to_double_odds / Decimal(2).ln()
        return Scaling(factor, base_score - factor * base_odds.ln())
