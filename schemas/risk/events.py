"""Public events of risk."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import ConfigDict

from schemas.money import Money
from schemas.registry import event
from schemas.terms import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule as it was applied: version, inputs, outcome."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    rule: str
    """Name of the rule."""
    version: str
    """Version of the rule's data."""
    inputs: str
    outcome: str
    """``pass``, ``refer`` or ``refuse``."""


@event("risk", "assessment")
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessed:
    """An application was assessed: score, rating, reasons, limit, advice, versions 风险评估. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    score: int
    rating: str
    """``A`` (best) to ``E``."""
    probability_of_default: Decimal
    """PD = 1/(1+odds) of the scorecard's calibration."""
    reasons: tuple[ReasonCode, ...]
    """Attributes with the largest shortfall from their best points, and rules that refer or refuse."""
    rules: tuple[RuleResult, ...]
    limit: Money
    """The most that may be lent to this applicant; zero when the advice is to refuse."""
    advice: str
    """``approve``, ``refer`` (a person decides) or ``refuse``."""
    scorecard: str
    """Scorecard and version, e.g. ``consumer/1``."""
