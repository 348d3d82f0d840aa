"""Internal rates of return: by period (IRR) and by dates on actual/365 (XIRR)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from services.servicing.domain.cost.roots import PRECISION, Flow, NoRate, Rate, rate

_YEAR = Fraction(365)


def periodic_irr(flows: Sequence[Decimal]) -> Rate:
    """The rate per period 内部收益率 of flows that are one period apart, the first at once: Σ flow_k·(1 + i)^−k = 0.

    Of several rates the one nearest to zero, as spreadsheets give; how often the sign changes and the other rates stand beside it.
    Unrounded. Raises :class:`NoRate`.
    """
    return rate(Flow(Fraction(period), amount) for period, amount in enumerate(flows))


def xirr(flows: Iterable[tuple[date, Decimal]], year_days: Fraction = _YEAR) -> Rate:
    """The effective annual rate of dated flows on actual/365: Σ a_j/(1 + x)^((d_j − d_0)/365) = 0, d_0 the earliest date.

    The flows may come in any order; unrounded. Source: support.microsoft.com, XIRR. Raises :class:`NoRate`.
    """
    dated = sorted(flows)
    first = min((day for day, _ in dated), default=date.min)
    return rate(Flow((day - first).days / year_days, amount) for day, amount in dated)


def net_present_value(rate: Decimal, flows: Sequence[Decimal]) -> Decimal:
    """Σ flow_k/(1 + rate)^k, the first flow at once; unrounded."""
    with localcontext(PRECISION):
        return sum((amount / (1 + rate) ** period for period, amount in enumerate(flows)), Decimal(0))


def modified_irr(flows: Sequence[Decimal], finance_rate: Decimal, reinvestment_rate: Decimal) -> Decimal:
    """The rate that takes what is paid, discounted at one rate, to what comes in, compounded at another, over all periods.

    Raises :class:`NoRate` when nothing is paid or nothing comes in.
    """
    periods = len(flows) - 1
    paid = -net_present_value(finance_rate, [min(amount, Decimal(0)) for amount in flows])
    received = net_present_value(reinvestment_rate, [max(amount, Decimal(0)) for amount in flows])
    if not paid or not received:
        raise NoRate("there are no flows of both signs, so no rate makes them worth nothing")
    with localcontext(PRECISION):
        return (received * (1 + reinvestment_rate) ** periods / paid) ** (1 / Decimal(periods)) - 1
