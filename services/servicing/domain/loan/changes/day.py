"""The business day of a loan that was changed, or whose rate floats: beside the plain one, its rate and its observation."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context
from schemas.servicing.events import Overdue
from services.servicing.domain.loan import business_day as plain
from services.servicing.domain.loan.changes.repricing import reset_by_day, reset_due
from services.servicing.domain.loan.changes.restructure import restarted
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, Status, changes_of, terms_of


def due(loan: Loan | None) -> date | None:
    """The next date with something to do."""
    day = plain.due(loan)
    if loan is None or loan.status is not Status.ACTIVE or terms_of(loan).agreement.repricing is None:
        return day
    return min((found for found in (day, reset_due(loan)) if found is not None), default=None)


def business_day(loan: Loan, context: Context) -> Sequence[Any]:
    """The events of ``context.business_date``: a rate is set anew after what fell due, a miss restarts an observation."""
    events = plain.business_day(loan, context)
    floats, observed = terms_of(loan).agreement.repricing is not None, changes_of(loan).observed_until is not None
    if loan.status is not Status.ACTIVE or not (floats or observed):
        return events
    draft = Draft(loan, context)
    draft.add(*events)
    if observed and any(isinstance(event, Overdue) for event in events):
        draft.add(*restarted(draft.loan, context.aggregate_id, context.business_date))
    while (on := reset_due(draft.loan)) is not None and on <= context.business_date:
        reset_by_day(draft, on)
    return draft.events
