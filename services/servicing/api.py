"""HTTP of servicing, put together from the routes of each subject."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.servicing.routes import days, loans, portfolio, receipts, standing


def api(kit: ServiceKit) -> APIRouter:
    """Routes of servicing."""
    router = APIRouter(tags=["servicing"])
    for subject in (days, receipts, loans, standing, portfolio):
        router.include_router(subject.routes(kit))
    return router
