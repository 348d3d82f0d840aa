"""Group apr-us: Regulation Z, Appendix J. Unit-periods as the source counts them, or counted from the dates where it does not."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost.unit_periods import UnitPeriod
from services.servicing.domain.cost.us_apr import Term, UsApr, us_apr, us_apr_of_dates
from tests.cases.published.figures import Answer, first_of, named, rates
from tests.cases.published.series import Series, dated, dated_flows, series
from tests.cases.published.words import Inputs, Unreadable, day, first_amount, fraction, number, whole


def answers(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The rate, and the sums that a disclosure states with it."""
    counted = inputs.get("series", "payment_series")
    financed, paid, found = _counted(inputs, counted) if counted else _dated(inputs)
    return first_of(
        rates(apr=found.exact, annual_percentage_rate=found.exact, unit_period_rate=found.unit_period_rate),
        named({"finance_charge": paid - financed, "total_of_payments": paid, "amount_financed": financed}),
    )


def _counted(inputs: Inputs, counted: list[Mapping[str, Any]]) -> tuple[Decimal, Decimal, UsApr]:
    """From the source's own whole and fractional unit-periods; beside them the words say the same again."""
    stated = inputs.get("advances", "advance_series")
    financed = inputs.read(first_amount, "amount_financed", "amount", "advance")
    advances = _terms(stated) if isinstance(stated, list) else [Term(0, Fraction(0), _needed(financed))]
    payments = _terms(counted)
    per_year = fraction(inputs.need("unit_periods_per_year", "per_year", "w"))
    inputs.rest()
    terms = [*advances, *(Term(one.periods, one.fraction, -one.amount) for one in payments)]
    return _sum(advances), _sum(payments), us_apr(terms, per_year)


def _needed(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise Unreadable("no amount financed")
    return amount


def _terms(counted: list[Mapping[str, Any]]) -> list[Term]:
    return [
        Term(
            whole(one.get("first_q", one.get("q", 0))) + n * whole(one.get("every", 1)),
            fraction(one.get("f", 0)),
            number(one["amount"]),
        )
        for one in counted
        for n in range(whole(one.get("count", 1)))
    ]


def _sum(terms: list[Term]) -> Decimal:
    return sum((term.amount for term in terms), Decimal(0))


def _dated(inputs: Inputs) -> tuple[Decimal, Decimal, UsApr]:
    """From the dates in the words."""
    stated = inputs.get("advances")
    if stated is None:
        advances = [(day(inputs.need("advance_date", "date")), first_amount(inputs.need("amount_financed", "amount")))]
    else:
        inputs.get("advance_date", "amount_financed")
        advances = dated_flows(stated) if isinstance(stated, list) else dated(series(stated))
    words = inputs.need("payments", "payment")
    first = inputs.read(day, "first_payment", "first_payment_date")
    paid = series(words) if not isinstance(words, list) else []
    if paid and paid[0].first is None and first is not None:
        paid[0] = Series(paid[0].count, paid[0].amount, paid[0].step, first)
    payments = dated(paid) if paid else dated_flows(words)
    inputs.get("unit_period")
    inputs.get("unit_periods_per_year", "per_year")
    steps = [one.step for one in paid if one.step and one.count > 1]
    period = UnitPeriod(*steps[0]) if steps else None
    total = sum((amount for _, amount in payments), Decimal(0))
    return sum((amount for _, amount in advances), Decimal(0)), total, us_apr_of_dates(advances, payments, period)
