"""HTTP of servicing, put together from the routes of each subject."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.servicing.routes import days, loans, portfolio, receipts, standing, what_if


def api(kit: ServiceKit) -> APIRouter:
    """Routes of servicing."""
    router = APIRouter(tags=["servicing"])
    for subject in (days, receipts, loans, standing, what_if, portfolio):
        router.include_router(subject.routes(kit))
    return router
