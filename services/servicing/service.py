"""What servicing hosts."""

from collections.abc import Mapping

from loanstream.runtime.definitions import Decider, EffectHandler, Service
from loanstream.runtime.kit import ServiceKit
from services.servicing.api import api
from services.servicing.domain.loan.changes.day import business_day, due
from services.servicing.domain.loan.decide import decide
from services.servicing.domain.loan.ending.claim import extinguished
from services.servicing.domain.loan.evolve import evolve
from services.servicing.domain.loan.state import Loan, Status
from services.servicing.domain.receipt.decide import decide as decide_receipt
from services.servicing.domain.receipt.evolve import evolve as evolve_receipt
from services.servicing.domain.receipt.state import Receipt
from services.servicing.domain.receipt.state import closed as receipt_closed
from services.servicing.projections import PROJECTION
from services.servicing.reactions import REACTIONS


def service() -> Service:
    """The service. Its business days lead; it calls nothing outside."""
    return Service(
        name="servicing",
        deciders=deciders(),
        reactions=REACTIONS,
        projection=PROJECTION,
        effects=_no_effects,
        api=api,
        follows_days=False,
    )


def deciders() -> tuple[Decider, ...]:
    """The two aggregates of servicing."""
    return (
        Decider("loan", Loan, decide, evolve, due=due, business_day=business_day, closed=_ended, folds=5),
        Decider("receipt", Receipt, decide_receipt, evolve_receipt, closed=receipt_closed, folds=3),
    )


def _ended(loan: Loan | None) -> bool:
    """Settled, sold, or written off with nothing left to recover."""
    if loan is None or loan.status is Status.ACTIVE:
        return False
    return loan.status is not Status.WRITTEN_OFF or extinguished(loan)


def _no_effects(_kit: ServiceKit) -> Mapping[str, EffectHandler]:
    return {}
