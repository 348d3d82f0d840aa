"""Allocation of money 冲账: instalments oldest first, inside each the components in the order of the terms (horizontal)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.servicing.domain.loan.arrears import spared_from
from services.servicing.domain.loan.daily.overdue_interest import Accruing, Charge
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance


class Share(NamedTuple):
    """What one instalment gets of a payment, and what falls away because the payment counts from an earlier day."""

    balance: Balance
    allocation: Allocation
    cancelled: int
    """Penalty."""
    cancelled_compound: int = 0


def allocate(balances: Iterable[Balance], amount: int, value_date: date, rules: Accruing) -> list[Share]:
    """Share a positive ``amount`` out; instalments not yet due are paid in advance as they stand. The rest is nobody's."""
    shares = []
    for balance in balances:
        share = _share(balance, amount, value_date, rules)
        shares.append(share)
        amount -= share.allocation.total
        if amount == 0:
            break
    return shares


def _share(balance: Balance, amount: int, value_date: date, rules: Accruing) -> Share:
    """One instalment's share.

    Penalty posted beyond the value date is linear in its base: what of it stands on principal that this payment pays was
    never owed, what stands on the rest still is, but not before the value date. So is compound interest in unpaid interest.
    """
    start = spared_from(balance.due_date, value_date, rules.terms)
    number, through = balance.number, balance.through
    penalty_beyond = min(balance.penalty, _sum(rules.on_principal(number, balance.principal, start, through)))
    compound_beyond = min(balance.compound, _sum(rules.on_interest(number, balance.interest, start, through)))
    owed = {name: getattr(balance, name) for name in COMPONENT_NAMES}
    owed["penalty"] -= penalty_beyond
    owed["compound"] -= compound_beyond
    paid = {}
    for component in rules.terms.allocation_order:
        paid[component] = min(amount, owed[component])
        amount -= paid[component]
    allocation = Allocation(number, **paid)
    return Share(
        balance,
        allocation,
        min(penalty_beyond, _sum(rules.on_principal(number, allocation.principal, start, through))),
        min(compound_beyond, _sum(rules.on_interest(number, allocation.interest, start, through))),
    )


def _sum(charges: Iterable[Charge]) -> int:
    return sum(charge.amount for charge in charges)
