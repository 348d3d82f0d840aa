"""Amortised cost by the effective interest method 摊余成本: income and carrying amount by period.

Source: IFRS 9 Appendix A and B5.4.1; CAS 22.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from services.servicing.domain.cost.internal_rate import periodic_irr
from services.servicing.domain.cost.roots import PRECISION


class Carried(NamedTuple):
    """One period: opening amount, interest income at the effective rate, cash received, closing amount before redemption."""

    opening: Decimal
    income: Decimal
    cash: Decimal
    closing: Decimal


def effective_interest_rate(cost: Decimal, receipts: Sequence[Decimal]) -> Decimal:
    """The rate per period 实际利率 that discounts the receipts to the cost, fees and transaction costs within it."""
    return periodic_irr([-cost, *receipts]).value


def amortised_cost(cost: Decimal, receipts: Sequence[Decimal], rate: Decimal) -> tuple[Carried, ...]:
    """Closing = opening × (1 + rate) − cash, period by period, unrounded; at the exact rate the last closing is zero."""
    carried, opening = [], cost
    with localcontext(PRECISION):
        for cash in receipts:
            income = opening * rate
            closing = opening + income - cash
            carried.append(Carried(opening, income, cash, closing))
            opening = closing
    return tuple(carried)
