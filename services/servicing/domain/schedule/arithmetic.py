"""Arithmetic with a stated precision: every division happens here or in a :class:`~decimal.Context` made here."""

from collections.abc import Callable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Overflow
from functools import lru_cache

from services.servicing.domain.terms import Rounding

_WIDE = 60


@lru_cache(maxsize=64)
def context(rounding: Rounding) -> Context:
    """The context in which intermediate results keep ``rounding.digits`` significant digits."""
    return Context(prec=rounding.digits, rounding=rounding.mode, traps=[Overflow])


@lru_cache(maxsize=64)
def _exact(mode: str) -> Context:
    return Context(prec=_WIDE, rounding=mode, traps=[Overflow])


def units(amount: Decimal, rounding: Rounding) -> int:
    """``amount`` of minor units rounded to whole ones: the rounding point of every figure that is posted."""
    return int(amount.to_integral_value(rounding.mode))


def ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The quotient of two integers with the precision of the terms, then rounded to a whole number."""
    return units(context(rounding).divide(Decimal(numerator), Decimal(denominator)), rounding)


def percentage(amount: int, percent: Decimal, rounding: Rounding) -> int:
    """``percent`` of ``amount`` in whole minor units."""
    exact = context(rounding)
    return units(exact.divide(exact.multiply(Decimal(amount), percent), Decimal(100)), rounding)


def to_multiple(amount: int, rounding: Rounding) -> int:
    """``amount`` rounded to the instalment multiple, where there is one."""
    multiple = rounding.multiple
    if not multiple:
        return amount
    return units(Decimal(amount) / multiple, rounding) * multiple


def scaled(value: Decimal, rounding: Rounding) -> Decimal:
    """``value`` with as many decimals as the terms keep digits: how a rate factor is stored."""
    return value.quantize(_step(rounding.digits), context=_exact(rounding.mode))


@lru_cache(maxsize=64)
def _step(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


_HALVES = (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN)
_NEAR = 10_000
"""A product nearer to a half than one part in so many is rounded the long way."""


def share_of(rate: Decimal, rounding: Rounding, stepwise: Callable[[int], int]) -> Callable[[int], int]:
    """``stepwise``, which takes ``rate`` of a whole amount and rounds every step, by one integer division where that is the same.

    The steps move a product by less than one part in ten to the power of the digits kept. Unless the product lies as near as
    that to a half, one rounding of the exact product gives the same whole number.
    """
    if rounding.mode not in _HALVES or rate <= 0:
        return stepwise
    numerator, denominator = rate.as_integer_ratio()
    limit = 10 ** (rounding.digits - 6) // (1 + numerator // denominator)
    numerator, half, denominator = numerator * 2, denominator, denominator * 2
    near = denominator // _NEAR + 1
    far = denominator - near

    def shared(amount: int) -> int:
        whole, left = divmod(amount * numerator + half, denominator)
        return whole if near < left < far and 0 <= amount < limit else stepwise(amount)

    return shared
