"""The annual percentage rate of US Regulation Z by the actuarial method: nominal, unit-period rate × unit-periods in a year.

Σ A_k/((1 + f_k·i)·(1 + i)^q_k) = Σ P_j/((1 + f_j·i)·(1 + i)^t_j), 12 CFR 1026 Appendix J (b)(8). A rate of this family is never
compared with an effective one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from services.servicing.domain.calendar.months import is_month_end
from services.servicing.domain.cost.roots import PRECISION, NoRate, Value, newton
from services.servicing.domain.cost.unit_periods import UnitPeriod, common_period, since, single_payment

REGULAR_TOLERANCE = Decimal("0.125")
"""Points by which a disclosed rate may differ: 12 CFR 1026.22(a)(2)."""
IRREGULAR_TOLERANCE = Decimal("0.25")
"""The same for multiple advances, irregular periods or irregular payments: 12 CFR 1026.22(a)(3)."""

_HIGHEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Term:
    """An amount after ``periods`` whole unit-periods and a ``fraction`` of one; advances are positive, payments negative."""

    periods: int
    fraction: Fraction
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UsApr:
    """The rate unrounded, as a fraction of one, with the unit-period rate it comes from."""

    unit_period_rate: Decimal
    per_year: Fraction
    exact: Decimal

    @property
    def percent(self) -> Decimal:
        """In percent to two decimals, half-up."""
        return (self.exact * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def us_apr(terms: Iterable[Term], per_year: Fraction) -> UsApr:
    """The rate of amounts that are already counted in unit-periods. Raises :class:`NoRate`."""
    counted = tuple(term for term in terms if term.amount)
    with localcontext(PRECISION):
        fractions = [Decimal(term.fraction.numerator) / term.fraction.denominator for term in counted]

        def value(rate: Decimal) -> tuple[Decimal, Decimal]:
            worth = slope = Decimal(0)
            for term, fraction in zip(counted, fractions, strict=True):
                one = term.amount / ((1 + fraction * rate) * (1 + rate) ** term.periods)
                worth += one
                slope -= one * (fraction / (1 + fraction * rate) + term.periods / (1 + rate))
            return worth, slope

        rate = newton(value, *_bracket(value))
        return UsApr(rate, per_year, rate * per_year.numerator / per_year.denominator)


def us_apr_of_dates(
    advances: Sequence[tuple[date, Decimal]], payments: Sequence[tuple[date, Decimal]], period: UnitPeriod | None = None
) -> UsApr:
    """The rate of dated advances and payments; the unit-period is counted from the dates unless it is named.

    The term begins with the first advance. Raises :class:`NoRate`.
    """
    start = min(day for day, _ in advances)
    if len(advances) == 1 and len(payments) == 1 and period is None:
        unit, whole, fraction = single_payment(start, payments[0][0])
        return us_apr([Term(0, Fraction(0), advances[0][1]), Term(whole, fraction, -payments[0][1])], unit.per_year)
    days = [day for day, _ in payments] if len(payments) > 1 else [day for day, _ in advances]
    unit = period or common_period(days)
    last_days = len(payments) > 1 and all(is_month_end(day) for day, _ in payments)
    terms = [Term(*since(start, day, unit, last_days), amount) for day, amount in advances]
    terms += [Term(*since(start, day, unit, last_days), -amount) for day, amount in payments]
    return us_apr(terms, unit.per_year)


def _bracket(value: Value) -> tuple[Decimal, Decimal]:
    low, high = Decimal(0), Decimal("0.0625")
    sign = value(low)[0] > 0
    while high <= _HIGHEST:
        if (value(high)[0] > 0) != sign:
            return low, high
        low, high = high, high * 2
    high, low = Decimal(0), Decimal("-0.0625")
    while low > Decimal("-0.999999"):
        if (value(low)[0] > 0) != sign:
            return low, high
        low, high = (low - 1) / 2, low
    raise NoRate("no unit-period rate makes advances and payments worth the same")
