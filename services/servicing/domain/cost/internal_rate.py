"""Internal rates of return: by period (IRR) and by dates on actual/365 (XIRR)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.servicing.domain.cost.roots import Flow, Rate, rate


def periodic_irr(flows: Sequence[Decimal]) -> Rate:
    """The rate per period 内部收益率 of flows that are one period apart, the first at once: Σ flow_k·(1 + i)^−k = 0.

    Of several rates the one nearest to zero, as spreadsheets give; how often the sign changes and the other rates stand beside it.
    Unrounded. Raises :class:`NoRate`.
    """
    return rate(Flow(Fraction(period), amount) for period, amount in enumerate(flows))


def xirr(flows: Iterable[tuple[date, Decimal]]) -> Rate:
    """The effective annual rate of dated flows on actual/365: Σ a_j/(1 + x)^((d_j − d_0)/365) = 0, d_0 the earliest date.

    The flows may come in any order; unrounded. Source: support.microsoft.com, XIRR. Raises :class:`NoRate`.
    """
    dated = sorted(flows)
    first = min((day for day, _ in dated), default=date.min)
    return rate(Flow(Fraction((day - first).days, 365), amount) for day, amount in dated)
