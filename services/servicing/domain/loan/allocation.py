"""Allocation of money 冲账: instalments oldest first, inside each the components in the order of the terms (horizontal)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.servicing.domain.loan.arrears import spared_from
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.terms import Conditions


class Share(NamedTuple):
    """What one instalment gets of a payment, and the penalty that falls away because it counts from an earlier day."""

    balance: Balance
    allocation: Allocation
    cancelled: int


def allocate(balances: Iterable[Balance], amount: int, value_date: date, terms: Conditions) -> list[Share]:
    """Share a positive ``amount`` out; instalments not yet due are paid in advance as they stand. The rest is nobody's."""
    shares = []
    for balance in balances:
        share = _share(balance, amount, value_date, terms)
        shares.append(share)
        amount -= share.allocation.total
        if amount == 0:
            break
    return shares


def _share(balance: Balance, amount: int, value_date: date, terms: Conditions) -> Share:
    """One instalment's share.

    Penalty posted beyond the value date is linear in its base: what of it stands on principal that this payment pays was
    never owed, what stands on the rest still is, but not before the value date.
    """
    start = spared_from(balance.due_date, value_date, terms)
    beyond = max(0, (balance.through - start).days)
    posted_beyond = min(balance.penalty, terms.penalty(balance.principal, beyond))
    owed = {name: getattr(balance, name) for name in COMPONENT_NAMES}
    owed["penalty"] -= posted_beyond
    paid = {}
    for component in terms.allocation_order:
        paid[component] = min(amount, owed[component])
        amount -= paid[component]
    allocation = Allocation(balance.number, **paid)
    cancelled = min(posted_beyond, terms.penalty(allocation.principal, beyond))
    return Share(balance, allocation, cancelled)
