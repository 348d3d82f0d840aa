"""APRC of European and British law, APR of US law, and how each measures time."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.cost.aprc import (
    CALENDAR_DAYS_1990,
    MORTGAGE_2014,
    SHORT_TERM_UK,
    NotDisclosed,
    Period,
    aprc,
    year_ending,
    years_between,
)
from services.servicing.domain.cost.roots import Flow, NoRate
from services.servicing.domain.cost.unit_periods import MONTH, UnitPeriod, common_period, since, single_payment
from services.servicing.domain.cost.us_apr import Term, us_apr, us_apr_of_dates

dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def monthly(amount: str, count: int, first: date) -> list[tuple[date, Decimal]]:
    return [(add_months(first, number), Decimal(amount)) for number in range(count)]


def credit(fee: Decimal, payment: Decimal = Decimal(100), count: int = 12) -> list[Flow]:
    paid = [Flow(Fraction(k, 12), -payment) for k in range(1, count + 1)]
    return [Flow(Fraction(0), Decimal(1000) - fee), *paid]


def test_three_days_and_a_month_are_counted_back_from_the_payment() -> None:
    # example 2 of the Commission: agreement on 12 January, payments on the 15th
    assert years_between(date(2012, 1, 12), date(2012, 2, 15)) == Fraction(1, 12) + Fraction(3, 365)


def test_days_are_divided_by_the_year_that_ends_with_them() -> None:
    assert year_ending(date(2012, 3, 1)) == 366
    assert year_ending(date(2012, 2, 28)) == 365
    assert years_between(date(2012, 2, 20), date(2012, 4, 1)) == Fraction(1, 12) + Fraction(10, 366)


def test_weekly_payments_are_counted_in_fifty_seconds_of_a_year() -> None:
    assert years_between(date(2023, 1, 2), date(2023, 1, 16), period=Period.WEEK) == Fraction(2, 52)
    assert years_between(date(2023, 1, 2), date(2023, 1, 19), period=Period.WEEK) == Fraction(2, 52) + Fraction(3, 365)


@settings(deadline=None)
@given(dates, st.integers(0, 480))
def test_a_whole_number_of_months_is_that_many_twelfths(start: date, months: int) -> None:
    assert years_between(start, add_months(start, months)) in (
        Fraction(months, 12),
        # from the 31st to a shorter month's last day, counted back, is some days more than the months
        Fraction(months - 1, 12) + Fraction((add_months(add_months(start, months), 1 - months) - start).days, 365),
        Fraction(months, 12)
        - Fraction(1, 12)
        + Fraction((add_months(add_months(start, months), 1 - months) - start).days, 366),
    )


@settings(deadline=None)
@given(dates, st.integers(1, 4000), st.integers(1, 40))
def test_a_later_payment_is_never_measured_as_earlier(start: date, days: int, more: int) -> None:
    # a stub may be worth a day more or less than the part of a month it replaces, no more
    first, later = (years_between(start, start + timedelta(days=n)) for n in (days, days + more))
    assert later - first > Fraction(more - 3, 366)


@settings(deadline=None, max_examples=60)
@given(st.decimals(0, 400, places=2), st.decimals("0.01", 100, places=2))
def test_a_higher_fee_makes_a_higher_rate(fee: Decimal, more: Decimal) -> None:
    assert aprc(credit(fee + more)).exact > aprc(credit(fee)).exact


def test_a_rate_is_disclosed_to_one_decimal_and_a_five_rounds_up() -> None:
    flows = [Flow(Fraction(0), Decimal(10_000)), Flow(Fraction(1), Decimal(-10_645))]
    assert aprc(flows).exact == Decimal("0.0645")
    assert aprc(flows).percent == Decimal("6.5")


def test_the_directive_of_1990_reproduces_its_calendar_examples() -> None:
    start, end = date(1994, 1, 1), date(1995, 7, 1)
    time = years_between(start, end, CALENDAR_DAYS_1990)
    assert time == Fraction(546, 365)
    for received, percent in (("1000", "13.0"), ("950", "16.9")):
        found = aprc([Flow(Fraction(0), Decimal(received)), Flow(time, Decimal(-1200))], CALENDAR_DAYS_1990)
        assert found.percent == Decimal(percent)


def test_a_year_of_365_and_a_quarter_days_gives_the_short_term_illustrations() -> None:
    time = years_between(date(2015, 3, 1), date(2015, 3, 24), SHORT_TERM_UK)
    found = aprc([Flow(Fraction(0), Decimal(350)), Flow(time, Decimal("-447.97"))], SHORT_TERM_UK)
    assert found.percent == Decimal("4935.9")
    assert aprc([Flow(Fraction(0), Decimal(350)), Flow(Fraction(23, 365), Decimal("-447.97"))]).percent != found.percent


@pytest.mark.parametrize("repaid", ["3E+24", "1E+60"])
def test_an_astronomic_rate_is_an_error_with_a_name_and_its_size(repaid: str) -> None:
    flows = [Flow(Fraction(0), Decimal(1)), Flow(Fraction(1), -Decimal(repaid))]
    with pytest.raises(NotDisclosed, match=rf"about 10\^{Decimal(repaid).adjusted()}: it is disclosed up to 10\^24"):
        aprc(flows)


def test_the_highest_rate_that_is_disclosed_still_has_its_decimal() -> None:
    found = aprc([Flow(Fraction(0), Decimal(1)), Flow(Fraction(1), -(Decimal(10) ** 24))])
    assert found.percent.as_tuple().exponent == -1


def test_nothing_repaid_has_no_rate() -> None:
    with pytest.raises(NoRate):
        aprc([Flow(Fraction(0), Decimal(100))], MORTGAGE_2014)


def test_a_month_and_nineteen_days_is_one_unit_period_and_nineteen_thirtieths() -> None:
    # Appendix J (c)(1)(ii): advance on 10 February, first payment on 1 April
    assert since(date(1978, 2, 10), date(1978, 4, 1), MONTH) == (1, Fraction(19, 30))


def test_odd_days_are_fifteenths_of_a_semimonth_sevenths_of_a_week_and_ninetieths_of_a_quarter() -> None:
    assert since(date(1978, 2, 23), date(1978, 3, 1), UnitPeriod("semimonth")) == (0, Fraction(6, 15))
    assert since(date(1978, 3, 20), date(1978, 4, 21), UnitPeriod("week")) == (4, Fraction(4, 7))
    assert since(date(1978, 5, 23), date(1978, 10, 1), UnitPeriod("month", 3)) == (1, Fraction(39, 90))


def test_payments_on_last_days_are_whole_months_apart() -> None:
    assert since(date(1978, 1, 31), date(1978, 2, 28), MONTH, month_end=True) == (1, Fraction(0))
    assert since(date(1978, 2, 28), date(1978, 3, 31), MONTH, month_end=True) == (1, Fraction(0))


def test_the_unit_period_is_the_period_that_occurs_most_often() -> None:
    first = date(1978, 1, 10)
    assert common_period([add_months(first, 2 * n) for n in range(5)]) == UnitPeriod("month", 2)
    assert common_period([first + timedelta(days=28 * n) for n in range(5)]) == UnitPeriod("week", 4)
    halves = [day for n in range(4) for day in (date(1978, n + 1, 1), date(1978, n + 1, 16))]
    assert common_period(halves) == UnitPeriod("semimonth")


def test_a_single_payment_is_measured_in_months_days_or_years_by_its_term() -> None:
    start = date(1978, 1, 3)
    assert single_payment(start, date(1978, 9, 15))[0].per_year == Fraction(365, 255)
    assert single_payment(start, date(1978, 7, 3))[0].per_year == 2
    assert single_payment(start, date(1979, 7, 3)) == (UnitPeriod("month", 12), 1, Fraction(1, 2))


@settings(deadline=None, max_examples=40)
@given(
    st.decimals("0.0005", "0.05", places=4),
    st.integers(2, 60),
    st.integers(0, 3),
    st.fractions(0, Fraction(29, 30), max_denominator=30),
)
def test_payments_made_at_a_rate_give_it_back_whatever_the_first_period(
    periodic: Decimal, count: int, late: int, odd: Fraction
) -> None:
    payments = [Term(late + n, odd, Decimal(-100)) for n in range(count)]
    share = Decimal(odd.numerator) / odd.denominator
    worth = sum(Decimal(100) / ((1 + share * periodic) * (1 + periodic) ** term.periods) for term in payments)
    found = us_apr([Term(0, Fraction(0), Decimal(worth)), *payments], Fraction(12))
    assert abs(found.unit_period_rate - periodic) < Decimal("1e-15")
    assert abs(found.exact - periodic * 12) < Decimal("1e-14")


def test_several_advances_are_counted_like_payments() -> None:
    advances = monthly("1000", 4, date(1978, 1, 10))
    payments = monthly("352", 12, date(1978, 5, 10))
    together = us_apr_of_dates(advances, payments)
    at_once = us_apr_of_dates([(date(1978, 1, 10), Decimal(4000))], payments)
    assert together.exact > at_once.exact
