"""Rate factors: the share of a balance that a span of days inside an instalment period bears as interest.

The factor of a span is counted twice in the progressive family: once for the level instalment (``level``), once for the interest
of a row (``interest``); they differ only where months have 30 days and the period is no whole number of them.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal

from services.servicing.domain.schedule.arithmetic import context, scaled
from services.servicing.domain.schedule.dates import between, on_grid
from services.servicing.domain.schedule.months import plus
from services.servicing.domain.schedule.rates import units_a_row, year_fraction
from services.servicing.domain.terms import InterestBy, Leap, Span, Terms, Unit

_ZERO = Decimal(0)
_ONE = Decimal(1)
_A_YEAR = {Unit.MONTH: 12, Unit.WEEK: 52}


class Factors:
    """Rate factors of one loan: its terms, the start of its first period and the rates that replaced the agreed one."""

    __slots__ = (
        "_annual",
        "_by_period",
        "_changes",
        "_context",
        "_every",
        "_known",
        "_matures",
        "_simple",
        "_start",
        "_terms",
        "_wholes",
    )

    def __init__(self, terms: Terms, start: date, matures: date, changes: Sequence[tuple[date, Decimal]] = ()) -> None:
        self._terms = terms
        self._start = start
        self._context = context(terms.rounding)
        self._annual = self._context.divide(terms.annual_percent, Decimal(100))
        self._changes = sorted(changes, reverse=True)
        self._known: dict[tuple[object, ...], Decimal] = {}
        self._matures = matures
        self._wholes: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
        self._every = units_a_row(terms)
        self._by_period = terms.interest_by is InterestBy.PERIOD and terms.frequency.unit in _A_YEAR
        named = terms.day_count.convention is not None and not self._by_period
        self._simple = not changes and not named and (terms.day_count.month is None or on_grid(terms))
        """No rate changes, and a month of 30 days is one on every row."""

    def changed(self, since: date, percent: Decimal) -> "Factors":
        """The same with another annual rate from ``since`` on."""
        return Factors(self._terms, self._start, self._matures, (*self._changes, (since, percent)))

    def level(self, period: tuple[date, date], begins: date, ends: date) -> Decimal:
        """Factor of ``begins`` to ``ends`` for the level instalment."""
        return self._factor(period, begins, ends, None)

    def interest(self, period: tuple[date, date], begins: date) -> Decimal:
        """Factor of ``begins`` to the end of its period for the interest of the row."""
        ratio = self._ratio(period) if self._terms.day_count.month else None
        return self._factor(period, begins, period[1], ratio)

    def whole(self, period: tuple[date, date]) -> tuple[Decimal, Decimal]:
        """Factors of a whole period, for the level instalment and for its interest; what is known of one like it is taken."""
        key = self._like(period)
        known = None if key is None else self._wholes.get(key)
        if known is None:
            level = self.level(period, *period)
            known = level, level if self._terms.day_count.month is None else self.interest(period, period[0])
            if key is not None:
                self._wholes[key] = known
        return known

    def _like(self, period: tuple[date, date]) -> tuple[int, int] | None:
        """What the factors of a whole period follow from, where it is that simple."""
        count, (begins, due) = self._terms.day_count, period
        if not self._simple:
            return None
        if count.year is not None or self._by_period:
            return (due - begins).days, 0
        if begins.year != due.year or count.leap is not Leap.CALENDAR_YEAR:
            return None
        return (due - begins).days, 366 if _leap(begins.year) else 365

    def _rate(self, begins: date) -> Decimal:
        """The annual rate in force on ``begins``, as a fraction."""
        for since, percent in self._changes:
            if since <= begins:
                return self._context.divide(percent, Decimal(100))
        return self._annual

    def _factor(self, period: tuple[date, date], begins: date, ends: date, ratio: Decimal | None) -> Decimal:
        terms, exact = self._terms, self._context
        length = (period[1] - period[0]).days
        if not length:
            return _ZERO
        unit, every = terms.frequency.unit, self._every
        days = (ends - begins).days
        if self._by_period:
            share = exact.divide(every, Decimal(_A_YEAR[unit]))
            return self._apply(begins, share, days, length)
        if terms.day_count.convention is not None:
            years = year_fraction(terms.day_count, begins, ends, self._matures)
            return self._apply(begins, _divide(exact, years.numerator, years.denominator), 1, 1)
        if self._over_new_year(period, begins, ends):
            return self._apply(begins, self._fractions(begins, ends), 1, 1)
        year = self._days_in_year(period, begins)
        if terms.day_count.month is None:
            return self._apply(begins, _divide(exact, days, year), 1, 1)
        of_a_period = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: terms.day_count.month, Unit.YEAR: 360}[unit]
        counted = exact.multiply(Decimal(of_a_period), every if ratio is None else ratio)
        return self._apply(begins, exact.divide(counted, Decimal(year)), days, length)

    def _apply(self, begins: date, share_of_year: Decimal, days: int, length: int) -> Decimal:
        """rate × share of a year × days ÷ days of the period, stored with the digits of the terms."""
        rate = self._rate(begins)
        key = (rate, share_of_year, days, length)
        known = self._known.get(key)
        if known is None:
            exact = self._context
            interest = exact.multiply(exact.multiply(rate, share_of_year), Decimal(days))
            known = scaled(exact.divide(interest, Decimal(length)), self._terms.rounding)
            self._known[key] = known
        return known

    def _days_in_year(self, period: tuple[date, date], begins: date) -> int:
        count = self._terms.day_count
        if count.year is not None:
            return count.year
        if not _leap(begins.year):
            return 365
        return 366 if count.leap is Leap.CALENDAR_YEAR or _holds_leap_day(period) else 365

    def _over_new_year(self, period: tuple[date, date], begins: date, ends: date) -> bool:
        """Whether the span has days of two years that may be of different length."""
        count = self._terms.day_count
        if count.year is not None or begins.year == ends.year:
            return False
        return count.leap is Leap.CALENDAR_YEAR or _holds_leap_day(period)

    def _fractions(self, begins: date, ends: date) -> Decimal:
        """Sum of the shares of each calendar year."""
        exact = self._context
        total = _ZERO
        for year in range(begins.year, ends.year + 1):
            turn = date(year + 1, 1, 1) if self._terms.day_count.new_year_on_first else date(year, 12, 31)
            end = ends if year == ends.year else turn
            total = exact.add(total, _divide(exact, (end - begins).days, 366 if _leap(year) else 365))
            begins = end
        return total

    def _ratio(self, period: tuple[date, date]) -> Decimal:
        """How many units of the frequency a period holds: whole ones, and the days left over those of the next."""
        one = Span(1, self._terms.frequency.unit)
        seed = self._seed(period, one)
        begins, due = period
        counted = _past_short_month(seed, begins) if one.unit is Unit.MONTH else begins
        passed = between(seed, counted, one.unit)
        whole = 0
        while (reached := plus(seed, one, passed + whole + 1)) < due:
            whole += 1
        if reached == due:
            return Decimal(whole + 1)
        last = plus(seed, one, whole)
        rest = _divide(self._context, (due - last).days, (reached - last).days)
        return rest + whole

    def _seed(self, period: tuple[date, date], one: Span) -> date:
        """The start of the loan when the period lies on its grid of dates, otherwise the start of the period."""
        times = max(1, between(self._start, period[1], one.unit))
        while plus(self._start, one, times) < period[1]:
            times += 1
        reached = plus(self._start, one, times)
        regular = reached == period[1] and plus(reached, one, -self._terms.frequency.every) == period[0]
        return self._start if regular else period[0]


def _divide(exact: Context, numerator: int, denominator: int) -> Decimal:
    return exact.divide(Decimal(numerator), Decimal(denominator))


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _holds_leap_day(period: tuple[date, date]) -> bool:
    begins, due = period
    return any(_leap(year) and begins < date(year, 2, 29) <= due for year in range(begins.year, due.year + 1))


def _past_short_month(seed: date, day: date) -> date:
    """``day``, or the next one where the month had no day ``seed.day``: it stands for that day."""
    following = plus(day, Span(1, Unit.DAY))
    return following if following.day == 1 and seed.day > day.day else day
