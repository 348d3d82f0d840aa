"""Rates that solve an equation of value: bracketed first, then Newton's method kept inside the bracket, all in decimals.

The unknown is the force of interest δ = ln(1 + rate): a flow at time t is worth amount·e^(−δt), which is defined for every rate
above −100 % and every time, whole or not. Flows with one change of sign have one such rate (Descartes' rule of signs, which holds
for any real exponents); with more there may be several, so all of them within :data:`SCANNED` are looked for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul

PRECISION = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""One context for every root, so that no caller's settings change a figure."""
WIDEST = Decimal(4096)
"""Bound of |δ| for flows with one change of sign."""
SCANNED = Decimal(64)
"""Bound of |δ| within which several rates are looked for: −100 % + 10⁻²⁸ to 10²⁸."""

_CLOSE = Decimal("1e-32")
_STEPS = 200
_SCAN = 512


class NoRate(ArithmeticError):
    """No rate solves the equation; the text says why."""


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount at a time, in whatever unit of time the rate is wanted for; what the lender pays is negative."""

    time: Fraction
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate nearest to zero, how often the flows change sign, and the other rates that solve the equation too."""

    value: Decimal
    sign_changes: int
    others: tuple[Decimal, ...] = ()


def rate(flows: Iterable[Flow]) -> Rate:
    """The rate per unit of time at which the flows are worth nothing: Σ amount·(1 + rate)^−time = 0.

    Unrounded to some thirty digits. Raises :class:`NoRate` when all amounts have one sign, or none is found within the bounds.
    """
    ordered = sorted((flow for flow in flows if flow.amount), key=lambda flow: flow.time)
    changes = sign_changes([flow.amount for flow in ordered])
    if changes == 0:
        raise NoRate("there are no flows of both signs, so no rate makes them worth nothing")
    with localcontext(PRECISION):
        times = [Decimal(flow.time.numerator) / flow.time.denominator for flow in ordered]
        value = _present_value(times, [flow.amount for flow in ordered])
        brackets = [_widening(value)] if changes == 1 else _scanned(value)
        found = [bracket for bracket in brackets if bracket is not None]
        if not found:
            raise NoRate("no rate above −100 % makes these flows worth nothing")
        rates = sorted((newton(value, *bracket).exp() - 1 for bracket in found), key=abs)
        return Rate(rates[0], changes, tuple(rates[1:]))


def sign_changes(amounts: Sequence[Decimal]) -> int:
    """How often the sign changes along the amounts, zeros passed over."""
    signs = [amount > 0 for amount in amounts if amount]
    return sum(a != b for a, b in pairwise(signs))


Value = Callable[[Decimal], tuple[Decimal, Decimal]]
"""Value and slope of a function at a point."""


def newton(value: Value, low: Decimal, high: Decimal) -> Decimal:
    """The root of ``value`` between two points where its signs differ: Newton's step, or the middle where it would leave.

    Call it in a context of enough digits; it ends when a step no longer moves the 32nd digit.
    """
    falling = value(low)[0] > 0
    point = (low + high) / 2
    for _ in range(_STEPS):
        at, slope = value(point)
        if at == 0:
            return point
        if (at > 0) == falling:
            low = point
        else:
            high = point
        step = point - at / slope if slope else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - point) <= _CLOSE * max(abs(point), Decimal(1)):
            return following
        point = following
    return point


def _present_value(times: Sequence[Decimal], amounts: Sequence[Decimal]) -> Value:
    """Each discount factor is the one before times that of the gap: flows have few different gaps, exponentials are dear."""
    gaps = [after - before for before, after in pairwise([Decimal(0), *times])]

    def at(force: Decimal) -> tuple[Decimal, Decimal]:
        over = {gap: (-force * gap).exp() for gap in set(gaps)}
        factors = accumulate((over[gap] for gap in gaps), mul)
        worth = [amount * factor for factor, amount in zip(factors, amounts, strict=True)]
        return sum(worth, Decimal(0)), -sum((w * t for w, t in zip(worth, times, strict=True)), Decimal(0))

    return at


def _widening(value: Value) -> tuple[Decimal, Decimal] | None:
    """A bracket around zero, doubled until the signs differ."""
    width = Decimal("0.0625")
    while width <= WIDEST:
        if (value(-width)[0] > 0) != (value(width)[0] > 0):
            return -width, width
        width *= 2
    return None


def _scanned(value: Value) -> list[tuple[Decimal, Decimal]]:
    """Every bracket on a grid that is fine around zero and coarse far from it: points (k/n)³ of the bound."""
    points = [SCANNED * (Decimal(k) / _SCAN) ** 3 for k in range(-_SCAN, _SCAN + 1)]
    signs = [value(point)[0] > 0 for point in points]
    return [(a, b) for (a, b), (s, t) in zip(pairwise(points), pairwise(signs), strict=True) if s != t]
