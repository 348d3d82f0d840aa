"""Aggregate contract 借款合同: drafted text, both signatures, money available; or closed unsigned. Key: contract id.

The contract alone decides whether the approval was used in time: both signatures, the lapse by business day and a withdrawal
meet in its one order of commands.
"""

from services.origination.domain.contract.calendar import business_day, due
from services.origination.domain.contract.decide import decider
from services.origination.domain.contract.state import Contract, closed, evolve

__all__ = ["Contract", "business_day", "closed", "decider", "due", "evolve"]
