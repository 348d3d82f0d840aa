"""Flat rates 等本等息: interest on the original principal, and the rates they really are."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from services.servicing.domain.cost.internal_rate import periodic_irr
from services.servicing.domain.cost.rates import effective_of_periodic
from services.servicing.domain.cost.roots import PRECISION


@dataclass(frozen=True, slots=True)
class FlatLoan:
    """A flat-rate loan and its rates, each under its own name; fractions of one, unrounded."""

    instalment: Decimal
    """(P + P·f·n)/n."""
    total: Decimal
    periodic: Decimal
    """The internal rate per period on what was paid out."""
    nominal: Decimal
    """m × periodic: what Singapore's banks call EIR."""
    effective: Decimal
    """(1 + periodic)^m − 1: what Hong Kong, the EU and the UK call APR."""


def flat_loan(
    principal: Decimal,
    flat: Decimal,
    periods: int,
    fee: Decimal = Decimal(0),
    per_year: int = 12,
    paid: Decimal | None = None,
) -> FlatLoan:
    """A loan at ``flat`` per period on the original principal; ``fee`` is kept from, or paid with, the payout.

    ``paid`` is the instalment where it is published rounded.
    """
    with localcontext(PRECISION):
        level = paid or (principal + principal * flat * periods) / periods
        rate = periodic_irr([fee - principal] + [level] * periods).value
        return FlatLoan(level, level * periods, rate, rate * per_year, effective_of_periodic(rate, per_year))
