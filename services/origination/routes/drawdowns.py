"""Drawdowns: release by two people, list."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from loanstream.runtime.kit import Principal, ServiceKit
from schemas.origination.commands import ReleaseDrawdown
from services.origination.domain.contract.text import digest
from services.origination.routes.contracts import contract_text
from services.origination.routes.queries import Cursor, Identifier, Limit, missing, one, page, visible
from services.origination.routes.tables import CONTRACTS, DRAWDOWNS

State = Literal["requested", "released", "ordered", "unknown", "disbursed", "failed"]

_LOOKS = 40
_PAUSE_SECONDS = 0.05


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of drawdowns."""
    router = APIRouter(tags=["drawdowns"])
    reader = Depends(kit.require("origination:read"))
    releaser = Depends(kit.require("origination:release"))

    @router.get("/drawdowns/{drawdown_id}")
    async def drawdown(request: Request, drawdown_id: str, principal: Principal = reader) -> dict[str, Any]:
        """One drawdown, with its releasers and the results of the last check."""
        await kit.at_least(request, drawdown_id)
        return DRAWDOWNS.view(await visible(kit, principal, DRAWDOWNS, drawdown_id))

    @router.post("/drawdowns/{drawdown_id}/releases")
    async def release(request: Request, drawdown_id: str, principal: Principal = releaser) -> Response:
        """Release the payout, as one of two people; the second release orders it.

        The contract's text is rendered anew, and its digest goes with the command to be compared with the signed one.
        """
        command = ReleaseDrawdown(contract_digest=await _digest_now(kit, drawdown_id))
        return await kit.submit(request, principal, "release", drawdown_id, command)

    @router.get("/drawdowns")
    async def drawdowns(
        state: State | None = None,
        loan_id: Identifier = None,
        after: Cursor = None,
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Drawdowns, oldest first; state ``requested`` and ``released`` wait for a releaser."""
        return await page(kit, principal, DRAWDOWNS, {"state": state, "loan_id": loan_id}, after, limit)

    return router


async def _digest_now(kit: ServiceKit, drawdown_id: str) -> str:
    """Digest of the drawdown's contract as it renders now. 404 when there is no such drawdown.

    Contract and drawdown stand on different partitions, so their rows may come one after the other: a drawdown that is
    there waits a moment for its contract.
    """
    drawdown = await one(kit, DRAWDOWNS, drawdown_id)
    if drawdown is None:
        raise missing(kit, DRAWDOWNS, drawdown_id)
    for _ in range(_LOOKS):
        contract = await one(kit, CONTRACTS, drawdown["contract_id"])
        if contract is not None:
            return digest(contract_text(contract))
        await asyncio.sleep(_PAUSE_SECONDS)
    detail = f"Contract {drawdown['contract_id']} is not in the read model yet; try again when the projector caught up."
    raise kit.problem(503, "read-model-behind", detail)
