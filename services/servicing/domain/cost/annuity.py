"""The annuity 等额本息 unrounded: what spreadsheets and published calculators call PMT, PV, FV, NPER, IPMT, PPMT.

One sign for all: a loan's principal and its instalments are both positive. ``balloon`` is what is still owed after the last
instalment; ``in_advance`` pays at the beginning of each period. Results carry some forty digits; the cent-exact family is
:mod:`services.servicing.domain.rules`.
"""

from decimal import Decimal, localcontext

from services.servicing.domain.cost.roots import PRECISION

ZERO = Decimal(0)


def instalment(
    principal: Decimal, rate: Decimal, periods: Decimal | int, balloon: Decimal = ZERO, in_advance: bool = False
) -> Decimal:
    """A = (P·q^n − B)·i/(q^n − 1) with q = 1 + i, divided by q in advance; (P − B)/n without interest."""
    with localcontext(PRECISION):
        if rate == 0:
            return (principal - balloon) / periods
        grown = (1 + rate) ** periods
        paid = (principal * grown - balloon) * rate / (grown - 1)
        return paid / (1 + rate) if in_advance else paid


def balance(
    principal: Decimal, rate: Decimal, paid: Decimal, periods: Decimal | int, in_advance: bool = False
) -> Decimal:
    """B_k = P·q^k − A·(q^k − 1)/i: owed after ``periods`` instalments of ``paid``."""
    with localcontext(PRECISION):
        if rate == 0:
            return principal - paid * periods
        grown = (1 + rate) ** periods
        each = paid * (1 + rate) if in_advance else paid
        return principal * grown - each * (grown - 1) / rate


def principal_of(
    paid: Decimal, rate: Decimal, periods: Decimal | int, balloon: Decimal = ZERO, in_advance: bool = False
) -> Decimal:
    """The principal that ``periods`` instalments of ``paid`` and a last ``balloon`` repay."""
    with localcontext(PRECISION):
        if rate == 0:
            return paid * periods + balloon
        grown = (1 + rate) ** periods
        each = paid * (1 + rate) if in_advance else paid
        return (each * (grown - 1) / rate + balloon) / grown


def periods_to_repay(
    principal: Decimal, rate: Decimal, paid: Decimal, balloon: Decimal = ZERO, in_advance: bool = False
) -> Decimal:
    """n = ln((A − B·i)/(A − P·i))/ln(1 + i), seldom whole. Raises :class:`NeverAmortises`."""
    with localcontext(PRECISION):
        each = paid * (1 + rate) if in_advance else paid
        if each <= principal * rate or each <= 0:
            raise NeverAmortises(f"an instalment of {paid} does not cover the interest on {principal}")
        if rate == 0:
            return (principal - balloon) / paid
        return ((each - balloon * rate) / (each - principal * rate)).ln() / (1 + rate).ln()


def signed_periods(
    present: Decimal, rate: Decimal, paid: Decimal, future: Decimal = ZERO, in_advance: bool = False
) -> Decimal:
    """NPER with the signs of spreadsheets: n of pv·q^n + pmt·(q^n − 1)/i + fv = 0, negative where it lies in the past.

    Raises :class:`NeverAmortises` where no such n is real.
    """
    with localcontext(PRECISION):
        each = paid * (1 + rate) if in_advance else paid
        if rate == 0 and paid:
            return -(present + future) / paid
        share = (each - future * rate) / (each + present * rate) if each + present * rate else ZERO
        if share <= 0:
            raise NeverAmortises(f"payments of {paid} never take {present} to {future}")
        return share.ln() / (1 + rate).ln()


def interest_part(principal: Decimal, rate: Decimal, paid: Decimal, period: int, in_advance: bool = False) -> Decimal:
    """The interest in instalment ``period``, counted from 1: the balance before it, times the rate."""
    with localcontext(PRECISION):
        if not in_advance:
            return balance(principal, rate, paid, period - 1) * rate
        before = balance(principal, rate, paid, period - 1, in_advance=True)
        return ZERO if period == 1 else before * rate / (1 + rate)


class NeverAmortises(ArithmeticError):
    """The instalment does not cover the interest, so the loan would never be repaid."""
