"""Products: propose, publish by another person, withdraw, list."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime.http.inputs import ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas import codec
from schemas.origination.commands import ProposeProduct, PublishProduct, WithdrawProduct
from schemas.terms import ProductTerms
from services.origination.routes.queries import Identifier
from services.origination.shipped import shipped_products

ProductId = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
State = Literal["proposed", "published", "withdrawn"]
Version = Annotated[int, Path(ge=1, le=1_000_000)]

_PLAIN = ("product_id", "version", "state", "maker", "checker", "proposed_on", "published_on", "withdrawn_on", "reason")


class ProductRequest(BaseModel):
    """A product version to propose."""

    model_config = ConfigDict(extra="forbid")

    product_id: ProductId
    terms: ProductTerms


class Reason(BaseModel):
    """Why something is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of products."""
    router = APIRouter(tags=["products"])
    maker = Depends(kit.require("origination:propose-product"))
    checker = Depends(kit.require("origination:publish-product"))
    reader = Depends(kit.require("origination:read"))

    @router.post("/products")
    async def propose(request: Request, body: ProductRequest, principal: Principal = maker) -> Response:
        """Propose the next version of a product; the answer's ``ProductProposed`` names it."""
        command = ProposeProduct(terms=body.terms)
        return await kit.submit(request, principal, "propose-product", body.product_id, command)

    @router.post("/products/{product_id}/versions/{version}/publication")
    async def publish(request: Request, product_id: str, version: Version, principal: Principal = checker) -> Response:
        """Publish a proposed version. Refused ``maker-is-checker`` for the person who proposed it."""
        command = PublishProduct(version=version)
        return await kit.submit(request, principal, "publish-product", product_id, command)

    @router.post("/products/{product_id}/versions/{version}/withdrawal")
    async def withdraw(
        request: Request, product_id: str, version: Version, body: Reason, principal: Principal = checker
    ) -> Response:
        """Close a version to new applications; running loans are untouched."""
        command = WithdrawProduct(version=version, reason=body.reason)
        return await kit.submit(request, principal, "withdraw-product", product_id, command)

    @router.get("/products", dependencies=[reader])
    async def products(request: Request, product_id: Identifier = None, state: State | None = None) -> dict[str, Any]:
        """Every version of every product, or of one; newest version first. ``at-least`` needs ``product_id``."""
        if product_id is not None:
            await kit.at_least(request, product_id)
        rows = await kit.fetch(
            "SELECT * FROM products WHERE ($1::text IS NULL OR product_id = $1) AND ($2::text IS NULL OR state = $2)"
            " AND terms IS NOT NULL ORDER BY product_id, version DESC",
            product_id,
            state,
        )
        return {"products": [{**{k: row[k] for k in _PLAIN}, "terms": json.loads(row["terms"])} for row in rows]}

    @router.get("/products/shipped", dependencies=[reader])
    async def shipped() -> dict[str, Any]:
        """Products that come with the system, ready to be proposed: ``[{"product_id", "terms"}]``."""
        found = shipped_products().items()
        return {"products": [{"product_id": name, "terms": json.loads(codec.encode(terms))} for name, terms in found]}

    return router


async def on_sale(kit: ServiceKit, product_id: str) -> tuple[int, ProductTerms]:
    """Version and terms of the newest published version. 409 ``product-not-on-sale`` when there is none."""
    rows = await kit.fetch(
        "SELECT version, terms FROM products WHERE product_id = $1 AND state = 'published' AND terms IS NOT NULL"
        " ORDER BY version DESC LIMIT 1",
        product_id,
    )
    if not rows:
        detail = (
            f"product_id: {product_id} is not on sale; GET /api/origination/products?state=published lists what is."
        )
        raise kit.problem(409, "product-not-on-sale", detail, rule="product catalogue", source=f"product {product_id}")
    return rows[0]["version"], codec.decode(ProductTerms, rows[0]["terms"].encode())
