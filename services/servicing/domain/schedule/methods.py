"""Repayment methods of the cumulative family: how much principal each row repays."""

from collections.abc import Callable, Iterator
from decimal import Context, Decimal

from services.servicing.domain.schedule.arithmetic import context, ratio, to_multiple, units
from services.servicing.domain.schedule.rates import level_rate
from services.servicing.domain.terms import Growth, Method, Remainder, Terms

Part = Callable[[int, int], int]
"""(row counted from 0, its interest) -> principal wanted; a row gets no more than the balance, and the last one all of it."""

_ZERO = Decimal(0)
_ONE = Decimal(1)


def nothing(_row: int, _interest: int) -> int:
    """Before anything is disbursed."""
    return 0


def principal_parts(terms: Terms, balance: int, first: int) -> Part:
    """What each row repays when ``balance`` is spread over the rows from ``first`` on."""
    return _PARTS[terms.method](terms, balance, first)


def _level_instalments(terms: Terms, balance: int, first: int) -> Part:
    asked = terms.fixed_instalment
    if asked is None:
        rate = level_rate(terms)
        asked = to_multiple(level(Decimal(balance), rate, terms.instalments - first, terms), terms.rounding)
    return lambda _, interest: asked - interest


def _balloon(terms: Terms, balance: int, first: int) -> Part:
    """Level instalments of what is not left for the last row, or those of a longer series."""
    rate, balloon, rows = level_rate(terms), terms.balloon, terms.instalments - first
    if balloon is None or balloon.amount is None:
        rows += max(0, (balloon.over or 0) - terms.instalments) if balloon is not None else 0
        asked = level(Decimal(balance), rate, rows, terms)
    else:
        left = min(balloon.amount, balance)
        exact = context(terms.rounding)
        asked = level(Decimal(balance - left), rate, rows, terms, exact.multiply(Decimal(left), rate))
    asked = to_multiple(asked, terms.rounding)
    return lambda _, interest: asked - interest


def _equal_principal(terms: Terms, balance: int, first: int) -> Part:
    rows = terms.instalments - first
    part = ratio(balance, rows, terms.rounding)
    if terms.rounding.remainder is Remainder.LAST:
        return lambda _row, _interest: part
    return lambda row, _interest: balance - part * (rows - 1) if row == first else part


def _graded(terms: Terms, balance: int, first: int) -> Part:
    asked = graded_instalments(terms, balance, first)
    return lambda row, interest: asked[row - first] - interest


def graded_instalments(terms: Terms, balance: int, first: int) -> list[int]:
    """The instalments of the rows from ``first`` on: their present value at the rate of a row is ``balance``."""
    growth = terms.growth or Growth()
    steps = [number // growth.every for number in range(terms.instalments - first)]
    exact = context(terms.rounding)
    discounts = list(_discounts(exact, level_rate(terms), len(steps)))
    if growth.percent is not None:
        factor = exact.add(_ONE, exact.divide(growth.percent, Decimal(100)))
        grown = [exact.power(factor, step) for step in steps]
        start = exact.divide(Decimal(balance), _worth(exact, grown, discounts))
        wanted = [exact.multiply(start, one) for one in grown]
    else:
        added = [Decimal((growth.amount or 0) * step) for step in steps]
        rest = exact.subtract(Decimal(balance), _worth(exact, added, discounts))
        start = exact.divide(rest, _worth(exact, [_ONE] * len(steps), discounts))
        wanted = [exact.add(start, one) for one in added]
    return [to_multiple(units(one, terms.rounding), terms.rounding) for one in wanted]


def _discounts(exact: Context, rate: Decimal, rows: int) -> Iterator[Decimal]:
    value = _ONE
    growth = exact.add(_ONE, rate)
    for _ in range(rows):
        value = exact.divide(value, growth)
        yield value


def _worth(exact: Context, payments: list[Decimal], discounts: list[Decimal]) -> Decimal:
    total = _ZERO
    for payment, discount in zip(payments, discounts, strict=True):
        total = exact.add(total, exact.multiply(payment, discount))
    return total


def _custom(terms: Terms, _balance: int, _first: int) -> Part:
    return lambda row, _interest: terms.plan[row].principal


def _at_the_end(_terms: Terms, _balance: int, _first: int) -> Part:
    return lambda _row, _interest: 0


_PARTS: dict[Method, Callable[[Terms, int, int], Part]] = {
    Method.EQUAL_INSTALMENT: _level_instalments,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _at_the_end,
    Method.BULLET: _at_the_end,
    Method.GRADED: _graded,
    Method.BALLOON: _balloon,
    Method.CUSTOM: _custom,
}


def level(balance: Decimal, rate: Decimal, rows: int, terms: Terms, beside: Decimal = _ZERO) -> int:
    """A = B·i·(1+i)^n ÷ ((1+i)^n − 1), B/n without interest; ``beside`` is each row's interest on what is left for the last."""
    exact = context(terms.rounding)
    if not rate:
        return units(exact.divide(balance, Decimal(rows)), terms.rounding)
    grown = exact.power(_ONE + rate, rows)
    asked = exact.divide(exact.multiply(exact.multiply(balance, rate), grown), exact.subtract(grown, _ONE))
    return units(exact.add(asked, beside) if beside else asked, terms.rounding)
