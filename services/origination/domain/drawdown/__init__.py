"""Aggregate drawdown 放款: requested, released by two people, ordered once, confirmed or failed. Key: drawdown id."""

from services.origination.domain.drawdown.decide import decide
from services.origination.domain.drawdown.state import Drawdown, Status, closed, evolve

__all__ = ["Drawdown", "Status", "closed", "decide", "evolve"]
