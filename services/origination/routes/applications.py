"""Applications: hand in, supplement, withdraw, decide, list."""

from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from loanstream.runtime.kit import Principal, ServiceKit
from schemas.origination.commands import (
    DecideApplication,
    SubmitApplication,
    SupplementApplication,
    WithdrawApplication,
)
from services.origination import identifiers
from services.origination.routes.intake import ApplicationRequest
from services.origination.routes.products import on_sale
from services.origination.routes.queries import Cursor, Identifier, Limit, check_ownership, page, visible
from services.origination.routes.tables import APPLICATIONS

State = Literal[
    "submitted", "returned", "accepted", "review", "approved", "withdrawing", "completed", "refused", "closed"
]

_OPEN = ("submitted", "returned", "accepted", "review", "approved", "withdrawing")


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of applications."""
    router = APIRouter(tags=["applications"])
    _commands(router, kit)
    _queries(router, kit)
    return router


def _commands(router: APIRouter, kit: ServiceKit) -> None:
    applicant = Depends(kit.require("origination:apply"))
    supplementer = Depends(kit.require("origination:supplement"))
    withdrawer = Depends(kit.require("origination:withdraw"))
    decider = Depends(kit.require("origination:decide"))

    @router.post("/applications")
    async def apply(request: Request, body: ApplicationRequest, principal: Principal = applicant) -> Response:
        """Hand an application in.

        The answer names ``application_id``, ``loan_id``, ``party_ref``, ``contract_id`` and ``drawdown_id``. The decision
        follows: accepted, returned for supplement, or closed, when the party applied twice at the same moment.
        """
        application_id = kit.new_id(request, principal, "apply")
        version, terms = await on_sale(kit, body.product_id)
        party_ref = await _party(kit, principal, body, application_id)
        command = SubmitApplication(
            loan_id=identifiers.loan_id(application_id),
            party_ref=party_ref,
            product_id=body.product_id,
            product_version=version,
            product_terms=terms,
            amount=body.amount,
            months=body.months,
            method=body.method,
            purpose=body.purpose,
            repayment_source=body.repayment_source,
            profile=body.profile,
            documents=body.documents,
            language=body.language,
        )
        extra = {
            "application_id": application_id,
            "loan_id": command.loan_id,
            "party_ref": party_ref,
            "contract_id": identifiers.contract_id(application_id),
            "drawdown_id": identifiers.drawdown_id(application_id),
        }
        return await kit.submit(request, principal, "apply", application_id, command, extra)

    @router.post("/applications/{application_id}/supplements")
    async def supplement(
        request: Request, application_id: str, body: SupplementApplication, principal: Principal = supplementer
    ) -> Response:
        """Hand in what a returned application lacks."""
        await check_ownership(kit, principal, APPLICATIONS, application_id)
        return await kit.submit(request, principal, "supplement", application_id, body)

    @router.post("/applications/{application_id}/withdrawal")
    async def withdraw(request: Request, application_id: str, principal: Principal = withdrawer) -> Response:
        """Withdraw an application. After approval the contract decides whether it was signed before."""
        await check_ownership(kit, principal, APPLICATIONS, application_id)
        return await kit.submit(request, principal, "withdraw", application_id, WithdrawApplication())

    @router.post("/applications/{application_id}/decision")
    async def decide(
        request: Request, application_id: str, body: DecideApplication, principal: Principal = decider
    ) -> Response:
        """Approve or refuse an application that the rules referred to a person."""
        return await kit.submit(request, principal, "decide", application_id, body)


def _queries(router: APIRouter, kit: ServiceKit) -> None:
    reader = Depends(kit.require("origination:read"))

    @router.get("/applications/{application_id}")
    async def application(request: Request, application_id: str, principal: Principal = reader) -> dict[str, Any]:
        """One application."""
        await kit.at_least(request, application_id)
        return APPLICATIONS.view(await visible(kit, principal, APPLICATIONS, application_id))

    @router.get("/applications")
    async def applications(
        state: State | None = None,
        loan_id: Identifier = None,
        party_ref: Identifier = None,
        after: Cursor = None,
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Applications, oldest first; a borrower sees their own."""
        filters = {"party_ref": party_ref, "state": state, "loan_id": loan_id}
        return await page(kit, principal, APPLICATIONS, filters, after, limit)


async def _party(kit: ServiceKit, principal: Principal, body: ApplicationRequest, application_id: str) -> str:
    """Store the applicant's data, with the language they are written to in, and answer the party's reference.

    409 ``duplicate-application`` when another application of the party is open, 403 ``not-your-party`` when the caller may
    act for one party only and this is another: nothing is stored then. The read model may lag; what slips through here the
    party's own aggregate closes.
    """
    applicant = body.applicant
    known = await kit.vault.find(applicant.id_number)
    if not kit.owns(principal, known or ""):
        raise kit.problem(
            403, "not-your-party", "applicant.id_number: you may apply for yourself only; sign in as that person."
        )
    if known is not None:
        await _refuse_duplicate(kit, known, application_id)
    fields = {
        "name": applicant.name,
        "id_number": applicant.id_number,
        "phone": applicant.phone,
        "email": applicant.email,
        "address": applicant.address,
        "language": body.language.value,
        identifiers.payee_field(application_id): applicant.bank_account,
    }
    return await kit.vault.register(applicant.id_number, fields, by=principal.subject)


async def _refuse_duplicate(kit: ServiceKit, party_ref: str, application_id: str) -> None:
    rows = await kit.fetch(
        "SELECT application_id FROM applications WHERE party_ref = $1 AND state = ANY($2::text[]) AND application_id <> $3"
        " LIMIT 1",
        party_ref,
        list(_OPEN),
        application_id,
    )
    if rows:
        other = rows[0]["application_id"]
        raise kit.problem(
            409,
            "duplicate-application",
            f"Application {other} of the same party is open; withdraw it or wait for its decision.",
            rule="one open application a party",
            limit="1",
            source=f"application {other}",
        )
