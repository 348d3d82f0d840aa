"""HTTP of servicing, put together from the routes of each subject."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.servicing.routes import changes, days, loans, portfolio, receipts


def api(kit: ServiceKit) -> APIRouter:
    """Routes of servicing."""
    router = APIRouter(tags=["servicing"])
    for subject in (days, receipts, loans, portfolio, changes):
        router.include_router(subject.routes(kit))
    return router
