"""Contracts: read the text, sign its digest, list."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from loanstream.runtime.kit import Principal, ServiceKit
from schemas import codec
from schemas.origination.commands import SignContract
from schemas.terms import Language, LoanTerms
from services.origination.domain.contract.text import Facts, digest, render
from services.origination.routes.queries import Cursor, Identifier, Limit, check_ownership, page, visible
from services.origination.routes.tables import CONTRACTS
from services.origination.shipped import contract_templates

State = Literal["drafted", "signed", "funded", "closed"]


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of contracts."""
    router = APIRouter(tags=["contracts"])
    reader = Depends(kit.require("origination:read"))

    @router.get("/contracts/{contract_id}")
    async def contract(request: Request, contract_id: str, principal: Principal = reader) -> dict[str, Any]:
        """One contract, with its terms and the digest to sign."""
        await kit.at_least(request, contract_id)
        return CONTRACTS.view(await visible(kit, principal, CONTRACTS, contract_id))

    @router.get("/contracts/{contract_id}/text", response_class=PlainTextResponse)
    async def text(request: Request, contract_id: str, principal: Principal = reader) -> Response:
        """The contract's text; the SHA-256 of the body's bytes is the digest (also the ``ETag``)."""
        await kit.at_least(request, contract_id)
        row = await visible(kit, principal, CONTRACTS, contract_id)
        rendered = contract_text(row)
        if digest(rendered) != row["digest"]:
            detail = f"The text of contract {row['contract_no']} no longer renders to its digest; call the operator."
            raise kit.problem(500, "contract-text-differs", detail)
        return PlainTextResponse(rendered, headers={"ETag": f'"{row["digest"]}"', "Content-Language": row["language"]})

    @router.post("/contracts/{contract_id}/signatures")
    async def sign(request: Request, contract_id: str, body: SignContract, principal: Principal = reader) -> Response:
        """Accept the text for one side by its digest. Needs ``origination:sign-as-borrower`` or ``…-lender`` besides."""
        permission = f"origination:sign-as-{body.side}"
        if permission not in principal.permissions:
            raise kit.problem(403, "forbidden", f"side: signing for the {body.side} needs the permission {permission}.")
        await check_ownership(kit, principal, CONTRACTS, contract_id)
        return await kit.submit(request, principal, "sign", contract_id, body)

    @router.get("/contracts")
    async def contracts(
        state: State | None = None,
        loan_id: Identifier = None,
        after: Cursor = None,
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Contracts, oldest first; a borrower sees their own."""
        return await page(kit, principal, CONTRACTS, {"state": state, "loan_id": loan_id}, after, limit)

    return router


def contract_text(row: Mapping[str, Any]) -> str:
    """The text of a contract, rendered anew from its row."""
    facts = Facts(
        contract_no=row["contract_no"],
        application_id=row["application_id"],
        loan_id=row["loan_id"],
        party_ref=row["party_ref"],
        terms=codec.decode(LoanTerms, row["terms"].encode()),
        language=Language(row["language"]),
        valid_until=row["valid_until"],
    )
    return render(contract_templates()[row["template"]], facts)
