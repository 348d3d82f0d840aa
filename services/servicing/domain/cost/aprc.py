"""The annual percentage rate of charge of European and British law: effective annual, by the version of the rule.

Σ C_k·(1 + X)^−t_k = Σ D_l·(1 + X)^−s_l, drawdowns C against repayments and charges D, times in years from the first drawdown.
A rate of this family is never compared with a nominal one (US Reg Z, Singapore EIR): they are other figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from services.servicing.domain.calendar.months import add_months, whole_months_back
from services.servicing.domain.cost.roots import Flow, NoRate, rate


class Measure(StrEnum):
    """How a version turns two dates into years."""

    PERIODS_THEN_DAYS = "periods-then-days"
    """Whole months, weeks or years counted back from the later date, then days over the days of the year that ends with them."""
    DAYS = "days"
    """All days over a fixed year."""


class Period(StrEnum):
    """The equal periods of a year: 12 months or 52 weeks."""

    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the rule."""

    code: str
    source: str
    in_force: date
    measure: Measure
    year_days: Fraction = Fraction(365)
    """Of :attr:`Measure.DAYS`."""
    decimals: int = 1


CONSUMER_2008 = Version(
    "eu/2008-48",
    "Directive 2008/48/EC Annex I, remarks (a) to (d) with Directive 2011/90/EU: OJ L 133, 22.5.2008, p. 85",
    date(2010, 6, 11),
    Measure.PERIODS_THEN_DAYS,
)
MORTGAGE_2014 = Version(
    "eu/2014-17",
    "Directive 2014/17/EU Annex I, remark (c): periods and days counted backwards to the first drawdown, days over the days of "
    "the complete year counted backwards from the last day: OJ L 60, 28.2.2014, p. 76",
    date(2016, 3, 21),
    Measure.PERIODS_THEN_DAYS,
)
CONSUMER_2023 = Version(
    "eu/2023-2225",
    "Directive (EU) 2023/2225 Annex III: the measure of 2014/17/EU (general knowledge, to be confirmed by a person)",
    date(2026, 11, 20),
    Measure.PERIODS_THEN_DAYS,
)
MORTGAGE_UK = Version(
    "uk/mcob-10a",
    "FCA Handbook, MCOB 10A.2.2R and 10A.2.3R: handbook.fca.org.uk/handbook/MCOB/10A/2.html",
    date(2016, 3, 21),
    Measure.PERIODS_THEN_DAYS,
)
CALENDAR_DAYS_1990 = Version(
    "eu/1990-88",
    "Directive 90/88/EEC Annex III, examples on a calendar basis of 365 days",
    date(1993, 1, 1),
    Measure.DAYS,
)
SHORT_TERM_UK = Version(
    "uk/short-term",
    "UK Consumer Finance Association's illustrations of short-term loans: a year of 365.25 days",
    date(2010, 1, 1),
    Measure.DAYS,
    Fraction(1461, 4),
)

VERSIONS = {
    version.code: version
    for version in (CONSUMER_2008, MORTGAGE_2014, CONSUMER_2023, MORTGAGE_UK, CALENDAR_DAYS_1990, SHORT_TERM_UK)
}
"""Every version by its code."""


HIGHEST = Decimal(10) ** 24
"""Rates above this, as a fraction of one, are not disclosed: their digits would say more than any of the amounts."""


class NotDisclosed(NoRate):
    """The flows have a rate, but one beyond :data:`HIGHEST`; the text says how large it is."""


@dataclass(frozen=True, slots=True)
class Aprc:
    """The rate unrounded, as a fraction of one, and as it is disclosed, in percent."""

    version: Version
    exact: Decimal
    percent: Decimal
    """To the version's decimals; 5 in the next place rounds up."""


def aprc(flows: Iterable[Flow], version: Version = MORTGAGE_2014) -> Aprc:
    """The rate of flows timed in years: what the consumer receives is positive, what the consumer pays negative.

    Raises :class:`services.servicing.domain.cost.roots.NoRate`; :class:`NotDisclosed`, which is one, for a rate that no amounts
    and days of a real agreement give.
    """
    exact = rate(flows).value
    if exact > HIGHEST:
        raise NotDisclosed(f"the rate is about 10^{exact.adjusted()}: it is disclosed up to 10^{HIGHEST.adjusted()}")
    step = Decimal(1).scaleb(-version.decimals)
    return Aprc(version, exact, (exact * 100).quantize(step, ROUND_HALF_UP))


def years_between(start: date, end: date, version: Version = MORTGAGE_2014, period: Period = Period.MONTH) -> Fraction:
    """The interval from ``start`` (not counted) to ``end`` (counted) in years, as the version measures it.

    Whole periods of the kind that the agreement pays in are counted back from ``end``; the days that are left are divided by the
    days of the year that ends where they end.
    """
    if version.measure is Measure.DAYS:
        return Fraction((end - start).days) / version.year_days
    if period is Period.WEEK:
        weeks, days = divmod((end - start).days, 7)
        return Fraction(weeks, 52) + Fraction(days, year_ending(start + timedelta(days=days)))
    months = whole_months_back(end, start)
    stub_end = add_months(end, -months)
    return Fraction(months, 12) + Fraction((stub_end - start).days, year_ending(stub_end))


def year_ending(day: date) -> int:
    """365 or 366: the days of the complete year counted back from ``day``."""
    return (day - add_months(day, -12)).days
