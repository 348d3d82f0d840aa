"""Allocation of money 冲账: instalments oldest first, inside each the components in the order of the terms (horizontal)."""

from collections.abc import Iterable

from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.terms import Conditions


def allocate(balances: Iterable[Balance], amount: int, terms: Conditions) -> list[Allocation]:
    """Share ``amount`` out; instalments not yet due are paid in advance as they stand. The rest is nobody's."""
    shares = []
    for balance in balances:
        if amount == 0:
            break
        if balance.total:
            shares.append(_share(balance, amount, terms))
            amount -= shares[-1].total
    return shares


def _share(balance: Balance, amount: int, terms: Conditions) -> Allocation:
    paid = dict.fromkeys(COMPONENT_NAMES, 0)
    for component in terms.allocation_order:
        paid[component] = min(amount, getattr(balance, component))
        amount -= paid[component]
    return Allocation(balance.number, **paid)
