"""What risk hosts."""

from collections.abc import Mapping
from functools import partial

from loanstream.runtime.definitions import Decider, EffectHandler, Service
from loanstream.runtime.kit import ServiceKit
from services.risk.api import api
from services.risk.domain.assessment.decide import decide
from services.risk.domain.assessment.evolve import evolve
from services.risk.domain.assessment.state import Assessment
from services.risk.policy import shipped_policy
from services.risk.projections import PROJECTION
from services.risk.reactions import REACTIONS


def service() -> Service:
    """The service, with the shipped policy bound in. Raises :class:`~services.risk.policy.BadPolicy`."""
    return Service(
        name="risk",
        deciders=(
            Decider(
                aggregate="assessment",
                state=Assessment,
                decide=partial(decide, shipped_policy()),
                evolve=evolve,
                closed=_finished,
            ),
        ),
        reactions=REACTIONS,
        projection=PROJECTION,
        effects=_no_effects,
        api=api,
        is_reactor=True,
    )


def _finished(_state: Assessment) -> bool:
    return True


def _no_effects(_kit: ServiceKit) -> Mapping[str, EffectHandler]:
    return {}
