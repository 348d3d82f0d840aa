"""Fold of a funding."""

from dataclasses import replace
from typing import Any

from schemas.funding.events import Funded, FundingFailed, FundingRequested
from schemas.money import minor
from services.funding.domain.funding.state import Funding, Status

_ENDS: dict[type, Status] = {Funded: Status.FUNDED, FundingFailed: Status.FAILED}


def evolve(state: Funding | None, event: Any) -> Funding:
    """The funding after ``event``."""
    if isinstance(event, FundingRequested):
        attempt = state.attempt + 1 if state else 1
        units, currency = minor(event.amount), event.amount.currency
        return Funding(Status.REQUESTED, event.contract_id, event.loan_id, units, currency, attempt)
    assert state is not None
    return replace(state, status=_ENDS[type(event)])
