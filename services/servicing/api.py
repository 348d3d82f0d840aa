"""HTTP of servicing, put together from the routes of each subject."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.servicing.routes import (
    changes,
    daily,
    days,
    due_lists,
    ending,
    loans,
    portfolio,
    receipts,
    standing,
    what_if,
)


def api(kit: ServiceKit) -> APIRouter:
    """Routes of servicing."""
    router = APIRouter(tags=["servicing"])
    for subject in (days, receipts, loans, standing, what_if, portfolio, daily, ending, due_lists, changes):
        router.include_router(subject.routes(kit))
    return router
