"""What an application does by business day: an unanswered return for supplement expires."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from schemas.decision import Context
from services.origination.domain.application import results
from services.origination.domain.application.state import Application, Status


def due(state: Application) -> date | None:
    """The day after the supplement's deadline, while the application is returned."""
    if state.status is not Status.RETURNED or state.deadline is None:
        return None
    return state.deadline + timedelta(days=1)


def business_day(state: Application, context: Context) -> Sequence[Any]:
    """Close a returned application whose deadline passed."""
    expires = due(state)
    if expires is None or context.business_date < expires:
        return []
    return [results.ended(state, context, "supplement-expired")]
