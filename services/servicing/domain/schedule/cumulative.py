"""The cumulative family: each row from the scheduled balance of the row before, every interest rounded once.

A year has 12 months, 52 weeks or 365 days unless the terms say otherwise; the level instalment takes a month for 30 days where
interest is counted by day. How much principal a row repays is :mod:`services.servicing.domain.schedule.methods`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import context, ratio, share_of, to_multiple, units
from services.servicing.domain.schedule.dates import at_month_end, between, interest_spans, on_grid, periods
from services.servicing.domain.schedule.dates import rows as all_rows
from services.servicing.domain.schedule.methods import Part, nothing, principal_parts
from services.servicing.domain.schedule.months import month_days, plus
from services.servicing.domain.schedule.patterns import is_patterned, months_between
from services.servicing.domain.schedule.rates import day_rate, row_rate, unit_rate, units_a_row, year_fraction
from services.servicing.domain.terms import InterestBy, Method, Remainder, Rounding, Span, Stub, Terms, Unit

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


class _Loan(NamedTuple):
    """What the rate of a span follows from."""

    terms: Terms
    anchor: int
    """Day of the month that whole months are counted to."""
    matures: date


def _loan(terms: Terms, start: date, matures: date) -> _Loan:
    back = terms.matures is not None and terms.stub in (Stub.FIRST_SHORT, Stub.FIRST_LONG)
    anchor = matures if back else start
    return _Loan(terms, 31 if at_month_end(terms, anchor) else anchor.day, matures)


def amounts(terms: Terms, start: date, disbursed: Sequence[tuple[date, int]]) -> list[Amounts]:
    """The rows of a loan of which ``disbursed`` was paid out; principal parts sum to it exactly."""
    tranches = sorted(_Tranche(*part) for part in disbursed)
    if terms.settlement is not None:
        return _settled(terms, start, tranches)
    rows = _flat(terms, start, tranches) if terms.method is Method.FLAT else _declining(terms, start, tranches)
    if terms.method is Method.BULLET or (terms.grace.interest_payment and terms.method is not Method.FLAT):
        rows = list(_with_interest_grace(terms, rows))
    if terms.business_days is None:
        return rows
    return [row._replace(begins=since, due=due) for row, (since, due) in zip(rows, periods(terms, start), strict=True)]


def span_interest(
    terms: Terms, start: date, span: tuple[date, date], balance: int, changes: Sequence[tuple[date, int]]
) -> int:
    """Interest of a span on a balance that changes inside it, each part rounded once."""
    loan = _loan(terms, start, interest_spans(terms, start)[-1][1])
    return _interest(loan, span, balance, sorted(_Tranche(*change) for change in changes))


def _declining(terms: Terms, start: date, tranches: list[_Tranche]) -> list[Amounts]:
    spans = interest_spans(terms, start)
    loan = _loan(terms, start, spans[-1][1])
    paid_out = _by_row(tranches, spans)
    rates = _RowRates(loan)
    free, graced, final = terms.grace.interest_charged, terms.grace.principal, len(spans) - 1
    balance = 0
    part_of: Part = nothing
    rows = []
    for number, (begins, due) in enumerate(spans):
        within = paid_out.get(number)
        if number < free:
            interest = 0
        elif within and (number > 0 or within[-1].day > begins):
            interest = _interest(loan, (begins, due), balance, within)
        else:
            opening = sum(part.amount for part in within) if within else balance
            interest = rates.on(begins, due)(opening)
        if within:
            balance += sum(part.amount for part in within)
            part_of = principal_parts(terms, balance, max(number, graced))
        if number == final:
            principal = balance
        else:
            wanted = part_of(number, interest) if number >= graced else 0
            principal = balance if wanted > balance else wanted if wanted > 0 else 0
        balance -= principal
        rows.append(_row(Amounts, (begins, due, principal, interest)))
    return rows


def _settled(terms: Terms, start: date, tranches: list[_Tranche]) -> list[Amounts]:
    """Interest falls due on days of its own: of each span it is rounded for itself, and asked for on the next of those days."""
    dates = all_rows(terms, start)
    spans = list(pairwise([start, *(row.ends for row in dates)]))
    loan = _loan(terms, start, spans[-1][1])
    paid_out = _by_row(tranches, spans)
    rates = _RowRates(loan)
    balance = pending = 0
    part_of: Part = nothing
    asked: dict[date, tuple[int, int]] = {}
    for number, (row, span) in enumerate(zip(dates, spans, strict=True)):
        within = paid_out.get(number)
        pending += _interest(loan, span, balance, within) if within else rates.on(*span)(balance)
        if within:
            balance += sum(part.amount for part in within)
            following = next(later.number for later in dates[number:] if later.number is not None)
            part_of = principal_parts(terms, balance, max(following, terms.grace.principal))
        principal = 0 if row.number is None else max(0, min(balance, part_of(row.number, 0)))
        principal = balance if number == len(dates) - 1 else principal
        balance -= principal
        before = asked.get(row.due, (0, 0))
        asked[row.due] = before[0] + principal, before[1] + (pending if row.settles else 0)
        pending = 0 if row.settles else pending
    dues = sorted(asked)
    return [Amounts(since, due, *asked[due]) for since, due in pairwise([start, *dues])]


def _by_row(tranches: Sequence[_Tranche], spans: Sequence[tuple[date, date]]) -> dict[int, list[_Tranche]]:
    """Tranches by the row in which they are paid out; what comes after maturity belongs to the last."""
    found: dict[int, list[_Tranche]] = {}
    for part in tranches:
        number = next((number for number, (_, due) in enumerate(spans) if part.day < due), len(spans) - 1)
        found.setdefault(number, []).append(part)
    return found


class _RowRates:
    """Interest of rows in which nothing is disbursed: made once for all rows that bear the same share of the balance."""

    __slots__ = ("_by_days", "_known", "_loan", "_regular")

    def __init__(self, loan: _Loan) -> None:
        terms = loan.terms
        self._loan = loan
        self._known: dict[int | None, Callable[[int], int]] = {}
        self._by_days = (
            terms.interest_by is InterestBy.DAY
            and terms.day_count.convention is None
            and (terms.day_count.month is None or terms.frequency.unit is not Unit.MONTH)
        )
        self._regular = on_grid(terms) and terms.day_count.convention is None

    def on(self, begins: date, due: date) -> Callable[[int], int]:
        """The interest that a balance bears from ``begins`` to ``due``."""
        if not self._by_days and not self._regular:
            return _share(self._loan.terms.rounding, _rate(self._loan, begins, due))
        key = (due - begins).days if self._by_days else None
        known = self._known.get(key)
        if known is None:
            terms = self._loan.terms
            whole = self._regular and terms.interest_by is InterestBy.PERIOD
            rate = row_rate(terms) if whole else _rate(self._loan, begins, due)
            known = self._known[key] = _share(terms.rounding, rate)
        return known


@lru_cache(maxsize=1024)
def _share(rounding: Rounding, rate: Decimal) -> Callable[[int], int]:
    exact = context(rounding)
    return share_of(rate, rounding, lambda balance: units(exact.multiply(Decimal(balance), rate), rounding))


def _interest(loan: _Loan, span: tuple[date, date], balance: int, within: list[_Tranche]) -> int:
    """Interest of a row: a tranche inside it bears from its day on, or from the beginning where parts do not count."""
    total = 0
    terms = loan.terms
    whole = terms.interest_by is InterestBy.PERIOD and not terms.partial_periods
    begins, due = span
    for part in sorted(within):
        day = begins if whole else max(begins, min(part.day, due))
        if day > begins:
            total += _share(terms.rounding, _rate(loan, begins, day))(balance)
            begins = day
        balance += part.amount
    return total + _share(terms.rounding, _rate(loan, begins, due))(balance)


def _rate(loan: _Loan, begins: date, ends: date) -> Decimal:
    """The rate of a span, as a fraction of the balance."""
    terms = loan.terms
    exact = context(terms.rounding)
    if terms.interest_by is InterestBy.PERIOD:
        count = _periods_between(loan, begins, ends) if terms.partial_periods else units_a_row(terms)
        return exact.multiply(unit_rate(terms), count)
    if terms.day_count.convention is not None:
        years = year_fraction(terms.day_count, begins, ends, loan.matures)
        share = exact.divide(Decimal(years.numerator), Decimal(years.denominator))
        return exact.divide(exact.multiply(terms.annual_percent, share), Decimal(100))
    return exact.multiply(day_rate(terms), _days(loan, begins, ends))


def _days(loan: _Loan, begins: date, ends: date) -> Decimal:
    """Days of a span: actual, or 30 a month."""
    month = loan.terms.day_count.month
    if month is None or loan.terms.frequency.unit is not Unit.MONTH:
        return Decimal((ends - begins).days)
    return context(loan.terms.rounding).multiply(_periods_between(loan, begins, ends), Decimal(month))


def _periods_between(loan: _Loan, begins: date, ends: date) -> Decimal:
    """Whole units of the frequency, and the days left over those of the next unit; months end on the anchor's day."""
    terms = loan.terms
    exact = context(terms.rounding)
    if is_patterned(terms):
        months = months_between(terms, begins, ends)
        return exact.divide(Decimal(months.numerator), Decimal(months.denominator))
    unit = Span(1, terms.frequency.unit)
    whole = between(begins, ends, unit.unit)
    reached, following = (_anchored(plus(begins, unit, count), loan.anchor, unit.unit) for count in (whole, whole + 1))
    return exact.add(Decimal(whole), exact.divide(Decimal((ends - reached).days), Decimal((following - reached).days)))


def _anchored(day: date, anchor: int, unit: Unit) -> date:
    """The day of the anchor in the month of ``day``, where a short month had moved it."""
    if unit is not Unit.MONTH or anchor <= 28 or day.day < 28:
        return day
    return day.replace(day=min(anchor, month_days(day.year, day.month)))


def _flat(terms: Terms, start: date, tranches: list[_Tranche]) -> list[Amounts]:
    """Flat: every row the same part of the interest on what was disbursed; the last takes the remainder of both.

    What is disbursed within one row is one amount. Interest that waits for a grace on its payment is averaged over the rows that
    pay any, or asked for in the first of them.
    """
    spans = interest_spans(terms, start)
    principals, interests = [0] * len(spans), [0] * len(spans)
    loan = _loan(terms, start, spans[-1][1])
    for first, within in _by_row(tranches, spans).items():
        count = len(spans) - first
        amount = sum(part.amount for part in within)
        rate = _flat_rate(loan, spans, first)
        total = units(context(terms.rounding).multiply(Decimal(amount), rate), terms.rounding)
        free = min(len(spans), max(first, terms.grace.interest_charged))
        total = max(0, total - ratio(total, count, terms.rounding) * (free - first)) if free < len(spans) else 0
        waits = free + terms.grace.interest_payment if terms.grace.averages else free
        _spread(interests, total, max(first, waits), terms)
        _spread(principals, amount, max(first, min(terms.grace.principal, len(spans) - 1)), terms)
    if not terms.grace.averages:
        waiting = min(terms.grace.interest_payment, len(spans) - 1)
        interests[: waiting + 1] = [0] * waiting + [sum(interests[: waiting + 1])]
    return [
        Amounts(begins, due, *parts)
        for (begins, due), parts in zip(spans, _in_multiples(terms, principals, interests), strict=True)
    ]


def _flat_rate(loan: _Loan, spans: list[tuple[date, date]], first: int) -> Decimal:
    """The rate of the whole term from row ``first`` on."""
    terms = loan.terms
    exact = context(terms.rounding)
    if terms.interest_by is InterestBy.PERIOD:
        return exact.multiply(unit_rate(terms), units_a_row(terms) * (len(spans) - first))
    if terms.day_count.convention is not None:
        return _rate(loan, spans[first][0], spans[-1][1])
    return exact.multiply(day_rate(terms), Decimal((spans[-1][1] - spans[first][0]).days))


def _spread(rows: list[int], total: int, first: int, terms: Terms) -> None:
    """Add equal parts of ``total`` to the rows from ``first`` on; the last, or as agreed the first, takes what division leaves."""
    first = min(first, len(rows) - 1)
    part = ratio(total, len(rows) - first, terms.rounding)
    order = range(first, len(rows))
    for number in order[:-1] if terms.rounding.remainder is Remainder.LAST else order[:0:-1]:
        added = min(part, total)
        rows[number] += added
        total -= added
    rows[order[-1] if terms.rounding.remainder is Remainder.LAST else first] += total


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
