"""HTTP of origination, mounted under ``/api/origination``."""

from fastapi import APIRouter

from loanstream.runtime.kit import ServiceKit
from services.origination.routes import applications, contracts, drawdowns, products, totals


def api(kit: ServiceKit) -> APIRouter:
    """All routes: products, applications, contracts, drawdowns, totals."""
    router = APIRouter()
    for subject in (products, applications, contracts, drawdowns, totals):
        router.include_router(subject.routes(kit))
    return router
