"""Conversions between nominal, effective and periodic rates, each under its own name: there is no field "APR".

Nominal 单利 (m × rate per period), effective 复利 ((1 + i)^m − 1). Rates are fractions of one; results are unrounded to some
thirty digits, rounding is the caller's.
"""

from decimal import Decimal, localcontext

from services.servicing.domain.cost.roots import PRECISION

Number = Decimal | int


def effective_of_nominal(nominal: Decimal, per_year: Number) -> Decimal:
    """(1 + nominal/m)^m − 1."""
    with localcontext(PRECISION):
        return effective_of_periodic(nominal / per_year, per_year)


def nominal_of_effective(effective: Decimal, per_year: Number) -> Decimal:
    """m·((1 + effective)^(1/m) − 1)."""
    with localcontext(PRECISION):
        return periodic_of_effective(effective, per_year) * per_year


def effective_of_periodic(periodic: Decimal, per_year: Number) -> Decimal:
    """(1 + i)^m − 1."""
    with localcontext(PRECISION):
        return (1 + periodic) ** Decimal(per_year) - 1


def periodic_of_effective(effective: Decimal, per_year: Number) -> Decimal:
    """(1 + effective)^(1/m) − 1."""
    with localcontext(PRECISION):
        return (1 + effective) ** (1 / Decimal(per_year)) - 1


def continuous_of_effective(effective: Decimal) -> Decimal:
    """The force of interest ln(1 + effective)."""
    with localcontext(PRECISION):
        return (1 + effective).ln()


def effective_of_continuous(force: Decimal) -> Decimal:
    """e^force − 1."""
    with localcontext(PRECISION):
        return force.exp() - 1


def monthly_of_annual(annual: Decimal) -> Decimal:
    """Chinese bank practice 月利率: annual/12 (precise-rules 3)."""
    with localcontext(PRECISION):
        return annual / 12


def daily_of_annual(annual: Decimal, year_days: int) -> Decimal:
    """日利率: annual/360 or annual/365, as the contract states."""
    with localcontext(PRECISION):
        return annual / year_days
