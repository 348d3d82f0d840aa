"""Figures by the names that sources give them: of rates, and of the rows of a repayment plan."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.servicing.domain.cost.credit_plan import Row

Value = Decimal | list[Decimal]
Answer = Callable[[str, Any], Value | None]
"""(name, expected) -> ours, or ``None`` when the name is not known; ``expected`` tells a list from one figure."""

CENT = Decimal("0.01")


def to(value: Decimal, step: Decimal = CENT) -> Decimal:
    """Rounded half-up."""
    return value.quantize(step, ROUND_HALF_UP)


def named(figures: Mapping[str, Value | Callable[[], Value]]) -> Answer:
    """Figures under their names."""

    def answer(name: str, _: Any) -> Value | None:
        value = figures.get(name)
        return value() if callable(value) else value

    return answer


def first_of(*answers: Answer) -> Answer:
    """The first answer that knows the name."""

    def answer(name: str, expected: Any) -> Value | None:
        return next((value for known in answers if (value := known(name, expected)) is not None), None)

    return answer


def nearest(*answers: Answer) -> Answer:
    """Of the answers that know the name, the one nearest to what is published.

    For figures that sources print by one of several conventions without saying which: unrounded, of rounded instalments, of a
    ledger in cents. They differ by cents, so a wrong figure is near to none of them.
    """

    def answer(name: str, expected: Any) -> Value | None:
        known = [value for one in answers if (value := one(name, expected)) is not None]
        if not known or isinstance(expected, list):
            return _nearest_list(known, expected) if known else None
        return min(
            (value for value in known if isinstance(value, Decimal)),
            key=lambda v: abs(v - _plain(expected)),
            default=None,
        )

    return answer


def _nearest_list(known: list[Value], expected: list[Any]) -> Value:
    lists = [value for value in known if isinstance(value, list) and len(value) == len(expected)]

    def distance(value: list[Decimal]) -> Decimal:
        return max(
            (abs(ours - _plain(theirs)) for ours, theirs in zip(value, expected, strict=True)), default=Decimal(0)
        )

    return min(lists, key=distance) if lists else known[0]


def rates(**fractions: Decimal) -> Answer:
    """Rates under their names in every form: ``…_percent``, ``…_1dp`` (percent, rounded to one decimal).

    Without such an ending sources print a fraction or a percentage: it is the one that is nearer to what is published.
    """

    def answer(name: str, expected: Any) -> Value | None:
        stem = re.sub(r"_(percent|pct|\d+dp|percent_\d+dp)$", "", name.lower())
        if stem not in fractions:
            return None
        value = fractions[stem]
        places = re.search(r"_(\d+)dp$", name)
        if places:
            return to(value * 100, Decimal(1).scaleb(-int(places[1])))
        if name.endswith(("_percent", "_pct")) or "%" in str(expected):
            return value * 100
        return min(value, value * 100, key=lambda form: abs(form - _plain(expected)))

    return answer


_COLUMNS = {
    "payment": "payment",
    "payments": "payment",
    "instalment": "payment",
    "instalments": "payment",
    "installment": "payment",
    "installments": "payment",
    "repayment": "payment",
    "emi": "payment",
    "pmt": "payment",
    "interest": "interest",
    "interests": "interest",
    "ipmt": "interest",
    "principal": "principal",
    "principals": "principal",
    "capital": "principal",
    "ppmt": "principal",
    "balance": "balance",
    "balances": "balance",
    "outstanding": "balance",
    "capital_outstanding": "balance",
    "remaining": "balance",
}
_ORDINALS = {"first": 0, "second": 1, "third": 2, "penultimate": -2, "last": -1, "final": -1}


def of_rows(rows: Sequence[Row], per_year: int = 12) -> Answer:
    """Figures of a plan's rows: ``payment_3``, ``payments_1_3``, ``interest_13_24``, ``last_payment``, ``balances`` …

    Two numbers after a name are a list of rows where a list is expected, else the sum over them; ``…_by_year_1_2_10`` lists sums of
    years, ``…_year_2`` is one of them.
    """

    def column(name: str) -> Callable[[Row], Decimal] | None:
        stem = name.removeprefix("monthly_").removeprefix("cumulative_").removeprefix("cum_").removesuffix("_after")
        field = _COLUMNS.get(stem)
        return None if field is None else lambda row: Decimal(getattr(row, field))

    def of_year(get: Callable[[Row], Decimal], year: int) -> Decimal:
        years = rows[per_year * (year - 1) : per_year * year]
        return get(years[-1]) if get(rows[-1]) == rows[-1].balance else sum(map(get, years), Decimal(0))

    def answer(name: str, expected: Any) -> Value | None:
        name = _one_spelling(name)
        over_all = re.fullmatch(r"(sum|total|max|highest|min|lowest|average|mean)_([a-z_]+)", name)
        if over_all and name not in _TOTALS and (get := column(over_all[2])) and not isinstance(expected, list):
            return _OVER_ALL[over_all[1]]([get(row) for row in rows])
        match = re.fullmatch(
            r"(?P<stem>[a-z_]+?)(?P<year>_by_year|_years?|_months?|_after|_period)?(?P<at>(?:_\d+)*)", name
        )
        if match is None:
            return None
        stem, at = match["stem"], [int(n) for n in match["at"].split("_") if n]
        ordinal, _, rest = stem.partition("_")
        if ordinal in _ORDINALS and (get := column(rest)):
            return get(rows[_ORDINALS[ordinal]]) if not at else None
        get = column(stem)
        if get is None or any(not 0 < n <= len(rows) for n in at):
            return None
        if match["year"] and "year" in match["year"]:
            found = [of_year(get, year) for year in at]
            return found if isinstance(expected, list) else found[0]
        if not at:
            return [get(row) for row in rows] if isinstance(expected, list) else None
        if isinstance(expected, list):
            numbers = range(at[0], at[1] + 1) if len(at) == 2 and len(expected) == at[1] - at[0] + 1 else at
            return [get(rows[n - 1]) for n in numbers]
        if len(at) == 2:
            return sum((get(row) for row in rows[at[0] - 1 : at[1]]), Decimal(0))
        return get(rows[at[0] - 1])

    return answer


_OVER_ALL: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda values: sum(values, Decimal(0)),
    "total": lambda values: sum(values, Decimal(0)),
    "max": max,
    "highest": max,
    "min": min,
    "lowest": min,
    "average": lambda values: sum(values, Decimal(0)) / len(values),
    "mean": lambda values: sum(values, Decimal(0)) / len(values),
}


def _one_spelling(name: str) -> str:
    """``annual_interest_1_2``, ``balance_at_12``, ``balance_after_month_12`` and ``interest_first`` as other sources say it."""
    name = re.sub(r"^(?:row|month|period|payment_no|instalment_no)_(\d+)_([a-z_]+)$", r"\2_\1", name)
    name = re.sub(r"^([a-z_]+?)_(?:in_)?(?:the_)?first_year$|^first_year_([a-z_]+)$", r"\1\2_year_1", name)
    name = re.sub(r"^year_(\d+)_([a-z_]+)$", r"\2_year_\1", name)
    name = re.sub(
        r"^([a-z_]+?)_(?:(?:at_|after_)?(?:the_)?end_(?:of_)?|in_|paid_|paid_in_)year_(\d+)$", r"\1_year_\2", name
    )
    name = re.sub(r"^(?:annual|yearly)_([a-z_]+?)((?:_\d+)+)$", r"\1_by_year\2", name)
    name = re.sub(r"_(?:at|after|in|of)(?:_(?:month|period|instalment|payment))?_(\d+)(?:_months?)?$", r"_\1", name)
    name = re.sub(r"_(\d+)_months?$", r"_\1", name)
    return re.sub(rf"^([a-z_]+)_({'|'.join(_ORDINALS)})$", r"\2_\1", name)


def totals(rows: Sequence[Row], borrowed: Decimal, level: Decimal | None = None) -> Answer:
    """Totals of a plan: unrounded (``…_exact``), of rounded instalments (``…_rounded``).

    Sources that say neither print either, so without a suffix it is the one that is nearer to what is published.
    """
    paid = sum((row.payment for row in rows), Decimal(0))
    rounded = to(level) * len(rows) if level is not None else sum((to(row.payment) for row in rows), Decimal(0))

    def answer(name: str, expected: Any) -> Value | None:
        if name in ("count", "months", "periods", "number_of_payments"):
            return Decimal(len(rows))
        if name in ("decrease", "monthly_decrease") and len(rows) > 1:
            return rows[0].payment - rows[1].payment
        if name in ("principal_each", "monthly_principal"):
            return rows[0].principal
        stem = name.removesuffix("_exact").removesuffix("_rounded")
        if stem not in _TOTALS:
            return None
        less = borrowed if "interest" in stem or "ipmt" in stem else Decimal(0)
        if name.endswith("_rounded"):
            return rounded - less
        if name.endswith("_exact") or isinstance(expected, list):
            return paid - less
        return min((paid - less, rounded - less), key=lambda total: abs(total - abs(_plain(expected))))

    return answer


_TOTALS = (
    *("total_to_repay", "total_repayable", "total_cost", "total_amount_paid", "sum_of_payments", "total_of_payments"),
    *("total_payment", "total_payments", "total_repayment", "total_paid", "total_amount"),
    *("total_interest", "interest_total", "interest", "total_interest_paid", "ipmt_sum", "sum_ipmt", "ipmt_total"),
)


def _plain(expected: Any) -> Decimal:
    return Decimal(str(expected).replace(",", "").replace("%", ""))
