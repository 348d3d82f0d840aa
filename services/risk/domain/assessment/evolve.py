"""Fold of an assessment."""

from schemas.risk.events import RiskAssessed
from services.risk.domain.assessment.state import Assessment


def evolve(_state: Assessment | None, event: RiskAssessed) -> Assessment:
    """The state after ``event``: an assessment is made once and then finished."""
    return Assessment(event.advice)
