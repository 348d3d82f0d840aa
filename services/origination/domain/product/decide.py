"""Maker and checker of a product: one proposes a version, another publishes it 产品发布双人复核."""

from schemas.decision import Context, Refusal
from schemas.origination.commands import ProposeProduct, PublishProduct, WithdrawProduct
from schemas.origination.events import ProductProposed, ProductPublished, ProductWithdrawn
from services.origination.domain.deciding import Decision, decided_by
from services.origination.domain.product.state import Product, Status
from services.origination.domain.product.terms import broken_rule


def _propose(state: Product | None, command: ProposeProduct, context: Context) -> Decision:
    broken = broken_rule(command.terms)
    if broken is not None:
        return broken
    versions = state.versions if state else ()
    if versions and versions[-1].status is not Status.WITHDRAWN and versions[-1].terms == command.terms:
        return Refusal(
            "product-unchanged",
            f"Version {len(versions)} of product {context.aggregate_id} has exactly these terms; nothing to propose.",
            limit=str(len(versions)),
            source=f"product {context.aggregate_id}/{len(versions)}",
        )
    event = ProductProposed(
        product_id=context.aggregate_id,
        version=len(versions) + 1,
        terms=command.terms,
        maker=context.actor.subject,
    )
    return [event]


def _publish(state: Product, command: PublishProduct, context: Context) -> Decision:
    version = state.version(command.version)
    if version is None:
        return _unknown_version(command.version, context)
    if version.status is Status.WITHDRAWN:
        return Refusal(
            "version-withdrawn",
            f"Version {command.version} of product {context.aggregate_id} was withdrawn; propose a new one.",
        )
    if version.status is Status.PUBLISHED:
        return []
    if version.maker == context.actor.subject:
        return Refusal(
            "maker-is-checker",
            f"{version.maker} proposed version {command.version}; another person must publish it.",
            rule="maker-checker",
            limit="two people",
            source=f"product {context.aggregate_id}/{command.version}",
        )
    event = ProductPublished(
        product_id=context.aggregate_id,
        version=command.version,
        terms=version.terms,
        maker=version.maker,
        checker=context.actor.subject,
    )
    return [event]


def _withdraw(state: Product, command: WithdrawProduct, context: Context) -> Decision:
    version = state.version(command.version)
    if version is None:
        return _unknown_version(command.version, context)
    if version.status is Status.WITHDRAWN:
        return []
    event = ProductWithdrawn(
        product_id=context.aggregate_id,
        version=command.version,
        reason=command.reason,
        withdrawn_by=context.actor.subject,
    )
    return [event]


def _unknown_version(number: int, context: Context) -> Refusal:
    return Refusal("unknown-version", f"Product {context.aggregate_id} has no version {number}; see the product list.")


decide = decided_by("product", {ProposeProduct: _propose}, {PublishProduct: _publish, WithdrawProduct: _withdraw})
"""Decide one command on a product."""
