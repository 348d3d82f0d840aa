"""What funding hosts."""

from collections.abc import Mapping

from loanstream.runtime.definitions import Decider, EffectHandler, Service
from loanstream.runtime.kit import ServiceKit
from services.funding.api import api
from services.funding.domain import account, funding, repayment, transfer
from services.funding.projections import PROJECTION
from services.funding.reactions import REACTIONS

ACCOUNT = Decider("account", account.Account, account.decide, account.evolve, closed=account.closed)
TRANSFER = Decider(
    "transfer",
    transfer.Transfer,
    transfer.decide,
    transfer.evolve,
    due=transfer.due,
    business_day=transfer.business_day,
    closed=transfer.closed,
)
FUNDING = Decider("funding", funding.Funding, funding.decide, funding.evolve, closed=funding.closed)
REPAYMENT = Decider("repayment", repayment.Repayment, repayment.decide, repayment.evolve)


def service() -> Service:
    """The service. It needs no port: deposits are confirmed by a person, payouts by origination."""
    return Service(
        name="funding",
        deciders=(ACCOUNT, TRANSFER, FUNDING, REPAYMENT),
        reactions=REACTIONS,
        projection=PROJECTION,
        effects=_no_effects,
        api=api,
    )


def _no_effects(_kit: ServiceKit) -> Mapping[str, EffectHandler]:
    return {}
