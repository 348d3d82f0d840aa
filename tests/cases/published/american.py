"""Group apr-us: Regulation Z, Appendix J. Unit-periods as the source counts them, or counted from the dates where it does not."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.unit_periods import UnitPeriod
from services.servicing.domain.cost.us_apr import Term, UsApr, us_apr, us_apr_of_dates
from tests.cases.published.figures import Answer, first_of, named, rates, to
from tests.cases.published.schedules import periods_of, rate_of
from tests.cases.published.series import Series, amounts, dated, dated_flows, series
from tests.cases.published.words import (
    AMOUNT,
    Inputs,
    Unreadable,
    day,
    first_amount,
    fraction,
    number,
    per_year,
    whole,
)


def answers(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The rate, and the sums that a disclosure states with it."""
    counted = inputs.get("series", "payment_series")
    if counted:
        financed, paid, found = _counted(inputs, counted)
    elif any(name in inputs for name in (*STARTS, "advances", "payment_date")):
        financed, paid, found = _dated(inputs)
    else:
        return _regular(inputs)
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
    a_year = fraction(inputs.need("unit_periods_per_year", "per_year", "w"))
    inputs.rest()
    terms = [*advances, *(Term(one.periods, one.fraction, -one.amount) for one in payments)]
    return _sum(advances), _sum(payments), us_apr(terms, a_year)


STARTS = ("advance_date", "date", "consummation_date", "start_date")
LOAN = ("amount_financed", "amount", "principal", "loan", "loan_amount", "credit", "pv")
KEPT = ("prepaid_finance_charge", "fee", "fees", "points", "prepaid", "discount", "upfront_fee")


def _regular(inputs: Inputs) -> Answer:
    """Payments one unit-period apart from the advance on: listed, level, or of a loan whose rate is given."""
    lent = first_amount(inputs.need(*LOAN))
    times = inputs.read(per_year, "unit_periods_per_year", "per_year", "frequency", "payments_per_year")
    words = inputs.get("payments", "instalments", "payment", "monthly_payment", "pmt")
    level = isinstance(words, str) and re.fullmatch(rf"\s*{AMOUNT}\s*", words) is not None
    listed = words is not None and not level
    if listed:
        due = list(amounts(words))
        step = None if isinstance(words, list) else series(words)[0].step
        times = times or (12 if step is None else int(UnitPeriod(*step).per_year))
    else:
        due = _level(inputs, lent, first_amount(words) if level else None, times or 12)
    kept = _kept(inputs, lent)
    inputs.get("finance_charge", "unit_period")
    found = us_apr(
        [Term(0, Fraction(0), lent - kept), *(Term(n, Fraction(0), -paid) for n, paid in enumerate(due, 1))],
        Fraction(times or 12),
    )
    paid = sum(due, Decimal(0))
    return first_of(
        rates(apr=found.exact, annual_percentage_rate=found.exact, unit_period_rate=found.unit_period_rate),
        named(
            {
                "finance_charge": paid - lent + kept,
                "total_of_payments": paid,
                "amount_financed": lent - kept,
                "payment": due[0],
                "monthly_payment": due[0],
            }
        ),
    )


def _level(inputs: Inputs, lent: Decimal, paid: Decimal | None, times: int) -> list[Decimal]:
    """Level payments, each rounded to the cent where it is computed."""
    count = periods_of(inputs, times)
    if count is None:
        raise Unreadable("no number of payments")
    if paid is None:
        periodic = rate_of(inputs, times)
        if periodic is None:
            raise Unreadable("neither payments nor a rate")
        paid = to(annuity.instalment(lent, periodic, count))
    return [paid] * int(count)


def _kept(inputs: Inputs, lent: Decimal) -> Decimal:
    """Prepaid finance charges: amounts, percentages and points of what is lent, also several of them."""
    total = Decimal(0)
    for name in KEPT:
        words = str(inputs.get(name) or "").lower()
        for part in filter(None, re.split(r"\s*(?:\+|plus|and|;)\s*", words)):
            share = re.search(r"%|points?\b", part) or (name == "points" and "." in f"{part}.")
            total += lent * number(re.sub(r"[^0-9.]", "", part)) / 100 if share else first_amount(part)
    return total


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
        lent = first_amount(inputs.need(*LOAN))
        advances = [(day(inputs.need(*STARTS)), lent - _kept(inputs, lent))]
    else:
        inputs.get("advance_date", "amount_financed")
        advances = dated_flows(stated) if isinstance(stated, list) else dated(series(stated))
    words = inputs.need("payments", "payment")
    first = inputs.read(day, "first_payment", "first_payment_date", "payment_date", "due_date")
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
