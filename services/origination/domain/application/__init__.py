"""Aggregate application 贷款申请: intake, supplement, decision, end. Key: application id.

submitted → accepted ⇄ returned for supplement → (review by a person) → approved → completed by a signed contract; or refused,
or closed. Whether an approval lapsed or was signed is the contract's to decide, in its own order of commands; the
application follows it, so the two can never say different things.
"""

from services.origination.domain.application.calendar import business_day, due
from services.origination.domain.application.decide import decide
from services.origination.domain.application.state import Application, Status, closed, evolve

__all__ = ["Application", "Status", "business_day", "closed", "decide", "due", "evolve"]
