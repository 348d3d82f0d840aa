"""Quotes and simulations over HTTP: the documents of ``loanstream quote`` and ``simulate``; nothing is stored."""

from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends

from loanstream.runtime.http.problems import invalid_fields
from loanstream.runtime.kit import Principal, ServiceKit
from services.servicing.quoting.answers import quote_answer, state_answer
from services.servicing.quoting.documents import Unfit
from services.servicing.quoting.quote import quote
from services.servicing.quoting.simulation import simulate
from services.servicing.quoting.terms_document import QuoteDocument
from services.servicing.quoting.transactions_document import SimulationDocument
from services.servicing.routes.queries import READ

LARGEST_SIMULATION = 12_000
"""Instalments × transactions: each transaction may change each row, and a process answers others meanwhile."""

_AT_ONCE = 1

Answer = TypeVar("Answer")


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of calculations."""
    router = APIRouter()
    permitted = Depends(kit.require(READ))
    limiter = CapacityLimiter(_AT_ONCE)

    async def computed(compute: Callable[[], Answer]) -> Answer:
        """In a thread, one at a time, so that everybody else is answered meanwhile."""
        try:
            return await to_thread.run_sync(compute, limiter=limiter)
        except Unfit as error:
            raise invalid_fields([(fault.field or "body", fault.reason) for fault in error.faults]) from None

    @router.post("/quotes")
    async def quoted(body: QuoteDocument, _principal: Principal = permitted) -> dict[str, Any]:
        """Schedule, total cost and cost figures of terms 试算; the answer is that of ``loanstream quote``. Nothing is stored."""
        return await computed(lambda: quote_answer(quote(body)))

    @router.post("/simulations")
    async def simulated(body: SimulationDocument, _principal: Principal = permitted) -> dict[str, Any]:
        """A loan after each of some transactions; the answer is that of ``loanstream simulate``. Nothing is stored."""
        size = body.terms.instalments * len(body.transactions)
        if size > LARGEST_SIMULATION:
            raise invalid_fields(
                [
                    (
                        "transactions",
                        f"instalments × transactions are {size}, more than {LARGEST_SIMULATION}: take fewer, or"
                        " `loanstream simulate`, which has no such limit",
                    )
                ]
            )
        return await computed(lambda: _states(body))

    return router


def _states(body: SimulationDocument) -> dict[str, Any]:
    terms, states = simulate(body)
    return {"currency": terms.currency, "states": [state_answer(state, terms) for state in states]}
