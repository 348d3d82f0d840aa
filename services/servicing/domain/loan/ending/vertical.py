"""Vertical allocation: one component of every instalment before the next component of any."""

from collections.abc import Iterable, Sequence

from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance


def allocate(balances: Iterable[Balance], amount: int, order: Sequence[Sequence[str]]) -> list[Allocation]:
    """Share ``amount``, minor units, out step by step, in a step oldest instalment first; only what gets something is told."""
    rows = list(balances)
    paid = {row.number: dict.fromkeys(COMPONENT_NAMES, 0) for row in rows}
    for step in order:
        for row in rows:
            for name in step:
                part = min(amount, getattr(row, name))
                paid[row.number][name] += part
                amount -= part
    return [Allocation(number, **parts) for number, parts in paid.items() if any(parts.values())]


def reduce(owed: dict[str, int], amount: int, order: Sequence[str]) -> dict[str, int]:
    """Which components of ``owed`` give ``amount``, in ``order``; less when they hold less."""
    reduction = dict.fromkeys(owed, 0)
    for name in order:
        reduction[name] = min(amount, owed[name])
        amount -= reduction[name]
    return reduction
