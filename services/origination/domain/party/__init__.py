"""Aggregate party 客户: one open application at a time, and the waiting time after a refusal. Key: party reference.

A party decides this alone, in the order of its commands, so two applications handed in at the same moment can never both
go on: the second one is closed as a duplicate before anything is decided on it.
"""

from services.origination.domain.party.decide import decide
from services.origination.domain.party.state import Party, evolve

__all__ = ["Party", "decide", "evolve"]
