"""Instalments of a progressive loan in the plain case: all is disbursed on the first day, and nothing else has happened.

The plan of :mod:`services.servicing.domain.schedule.level` comes to the same figures in several passes over its slices. Here one
pass makes the rows and up to three more narrow the difference of the last one. Where a row is anything but plain the answer is
``None``, and the plan is levelled by the long way.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import context, ratio, share_of, to_multiple, units
from services.servicing.domain.schedule.cumulative import Amounts
from services.servicing.domain.schedule.factors import Factors
from services.servicing.domain.terms import Method, Rounding, Terms

SMOOTHINGS = 3
"""How often the instalment is moved to bring the last row nearer to the others."""

_ONE = Decimal(1)
_row = tuple.__new__
_Spans = Sequence[tuple[date, date]]
_Wholes = Sequence[tuple[Decimal, Decimal]]
_Bearing = list[Callable[[int], int]]


class Levelled(NamedTuple):
    """What the rows ask for of principal and interest, in minor units."""

    asked: int
    """Every row but the last."""
    last: int
    bearing: _Bearing
    """The interest of each row, from the balance before it."""
    smoothed: bool = False
    """The difference of the last row was spread over all: what it asks for is agreed, too."""


def plain_level(terms: Terms, factors: Factors, spans: _Spans, amount: int) -> Levelled | None:
    """What the rows ask for; ``None`` where the case is not a plain one."""
    if terms.method is not Method.EQUAL_INSTALMENT or _graced(terms) or terms.full_term_tranches:
        return None
    if amount <= 0 or any(begins >= due for begins, due in spans):
        return None
    wholes = [factors.whole(span) for span in spans]
    bearing = _bearing(terms, wholes, spans)
    asked = terms.fixed_instalment
    if asked is not None:
        return _levelled(bearing, amount, asked)
    asked = _in_multiples(_annuity(terms, wholes, amount), terms.rounding)
    found = _levelled(bearing, amount, asked)
    return found if found is None else _smoothed(terms, bearing, amount, found)


def plain_rows(found: Levelled, spans: _Spans, amount: int) -> Iterator[Amounts]:
    """The rows of a plain case."""
    balance, asked, shifted = amount, found.asked, 0
    for (begins, due), share in zip(spans[:-1], found.bearing, strict=False):
        accrued = share(balance) + shifted
        interest = accrued if accrued < asked else asked
        shifted = accrued - interest
        yield _row(Amounts, (begins, due, asked - interest, interest))
        balance -= asked - interest
    yield Amounts(*spans[-1], balance, found.last - balance)


def _graced(terms: Terms) -> bool:
    grace = terms.grace
    return bool(grace.principal or grace.interest_payment or grace.interest_charged)


def _bearing(terms: Terms, wholes: _Wholes, spans: _Spans) -> _Bearing:
    """The interest of each row, as a function of its balance; rows with the same factor and days share it."""
    known: dict[tuple[Decimal, int], Callable[[int], int]] = {}
    found = []
    for (_, factor), (begins, due) in zip(wholes, spans, strict=True):
        key = factor, (due - begins).days
        share = known.get(key)
        if share is None:
            share = known[key] = _share(terms.rounding, *key)
        found.append(share)
    return found


@lru_cache(maxsize=1024)
def _share(rounding: Rounding, factor: Decimal, days: int) -> Callable[[int], int]:
    """balance × factor ÷ days × days, each step with the digits of the terms, as a plan has it."""
    exact, count = context(rounding), Decimal(days)

    def stepwise(balance: int) -> int:
        return units(
            exact.multiply(exact.divide(exact.multiply(Decimal(balance), factor), count), count),
            rounding,
        )

    return share_of(factor, rounding, stepwise)


def _annuity(terms: Terms, wholes: _Wholes, amount: int) -> int:
    """A = B·Π(1+f) ÷ (1 + gₙ·(1 + gₙ₋₁·(1 + …))), multiplied from the first row on."""
    exact = context(terms.rounding)
    product = divisor = _ONE
    multiply, add = exact.multiply, exact.add
    for number, (factor, _) in enumerate(wholes):
        growth = _ONE + factor
        product = multiply(product, growth)
        if number:
            divisor = add(_ONE, multiply(divisor, growth))
    return units(exact.divide(multiply(product, Decimal(amount)), divisor), terms.rounding)


def _in_multiples(amount: int, rounding: Rounding) -> int:
    rounded = to_multiple(amount, rounding)
    return amount if amount > 0 and rounded == 0 else rounded


def _levelled(bearing: _Bearing, balance: int, asked: int) -> Levelled | None:
    """Each row asks for ``asked``, the last for what is left; interest for which a row has no room goes to the next.

    ``None`` where the balance is gone before the last row, or that one has no room for its interest.
    """
    shifted = 0
    for share in bearing[:-1]:
        interest = share(balance) + shifted
        if interest > asked:
            shifted = interest - asked
            continue
        shifted = 0
        balance -= asked - interest
        if balance <= 0:
            return None
    interest = bearing[-1](balance) + shifted
    return Levelled(asked, balance + interest, bearing) if interest < asked else None


def _smoothed(terms: Terms, bearing: _Bearing, amount: int, found: Levelled) -> Levelled | None:
    """Spread a wide difference of the last row over all rows, as long as that narrows it."""
    count = len(bearing)
    wide = (count // 2) * 10**terms.rounding.currency_digits
    for _ in range(SMOOTHINGS):
        difference = found.last - found.asked
        if count < 2 or abs(difference) * 100 <= wide:
            break
        asked = _in_multiples(found.asked + ratio(difference, count, terms.rounding), terms.rounding)
        if asked == found.asked:
            break
        tried = _levelled(bearing, amount, asked)
        if tried is None:
            return None
        if abs(tried.last - asked) >= abs(difference):
            break
        found = tried._replace(smoothed=True)
    return found
