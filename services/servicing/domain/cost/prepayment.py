"""What a prepayment 提前还款 changes in an equal-instalment loan: the term or the instalment, and the interest saved.

On unrounded balances, as calculators publish it; the ledger's own prepayment is cent-exact and decided by its rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from enum import StrEnum

from services.servicing.domain.cost.annuity import balance, instalment, periods_to_repay
from services.servicing.domain.cost.roots import PRECISION

_NEARLY_WHOLE = Decimal("1e-12")
_SETTLED = Decimal("1e-20")


class Keep(StrEnum):
    """What stays the same."""

    INSTALMENT = "instalment"
    """缩短期限: the term gets shorter, the last instalment smaller."""
    TERM = "term"
    """减少月供: the instalment gets smaller."""


@dataclass(frozen=True, slots=True)
class Prepaid:
    """A loan before and after a partial prepayment; interest is over the whole life, saved is before less after."""

    instalment_before: Decimal
    interest_before: Decimal
    balance: Decimal
    """Owed right after the prepayment."""
    instalment: Decimal
    periods: int
    """Of the whole life, those before the prepayment included."""
    last_instalment: Decimal
    interest: Decimal

    @property
    def saved(self) -> Decimal:
        """Interest saved; a fee for prepaying is not in it."""
        return self.interest_before - self.interest


def partial(
    principal: Decimal,
    rate: Decimal,
    periods: int,
    after: int,
    amount: Decimal,
    keep: Keep,
    per_period: Decimal | None = None,
) -> Prepaid:
    """``amount`` prepaid right after instalment ``after``: n' = ceil(ln(A/(A − B·i))/ln(1 + i)), or A anew over the rest.

    ``per_period`` is the instalment where it was published rounded. Raises :class:`ValueError` when more is prepaid than owed.
    """
    with localcontext(PRECISION):
        level = per_period or instalment(principal, rate, periods)
        left = balance(principal, rate, level, after) - amount
        if left < 0:
            raise ValueError(f"{amount} is more than the {left + amount} owed after instalment {after}")
        rest = periods - after
        if keep is Keep.TERM:
            lower = instalment(left, rate, rest)
            return Prepaid(
                level,
                level * periods - principal,
                left,
                lower,
                periods,
                lower,
                _interest(principal, level, after, lower * rest, amount),
            )
        rest = _whole(periods_to_repay(left, rate, level)) if left else 0
        last = balance(left, rate, level, rest - 1) * (1 + rate) if rest else Decimal(0)
        paid = level * max(rest - 1, 0) + last
        return Prepaid(
            level,
            level * periods - principal,
            left,
            level,
            after + rest,
            last,
            _interest(principal, level, after, paid, amount),
        )


def recurring(
    principal: Decimal, rate: Decimal, periods: int, extra: Decimal, every: int = 1, first: int | None = None
) -> Prepaid:
    """``extra`` paid with every ``every``-th instalment from ``first`` (``every``) on, the instalment kept: a shorter term."""
    begin = every if first is None else first

    def more(number: int) -> Decimal:
        return extra if number >= begin and (number - begin) % every == 0 else Decimal(0)

    return _paid_off(principal, rate, periods, lambda number, level: level + more(number))


def rising(principal: Decimal, rate: Decimal, periods: int, growth: Decimal, every: int = 12) -> Prepaid:
    """The instalment ``growth`` times itself after every ``every``-th one: a shorter term."""
    return _paid_off(principal, rate, periods, lambda number, level: level * growth ** ((number - 1) // every))


def repeated(principal: Decimal, rate: Decimal, periods: int, lumps: Mapping[int, Decimal], keep: Keep) -> Prepaid:
    """Several lump sums, each right after the instalment of its number; of :attr:`Keep.TERM` each one lowers the instalment.

    Raises :class:`ValueError` when more is prepaid than owed.
    """
    if keep is Keep.INSTALMENT:
        return _paid_off(principal, rate, periods, lambda number, level: level + lumps.get(number, Decimal(0)))
    with localcontext(PRECISION):
        level = before = instalment(principal, rate, periods)
        left, number, paid = principal, 0, Decimal(0)
        for after in sorted(lumps):
            left = balance(left, rate, level, after - number) - lumps[after]
            if left < 0:
                raise ValueError(f"{lumps[after]} is more than the {left + lumps[after]} owed after instalment {after}")
            paid += level * (after - number) + lumps[after]
            number, level = after, instalment(left, rate, periods - after)
        interest = paid + level * (periods - number) - principal
        return Prepaid(before, before * periods - principal, left, level, periods, level, interest)


def _paid_off(principal: Decimal, rate: Decimal, periods: int, paying: Callable[[int, Decimal], Decimal]) -> Prepaid:
    """``paying`` (number, level instalment) until nothing is owed; the last payment is what is left."""
    with localcontext(PRECISION):
        level = instalment(principal, rate, periods)
        left, number, interest, paid = principal, 0, Decimal(0), Decimal(0)
        while left > _SETTLED:
            number += 1
            due = left * (1 + rate)
            paid = min(paying(number, level), due)
            interest += left * rate
            left = due - paid
        return Prepaid(level, level * periods - principal, principal, level, number, paid, interest)


def _interest(principal: Decimal, level: Decimal, after: int, later: Decimal, amount: Decimal) -> Decimal:
    return level * after + amount + later - principal


def _whole(periods: Decimal) -> int:
    return int((periods - _NEARLY_WHOLE).to_integral_value(ROUND_CEILING))
