"""``cn-bank/1``: Chinese bank practice for monthly instalments, exact to the cent in every row.

Monthly rate = annual/12; the instalment is rounded half-up to the minor unit, the interest of each row half-up on the
outstanding balance, principal = instalment − interest, the last instalment absorbs what is left 末期轧差. All arithmetic is in
integers: each rounding is the only one on its way.

FROZEN: loans run on it. A change of any figure is a new version.
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from functools import lru_cache

from schemas.terms import RepaymentMethod


def amounts(method: RepaymentMethod, principal: int, months: int, annual_rate: Decimal) -> list[tuple[int, int]]:
    """(principal, interest) of each instalment in minor units; the principal parts sum to ``principal``.

    Rounding can repay a tiny loan before its last month: the rows after that are zero.
    """
    numerator, denominator = _monthly(annual_rate)
    equal_instalment = method is RepaymentMethod.EQUAL_INSTALMENT
    level = instalment(principal, months, annual_rate) if equal_instalment else _half_up(principal, months)
    rows = []
    balance = principal
    for _ in range(months - 1):
        interest = _half_up(balance * numerator, denominator)
        part = min(balance, level - interest if equal_instalment else level)
        rows.append((part, interest))
        balance -= part
    rows.append((balance, _half_up(balance * numerator, denominator)))
    return rows


def instalment(principal: int, months: int, annual_rate: Decimal) -> int:
    """The equal instalment 等额本息 A = P·i·(1+i)^n / ((1+i)^n − 1), P/n without interest, half-up, in minor units."""
    numerator, denominator = _monthly(annual_rate)
    if numerator == 0:
        return _half_up(principal, months)
    grown, base = (numerator + denominator) ** months, denominator**months
    return _half_up(principal * numerator * grown, denominator * (grown - base))


@lru_cache(maxsize=8192)
def due_date(value_date: date, number: int) -> date:
    """``number`` months after the value date; day 29–31 falls on the last day of a short month, then returns."""
    year, month = divmod(value_date.year * 12 + value_date.month - 1 + number, 12)
    day = value_date.day
    return date(year, month + 1, day if day <= 28 else min(day, monthrange(year, month + 1)[1]))


def penalty(base: int, annual_rate: Decimal, day_basis: int, days: int) -> int:
    """Penalty interest 罚息 on ``base``: base × rate ÷ day basis × days, half-up to the minor unit."""
    numerator, denominator = annual_rate.as_integer_ratio()
    return _half_up(base * numerator * days, denominator * day_basis)


def penalty_days(base: int, annual_rate: Decimal, day_basis: int) -> int | None:
    """The fewest days whose penalty on ``base`` rounds to at least one minor unit; ``None`` when none ever does."""
    numerator, denominator = annual_rate.as_integer_ratio()
    twice_a_day = 2 * base * numerator
    return -(-denominator * day_basis // twice_a_day) if twice_a_day else None


def _monthly(annual_rate: Decimal) -> tuple[int, int]:
    """The monthly rate as a fraction, annual/12 unrounded."""
    numerator, denominator = annual_rate.as_integer_ratio()
    return numerator, denominator * 12


def _half_up(numerator: int, denominator: int) -> int:
    """The quotient of two non-negative integers, rounded half-up 四舍五入."""
    return (2 * numerator + denominator) // (2 * denominator)
