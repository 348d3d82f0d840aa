"""HTTP of servicing, put together from the routes of each subject."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.servicing.routes import days, due_lists, ending, loans, portfolio, receipts


def api(kit: ServiceKit) -> APIRouter:
    """Routes of servicing."""
    router = APIRouter(tags=["servicing"])
    for subject in (days, receipts, loans, portfolio, ending, due_lists):
        router.include_router(subject.routes(kit))
    return router
