"""What origination hosts."""

from collections.abc import Mapping

from loanstream.runtime.definitions import Decider, EffectHandler, Service
from loanstream.runtime.kit import ServiceKit
from services.origination.api import api
from services.origination.domain import application, contract, drawdown, party, product
from services.origination.payout import Payout
from services.origination.projections import PROJECTION
from services.origination.reactions import PAYOUT, REACTIONS
from services.origination.shipped import contract_templates


def service() -> Service:
    """The service, with the shipped contract templates bound in. The kit's port ``bank`` is the payout bank."""
    return Service(
        name="origination",
        deciders=deciders(),
        reactions=REACTIONS,
        projection=PROJECTION,
        effects=_effects,
        api=api,
    )


def deciders() -> tuple[Decider, ...]:
    """The five aggregates of origination."""
    return (
        Decider("product", product.Product, product.decide, product.evolve, folds=2),
        Decider("party", party.Party, party.decide, party.evolve),
        Decider(
            "application",
            application.Application,
            application.decide,
            application.evolve,
            due=application.due,
            business_day=application.business_day,
            closed=application.closed,
        ),
        Decider(
            "contract",
            contract.Contract,
            contract.decider(contract_templates()),
            contract.evolve,
            due=contract.due,
            business_day=contract.business_day,
            closed=contract.closed,
            folds=2,
        ),
        Decider("drawdown", drawdown.Drawdown, drawdown.decide, drawdown.evolve, closed=drawdown.closed, folds=2),
    )


def _effects(kit: ServiceKit) -> Mapping[str, EffectHandler]:
    return {PAYOUT: Payout(kit.ports["bank"], kit.vault)}
