"""Expected credit loss 预期信用损失 as products of probability, loss and exposure (IFRS 9 5.5; CAS 22), unrounded."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from services.servicing.domain.cost.roots import PRECISION

ONE = Decimal(1)


class Period(NamedTuple):
    """One period's marginal probability of default, loss given default and exposure; ``years`` from now to its cash shortfall."""

    pd: Decimal
    lgd: Decimal
    exposure: Decimal
    years: Decimal = Decimal(0)


def twelve_months(exposure: Decimal, pd: Decimal, lgd: Decimal) -> Decimal:
    """Stage 1: exposure × probability of default within 12 months × loss given default, undiscounted as in IFRS 9 IE example 1."""
    return exposure * pd * lgd


def lifetime(periods: Iterable[Period], rate: Decimal = Decimal(0)) -> Decimal:
    """Stages 2 and 3: Σ marginal PD × LGD × EAD ÷ (1 + effective rate)^years."""
    with localcontext(PRECISION):
        return sum((p.pd * p.lgd * p.exposure / (1 + rate) ** p.years for p in periods), Decimal(0))


def marginal(pds_given_survival: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Marginal probabilities from conditional ones: what survived so far, times the probability of the period."""
    survived, found = ONE, []
    for pd in pds_given_survival:
        found.append(survived * pd)
        survived *= ONE - pd
    return tuple(found)


def weighted(scenarios: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Σ weight × loss over scenarios. Raises :class:`ValueError` unless the weights sum to one."""
    listed = tuple(scenarios)
    if sum(weight for weight, _ in listed) != 1:
        raise ValueError("the weights of the scenarios do not sum to 1")
    return sum((weight * loss for weight, loss in listed), Decimal(0))


def provision_matrix(buckets: Iterable[tuple[Decimal, Decimal]]) -> tuple[Decimal, ...]:
    """Simplified approach: balance × loss rate for each bucket of days past due (IFRS 9 IE example 12)."""
    return tuple(balance * rate for balance, rate in buckets)
