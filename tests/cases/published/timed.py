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
from tests.cases.published.series import begin, dated, dated_flows, series
from tests.cases.published.words import (
    Inputs,
    Unreadable,
    day,
    first_amount,
    fraction,
    number,
    per_year,
    percentage,
    whole,
)

ADVANCE = ("advance", "credit", "amount", "principal", "total_credit", "loan", "drawdown")
STARTS = ("advance_date", "agreement_date", "drawdown_date", "date", "start_date")
Timed = list[tuple[Fraction, Decimal]]


def apr_uk(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Effective annual rate on the short-term convention: a year of 365.25 days, 52 weeks, 12 months."""
    return rate_of_flows(inputs, SHORT_TERM_UK)


def rate_of_flows(inputs: Inputs, version: Version) -> Answer:
    """The rate of an advance, less what is kept from it, against payments that are listed."""
    later = _advances(inputs, version)
    advance = sum((amount for _, amount in later), Decimal(0)) or _advance(inputs)
    later = later or [(Fraction(0), advance)]
    kept = _kept(inputs, advance)
    payments = _payments(inputs, version)
    received = [Flow(time, amount) for time, amount in later]
    found = aprc([*received, Flow(Fraction(0), -kept), *(Flow(time, -amount) for time, amount in payments)], version)
    total = sum((amount for _, amount in payments), Decimal(0))
    return first_of(
        rates(apr=found.exact, aprc=found.exact, x=found.exact, effective=found.exact),
        named(
            {
                **dict.fromkeys(
                    ("total_cost", "total_charge", "total_charge_for_credit", "tcc"), total + kept - advance
                ),
                "total_repayable": total,
                "total_amount": total + kept,
            }
        ),
    )


def _advances(inputs: Inputs, version: Version) -> Timed:
    """Several advances, timed from the first; none where the inputs have one only."""
    listed = inputs.get("advances", "drawdowns")
    if listed is None:
        return []
    inputs.get("total_credit", "credit")
    if isinstance(listed, str):
        text = re.sub(r"(?<=\d) (?:at|in) month (?=\d)", " after month ", listed.lower())
        pairs = re.findall(r"([\d,.]+) (?:at|after|in|on)(?: the)? (?:month )?(start|once|\d+)", text)
        return [(Fraction(0 if at in ("start", "once") else int(at), 12), number(amount)) for amount, at in pairs]
    flows = dated_flows(listed)
    start = min(when for when, _ in flows)
    return [(years_between(start, when, version), amount) for when, amount in flows]


def _counted(words: list[Any], version: Version) -> Timed:
    """Records that count the months, weeks or years to an amount; none where they are of another kind."""
    timed = []
    for one in words:
        unit = next((unit for unit in ("month", "week", "year") if {unit, f"{unit}s"} & set(one)), None)
        if not isinstance(one, dict) or unit is None or "amount" not in one:
            return []
        time = fraction(one.get(unit, one.get(f"{unit}s"))) / _a_year(version)[unit]
        timed.append((time, number(one["amount"])))
    return timed


def _advance(inputs: Inputs) -> Decimal:
    """What is lent: stated, or a cash price less the deposit."""
    price = inputs.read(first_amount, "cash_price", "price", "purchase_price")
    if price is None:
        return first_amount(inputs.need(*ADVANCE))
    stated = inputs.get("deposit", "down_payment")
    share = percentage(stated) * price if "%" in str(stated) else None if stated is None else first_amount(stated)
    return price - (share or Decimal(0))


def _kept(inputs: Inputs, advance: Decimal) -> Decimal:
    stated = inputs.get("fee", "upfront_cost", "fees", "expenses", "retained", "charges", "costs", "administration_fee")
    if stated is None:
        return Decimal(0)
    return first_amount(stated) if re.search(r"\d(?![\d.,]*\s*%)", str(stated)) else advance * percentage(stated)


def _payments(inputs: Inputs, version: Version) -> Timed:
    words = inputs.get("payments", "instalments", "repayment", "repayments", "flows", "schedule")
    start = inputs.read(day, *STARTS)
    if words is not None:
        return _listed(words, start, version)
    charge = inputs.read(first_amount, "charge", "total_charge", "interest", "finance_charge")
    if charge is not None:
        inputs.add("payment", f"{_advance(inputs) + charge:f}")
    paid = inputs.need("payment", "repaid", "total_repayable", "repayment_amount", "instalment", *EACH)
    amount = first_amount(paid)
    each = next((unit for unit in ("week", "month") if any(unit in name and name in inputs for name in EACH)), None)
    step = inputs.read(per_year, "frequency", "payment_frequency")
    words_step = re.search("(weekly|fortnightly|monthly|quarterly|yearly|annually)", str(paid).lower())
    if words_step:
        step = per_year(words_step[1])
    count = inputs.read(whole, "number", "count", "n", "number_of_payments", otherwise=1)
    end = inputs.read(day, "payment_date", "repayment_date", "end_date", "maturity_date")
    if start is not None and end is not None:
        return [(years_between(start, end, version), amount)]
    term = inputs.get("term", "duration")
    for unit, names in (
        ("day", ("days", "term_days", "day")),
        ("week", ("weeks", "week")),
        ("month", ("months", "term_months", "month")),
        ("year", ("years", "term_years", "year")),
    ):
        stated = inputs.get(*names)
        said = (
            re.fullmatch(rf"\s*([\d./*]+)[ -]?{unit}s?\s*", str(term)) if stated is None and term is not None else None
        )
        stated = said[1] if said else stated
        if stated is not None:
            if step is not None or each is not None:
                a_year = step or {"week": 52, "month": 12}[str(each)]
                times = int(fraction(number(stated)) / _a_year(version)[unit] * a_year)
                return [(Fraction(k, a_year), amount) for k in range(1, times + 1)]
            each = fraction(number(stated)) / _a_year(version)[unit]
            return [(each, amount)] if count == 1 else [(each * k / count, amount) for k in range(1, count + 1)]
    if step is not None and count > 1:
        return [(Fraction(k, step), amount) for k in range(1, count + 1)]
    raise Unreadable("no time or date of the payment")


EACH = ("monthly_payment", "monthly_instalment", "weekly_payment", "monthly_repayment", "weekly_repayment")


def _a_year(version: Version) -> dict[str, Fraction]:
    days = version.year_days if version.measure is Measure.DAYS else Fraction(365)
    return {"day": days, "week": Fraction(52), "month": Fraction(12), "year": Fraction(1)}


def _listed(words: Any, start: date | None, version: Version) -> Timed:
    """Dated pairs, ``600 after 1 year``, or steps apart, the first one step after the advance."""
    if isinstance(words, (list, dict)):
        if isinstance(words, list) and (counted := _counted(words, version)):
            return counted
        flows = dated_flows(words)
        first = start or begin(words)
        return [(years_between(first, when, version), amount) for when, amount in flows]
    at = r"(?P<amount>[\d,]*\d(?:\.\d+)?) (?:on|after|at|in) (?P<unit>day|week|month|year) (?P<n>\d+)"
    after = r"(?P<amount>[\d,]*\d(?:\.\d+)?) (?:on|after|at|in) (?P<n>\d+) (?P<unit>day|week|month|year)s?"
    found = [*re.finditer(at, str(words)), *re.finditer(after, str(words))]
    if found:
        return [(Fraction(int(one["n"])) / _a_year(version)[one["unit"]], number(one["amount"])) for one in found]
    first = re.search(
        r",? (?:the )?first (?:payment |instalment |one )?(?:is |due |made )*(?:after )?(\d+|one) (day|week|month|year)s?"
        r"(?: after(?: the)?(?: advance| drawdown| loan)?)?|,? from (day|week|month) (\d+)",
        str(words).lower(),
    )
    listed = series(str(words).lower().replace(first[0], "") if first else words)
    if start is not None and listed[0].first is not None:
        return [(years_between(start, when, version), amount) for when, amount in dated(listed)]
    payments, time = [], Fraction(0)
    for one in listed:
        unit, length = one.step or ("month", 1)
        for _ in range(one.count):
            time += length / _a_year(version)[unit]
            if first and not payments:
                time = whole(first[1] or first[4]) / _a_year(version)[first[2] or first[3]]
            payments.append((time, one.amount))
    return payments
