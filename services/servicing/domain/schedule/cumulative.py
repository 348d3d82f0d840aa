"""The cumulative family: each row from the scheduled balance of the row before, every interest rounded once.

A year has 12 months, 52 weeks or 365 days unless the terms say otherwise; the level instalment takes a month for 30 days where
interest is counted by day.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import context, ratio, share_of, to_multiple, units
from services.servicing.domain.schedule.dates import between, month_days, on_grid, periods, plus
from services.servicing.domain.terms import InterestBy, Method, Rounding, Span, Terms, Unit

_PERIODS_A_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}
_ZERO = Decimal(0)
_ONE = Decimal(1)
_row = tuple.__new__
"""Makes a named tuple without looking at its names."""


class Amounts(NamedTuple):
    """One row, in minor units."""

    begins: date
    due: date
    principal: int
    interest: int


class _Tranche(NamedTuple):
    day: date
    amount: int


def amounts(terms: Terms, start: date, disbursed: Sequence[tuple[date, int]]) -> list[Amounts]:
    """The rows of a loan of which ``disbursed`` was paid out; principal parts sum to it exactly."""
    tranches = [_Tranche(*part) for part in disbursed]
    if terms.method is Method.FLAT:
        return _flat(terms, start, tranches)
    rows = _declining(terms, start, tranches)
    waits = terms.method is Method.BULLET or terms.grace.interest_payment > 0
    return list(_with_interest_grace(terms, rows)) if waits else rows


def _declining(terms: Terms, start: date, tranches: list[_Tranche]) -> list[Amounts]:
    spans = periods(terms, start)
    paid_out = _by_row(tranches, spans)
    rates = _RowRates(terms, start)
    part_of = _PRINCIPAL[terms.method]
    free, graced, final = terms.grace.interest_charged, terms.grace.principal, len(spans) - 1
    balance = asked = 0
    rows = []
    for number, (begins, due) in enumerate(spans):
        within = paid_out.get(number)
        if number < free:
            interest = 0
        elif within and (number > 0 or within[-1].day > begins):
            interest = _interest(terms, start.day, (begins, due), balance, within)
        else:
            opening = sum(part.amount for part in within) if within else balance
            interest = rates.on(begins, due)(opening)
        if within or number == 0:
            balance += sum(part.amount for part in within or ())
            asked = _asked(terms, balance, terms.instalments - max(number, graced))
        if number == final:
            principal = balance
        else:
            wanted = part_of(asked, interest) if number >= graced else 0
            principal = balance if wanted > balance else wanted if wanted > 0 else 0
        balance -= principal
        rows.append(_row(Amounts, (begins, due, principal, interest)))
    return rows


def _by_row(tranches: Sequence[_Tranche], spans: Sequence[tuple[date, date]]) -> dict[int, list[_Tranche]]:
    """Tranches by the row in which they are paid out; what comes after maturity belongs to the last."""
    found: dict[int, list[_Tranche]] = {}
    for part in sorted(tranches):
        number = next((number for number, (_, due) in enumerate(spans) if part.day < due), len(spans) - 1)
        found.setdefault(number, []).append(part)
    return found


class _RowRates:
    """Interest of rows in which nothing is disbursed: made once for all rows that bear the same share of the balance."""

    __slots__ = ("_known", "_regular", "_start", "_terms")

    def __init__(self, terms: Terms, start: date) -> None:
        self._terms = terms
        self._start = start
        self._known: dict[int | None, Callable[[int], int]] = {}
        self._regular = on_grid(terms)

    def on(self, begins: date, due: date) -> Callable[[int], int]:
        """The interest that a balance bears from ``begins`` to ``due``."""
        terms = self._terms
        actual = terms.interest_by is InterestBy.DAY and (
            terms.day_count.month is None or terms.frequency.unit is not Unit.MONTH
        )
        if not actual and not self._regular:
            return _share(terms.rounding, _rate(terms, self._start.day, begins, due))
        key = (due - begins).days if actual else None
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _share(terms.rounding, _rate(terms, self._start.day, begins, due))
        return known


@lru_cache(maxsize=1024)
def _share(rounding: Rounding, rate: Decimal) -> Callable[[int], int]:
    exact = context(rounding)
    return share_of(rate, rounding, lambda balance: units(exact.multiply(Decimal(balance), rate), rounding))


_PRINCIPAL: dict[Method, Callable[[int, int], int]] = {
    Method.EQUAL_INSTALMENT: lambda asked, interest: asked - interest,
    Method.EQUAL_PRINCIPAL: lambda asked, _interest: asked,
    Method.INTEREST_ONLY: lambda _asked, _interest: 0,
    Method.BULLET: lambda _asked, _interest: 0,
}
"""Principal of a row that is not the last, from what each row asks for and the row's interest."""


def _asked(terms: Terms, balance: int, rows: int) -> int:
    """What each of the remaining rows asks for: the level instalment, or the principal part."""
    if terms.method is Method.EQUAL_PRINCIPAL:
        return ratio(balance, rows, terms.rounding)
    if terms.method is not Method.EQUAL_INSTALMENT:
        return 0
    if terms.fixed_instalment is not None:
        return terms.fixed_instalment
    return to_multiple(level(Decimal(balance), _level_rate(terms), rows, terms), terms.rounding)


def level(balance: Decimal, rate: Decimal, rows: int, terms: Terms) -> int:
    """A = B·i·(1+i)^n ÷ ((1+i)^n − 1), B/n without interest."""
    exact = context(terms.rounding)
    if not rate:
        return units(exact.divide(balance, Decimal(rows)), terms.rounding)
    grown = exact.power(_ONE + rate, rows)
    return units(
        exact.divide(exact.multiply(exact.multiply(balance, rate), grown), exact.subtract(grown, _ONE)), terms.rounding
    )


def _interest(terms: Terms, anchor: int, span: tuple[date, date], balance: int, within: list[_Tranche]) -> int:
    """Interest of a row: a tranche inside it bears from its day on, or from the beginning where parts do not count."""
    total = _ZERO
    whole = terms.interest_by is InterestBy.PERIOD and not terms.partial_periods
    begins, due = span
    for part in sorted(within):
        day = begins if whole else max(begins, min(part.day, due))
        if day > begins:
            total += units(
                context(terms.rounding).multiply(Decimal(balance), _rate(terms, anchor, begins, day)), terms.rounding
            )
            begins = day
        balance += part.amount
    last = units(context(terms.rounding).multiply(Decimal(balance), _rate(terms, anchor, begins, due)), terms.rounding)
    return int(total) + last


def _rate(terms: Terms, anchor: int, begins: date, ends: date) -> Decimal:
    """The rate of a span, as a fraction of the balance."""
    exact = context(terms.rounding)
    if terms.interest_by is InterestBy.PERIOD:
        count = Decimal(terms.frequency.every)
        if terms.partial_periods:
            count = _periods_between(terms, anchor, begins, ends)
        return exact.multiply(_unit_rate(terms), count)
    return exact.multiply(_day_rate(terms), _days(terms, anchor, begins, ends))


def _days(terms: Terms, anchor: int, begins: date, ends: date) -> Decimal:
    """Days of a span: actual, or 30 a month."""
    if terms.day_count.month is None or terms.frequency.unit is not Unit.MONTH:
        return Decimal((ends - begins).days)
    return context(terms.rounding).multiply(
        _periods_between(terms, anchor, begins, ends), Decimal(terms.day_count.month)
    )


def _level_rate(terms: Terms) -> Decimal:
    """The rate of one row in the formula of the level instalment."""
    exact = context(terms.rounding)
    every = terms.frequency.every
    if terms.interest_by is InterestBy.PERIOD:
        return exact.multiply(_unit_rate(terms), Decimal(every))
    days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}[terms.frequency.unit] * every
    return exact.multiply(_day_rate(terms), Decimal(days))


def _unit_rate(terms: Terms) -> Decimal:
    """annual ÷ units a year ÷ 100."""
    exact = context(terms.rounding)
    unit = terms.frequency.unit
    a_year = terms.day_count.year if unit is Unit.DAY and terms.day_count.year else _PERIODS_A_YEAR[unit]
    return exact.divide(exact.divide(terms.rate.annual, Decimal(a_year)), Decimal(100))


def _day_rate(terms: Terms) -> Decimal:
    exact = context(terms.rounding)
    return exact.divide(exact.divide(terms.rate.annual, Decimal(terms.day_count.year or 365)), Decimal(100))


def _periods_between(terms: Terms, anchor: int, begins: date, ends: date) -> Decimal:
    """Whole units of the frequency, and the days left over those of the next unit; months end on the anchor's day."""
    unit = Span(1, terms.frequency.unit)
    whole = between(begins, ends, unit.unit)
    reached, following = (_anchored(plus(begins, unit, count), anchor, unit.unit) for count in (whole, whole + 1))
    exact = context(terms.rounding)
    return exact.add(Decimal(whole), exact.divide(Decimal((ends - reached).days), Decimal((following - reached).days)))


def _anchored(day: date, anchor: int, unit: Unit) -> date:
    """The day of the anchor in the month of ``day``, where a short month had moved it."""
    if unit is not Unit.MONTH or anchor <= 28 or day.day < 28:
        return day
    return day.replace(day=min(anchor, month_days(day.year, day.month)))


def _flat(terms: Terms, start: date, tranches: list[_Tranche]) -> list[Amounts]:
    """Flat: every row the same part of the interest on what was disbursed; the last takes the remainder of both.

    Interest is averaged over the rows that pay any: a grace on its payment makes the others dearer.
    """
    spans = periods(terms, start)
    principals, interests = [0] * len(spans), [0] * len(spans)
    for part in tranches:
        first = next((number for number, (_, due) in enumerate(spans) if part.day < due), len(spans) - 1)
        count = len(spans) - first
        total = units(
            context(terms.rounding).multiply(Decimal(part.amount), _flat_rate(terms, spans, first)), terms.rounding
        )
        free = min(len(spans), max(first, terms.grace.interest_charged))
        total = max(0, total - ratio(total, count, terms.rounding) * (free - first)) if free < len(spans) else 0
        _spread(interests, total, max(first, free + terms.grace.interest_payment), terms)
        _spread(principals, part.amount, max(first, min(terms.grace.principal, len(spans) - 1)), terms)
    return [
        Amounts(begins, due, *parts)
        for (begins, due), parts in zip(spans, _in_multiples(terms, principals, interests), strict=True)
    ]


def _flat_rate(terms: Terms, spans: list[tuple[date, date]], first: int) -> Decimal:
    """The rate of the whole term from row ``first`` on."""
    exact = context(terms.rounding)
    if terms.interest_by is InterestBy.DAY:
        return exact.multiply(_day_rate(terms), Decimal((spans[-1][1] - spans[first][0]).days))
    count = Decimal(terms.frequency.every * (len(spans) - first))
    return exact.multiply(_unit_rate(terms), count)


def _spread(rows: list[int], total: int, first: int, terms: Terms) -> None:
    """Add equal parts of ``total`` to the rows from ``first`` on; the last one takes what the division leaves."""
    first = min(first, len(rows) - 1)
    part = ratio(total, len(rows) - first, terms.rounding)
    for number in range(first, len(rows) - 1):
        added = min(part, total)
        rows[number] += added
        total -= added
    rows[-1] += total


def _in_multiples(terms: Terms, principals: list[int], interests: list[int]) -> Iterator[tuple[int, int]]:
    """Rows whose sum is a multiple; the last one absorbs."""
    left = sum(principals)
    for number, (principal, interest) in enumerate(zip(principals, interests, strict=True), start=1):
        if number == len(principals):
            part = left
        elif terms.rounding.multiple and principal:
            rounded = to_multiple(principal, terms.rounding) + to_multiple(interest, terms.rounding)
            part = min(left, max(0, rounded - interest))
        else:
            part = min(left, principal)
        left -= part
        yield part, interest


def _with_interest_grace(terms: Terms, rows: list[Amounts]) -> Iterator[Amounts]:
    """Interest that is not asked for in its row is asked for in the first row after; a bullet asks for all at the end."""
    grace = len(rows) - 1 if terms.method is Method.BULLET else min(terms.grace.interest_payment, len(rows) - 1)
    carried = 0
    for number, row in enumerate(rows, start=1):
        if number <= grace:
            carried += row.interest
            yield row._replace(interest=0)
        else:
            yield row._replace(interest=row.interest + carried)
            carried = 0
