"""The rates of one dated loan, each under its own name (precise-rules 6): what a quotation and a contract print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.servicing.domain.cost.aprc import MORTGAGE_2014, Aprc, Version, aprc, years_between
from services.servicing.domain.cost.internal_rate import periodic_irr, xirr
from services.servicing.domain.cost.rates import effective_of_periodic
from services.servicing.domain.cost.roots import Flow
from services.servicing.domain.cost.us_apr import UsApr, us_apr_of_dates

Dated = tuple[date, Decimal]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rates as fractions of one, unrounded; those that count periods hold for payments that are one period apart."""

    periodic_irr: Decimal
    nominal: Decimal
    """单利: m × periodic."""
    effective: Decimal
    """复利: (1 + periodic)^m − 1."""
    xirr: Decimal
    """Effective, on actual/365."""
    aprc: Aprc
    us_apr: UsApr


def labelled(
    received: Dated, payments: Sequence[Dated], per_year: int = 12, version: Version = MORTGAGE_2014
) -> Labelled:
    """Every rate of a loan that is received once and repaid by ``payments`` (principal, interest and charges together).

    Raises :class:`services.servicing.domain.cost.roots.NoRate`.
    """
    start, amount = received
    periodic = periodic_irr([-amount, *(paid for _, paid in payments)]).value
    timed = [Flow(years_between(start, day, version), -paid) for day, paid in payments]
    return Labelled(
        periodic,
        periodic * per_year,
        effective_of_periodic(periodic, per_year),
        xirr([(start, -amount), *payments]).value,
        aprc([Flow(years_between(start, start, version), amount), *timed], version),
        us_apr_of_dates([received], payments),
    )
