"""Group apr-uk, and European examples that state flows instead of an agreement: amounts after days, months, years or on dates."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost.aprc import SHORT_TERM_UK, Measure, Version, aprc, years_between
from services.servicing.domain.cost.roots import Flow
from tests.cases.published.figures import Answer, first_of, named, rates
from tests.cases.published.series import dated, dated_flows, series
from tests.cases.published.words import Inputs, Unreadable, day, first_amount, fraction, number, percentage, whole

ADVANCE = ("advance", "credit", "amount", "principal", "total_credit", "loan", "drawdown")
STARTS = ("advance_date", "agreement_date", "drawdown_date", "date", "start_date")
Timed = list[tuple[Fraction, Decimal]]


def apr_uk(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Effective annual rate on the short-term convention: a year of 365.25 days, 52 weeks, 12 months."""
    return rate_of_flows(inputs, SHORT_TERM_UK)


def rate_of_flows(inputs: Inputs, version: Version) -> Answer:
    """The rate of an advance, less what is kept from it, against payments that are listed."""
    advance = first_amount(inputs.need(*ADVANCE))
    kept = _kept(inputs, advance)
    payments = _payments(inputs, version)
    found = aprc([Flow(Fraction(0), advance - kept), *(Flow(time, -amount) for time, amount in payments)], version)
    total = sum((amount for _, amount in payments), Decimal(0))
    return first_of(
        rates(apr=found.exact, aprc=found.exact, x=found.exact, effective=found.exact),
        named({"total_cost": total + kept - advance, "total_repayable": total, "total_amount": total + kept}),
    )


def _kept(inputs: Inputs, advance: Decimal) -> Decimal:
    stated = inputs.get("fee", "upfront_cost", "fees", "expenses", "retained")
    if stated is None:
        return Decimal(0)
    return first_amount(stated) if re.search(r"\d(?![\d.,]*\s*%)", str(stated)) else advance * percentage(stated)


def _payments(inputs: Inputs, version: Version) -> Timed:
    words = inputs.get("payments", "instalments", "repayment", "repayments", "flows")
    start = inputs.read(day, *STARTS)
    if words is not None:
        return _listed(words, start, version)
    amount = first_amount(inputs.need("payment", "repaid", "total_repayable", "repayment_amount", "instalment"))
    count = inputs.read(whole, "number", "count", "n", "number_of_payments", otherwise=1)
    end = inputs.read(day, "payment_date", "repayment_date", "end_date", "maturity_date")
    if start is not None and end is not None:
        return [(years_between(start, end, version), amount)]
    for unit, names in (
        ("day", ("days", "term_days")),
        ("week", ("weeks",)),
        ("month", ("months", "term_months")),
        ("year", ("years",)),
    ):
        stated = inputs.get(*names)
        if stated is not None:
            each = fraction(number(stated)) / _a_year(version)[unit]
            return [(each, amount)] if count == 1 else [(each * k / count, amount) for k in range(1, count + 1)]
    raise Unreadable("no time or date of the payment")


def _a_year(version: Version) -> dict[str, Fraction]:
    days = version.year_days if version.measure is Measure.DAYS else Fraction(365)
    return {"day": days, "week": Fraction(52), "month": Fraction(12), "year": Fraction(1)}


def _listed(words: Any, start: date | None, version: Version) -> Timed:
    """Dated pairs, ``600 after 1 year``, or steps apart, the first one step after the advance."""
    if isinstance(words, (list, dict)):
        flows = dated_flows(words)
        begin = start or min(when for when, _ in flows)
        return [(years_between(begin, when, version), amount) for when, amount in flows]
    at = r"(?P<amount>[\d,]*\d(?:\.\d+)?) (?:on|after|at|in) (?P<unit>day|week|month|year) (?P<n>\d+)"
    after = r"(?P<amount>[\d,]*\d(?:\.\d+)?) (?:on|after|at|in) (?P<n>\d+) (?P<unit>day|week|month|year)s?"
    found = [*re.finditer(at, str(words)), *re.finditer(after, str(words))]
    if found:
        return [(Fraction(int(one["n"])) / _a_year(version)[one["unit"]], number(one["amount"])) for one in found]
    listed = series(words)
    if start is not None and listed[0].first is not None:
        return [(years_between(start, when, version), amount) for when, amount in dated(listed)]
    payments, time = [], Fraction(0)
    for one in listed:
        unit, length = one.step or ("month", 1)
        for _ in range(one.count):
            time += length / _a_year(version)[unit]
            payments.append((time, one.amount))
    return payments
