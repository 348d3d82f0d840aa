"""The funding of one application's loan 资金落实: requested, then funded; or failed, and requested again by a person.

One lender for now: own capital in the loan's currency. Each attempt is a transfer of its own, whose id follows from the
application and the number of the attempt, so that the end of an earlier attempt is never taken for that of a later one.
"""

from services.funding.domain.funding.decide import decide
from services.funding.domain.funding.evolve import evolve
from services.funding.domain.funding.state import Funding, closed

__all__ = ["Funding", "closed", "decide", "evolve"]
