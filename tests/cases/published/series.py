"""Series of payments in words: ``48 x 134.57 monthly``, ``39.50 on 1978-04-20 then 11 x 38.31 every 4 weeks from 1978-05-18``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.servicing.domain.calendar.months import add_months
from tests.cases.published.words import AMOUNT, COUNTS, NUMBER, PER_YEAR, Text, Unreadable, day, number, whole

EVERY = (
    r"(?P<every>every (?:\w+ )?(?:months?|weeks?|days?|years?|quarters?)|"
    + "|".join(sorted((word for word in PER_YEAR if word.endswith("ly") or word == "annual"), key=len, reverse=True))
    + r"|per (?:month|week|year|quarter)|a month|a week)"
)
DATE = r"(?P<date>\d{4}-\d{2}-\d{2})"
_STEPS = {
    "daily": ("day", 1),
    "weekly": ("week", 1),
    "fortnightly": ("week", 2),
    "biweekly": ("week", 2),
    "bi-weekly": ("week", 2),
    "four-weekly": ("week", 4),
    "semimonthly": ("semimonth", 1),
    "semi-monthly": ("semimonth", 1),
    "monthly": ("month", 1),
    "bimonthly": ("month", 2),
    "quarterly": ("month", 3),
    "four-monthly": ("month", 4),
    "half-yearly": ("month", 6),
    "semi-annual": ("month", 6),
    "semi-annually": ("month", 6),
    "semiannual": ("month", 6),
    "annual": ("month", 12),
    "annually": ("month", 12),
    "yearly": ("month", 12),
}
_UNITS = {"day": ("day", 1), "week": ("week", 1), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12)}


@dataclass(frozen=True, slots=True)
class Series:
    """``count`` equal payments; ``step`` apart (unit, how many), the first at ``first`` where it is dated."""

    count: int
    amount: Decimal
    step: tuple[str, int] | None = None
    first: date | None = None
    skipped: frozenset[int] = frozenset()
    """Months of the year in which nothing is paid."""


def step_of(words: str) -> tuple[str, int]:
    """(unit, how many) of a frequency, e.g. ``every 4 weeks``."""
    if words in _STEPS:
        return _STEPS[words]
    match = re.fullmatch(r"(?:every|per|a) (?:(\w+) )?(month|week|day|year|quarter)s?", words)
    if match is None:
        raise Unreadable(f"{words!r} is not a frequency")
    unit, length = _UNITS[match[2]]
    ordinal = {"other": 2, "second": 2, "third": 3, "fourth": 4}.get(match[1] or "")
    return unit, length * (ordinal or whole(match[1] or 1))


def series(value: Any) -> list[Series]:
    """Every series in the words, in order. Raises :class:`Unreadable` when something is left."""
    plainly = re.sub(r"\((?:\d+ (?:days|years?|months?)[^)]*|[^)]*unit[^)]*)\)", "", str(value).lower())
    plainly = re.sub(
        r",? (?:on )?(?:dates|days|the) \d+(?:st|th)? and \d+(?:st|th)?(?: of (?:each|the) month)?", "", plainly
    )
    text = Text(re.sub(r"^(monthly|weekly|annual|yearly|quarterly): (.*)$", r"\2 \1", plainly))
    count = rf"(?P<count>\d+|{'|'.join(COUNTS)})"
    between = r"(?:x|×|\*|@|(?:equal )?(?:payments?|instalments?|repayments?) of)"
    many = rf"{count}\s*(?:equal )?(?:(?P<before>{EVERY.replace('?P<every>', '?:')})\s*)?{between}\s*{AMOUNT}"
    one = rf"(?P<last>(?:final|last)(?: payment)?(?: of)?)?\s*{AMOUNT.replace('<amount>', '<one>')}(?: balloon)?"
    when = rf"(?:,?\s*(?:each )?{EVERY})?(?:,? (?:starting |beginning |commencing |first (?:(?:payment|instalment) )?)?"
    when += rf"(?:from|on|starting|beginning|commencing|due)? ?{DATE})?"
    pattern = rf"(?=\S)(?:{many}|{one}){when}(?P<end> last| final| balloon)?"
    text.left = re.sub(rf"({NUMBER}) ({EVERY.replace('?P<every>', '?:')}) ?[x×] ?(\d+)", r"\3 x \1 \2", text.left)
    skipped = _skipped(text)
    found = []
    for match in text.all(pattern):
        words = match["every"] or match["before"]
        first = date.fromisoformat(match["date"]) if match["date"] else None
        amount = number(match["amount"] or match["one"])
        found.append(Series(whole(match["count"] or 1), amount, step_of(words) if words else None, first, skipped))
    text.done(("first", "last", "final", "balloon", "payments?", "instalments?", "thereafter"))
    if not found:
        raise Unreadable(f"no payments in {value!r}")
    return found


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _skipped(text: Text) -> frozenset[int]:
    """The months that ``skipping June, July and August`` leaves out."""
    name = rf"(?:{'|'.join(MONTHS)})[a-z]*"
    match = text.take(
        rf",? ?\(?(?:skipping|omitting|except(?: in)?|no payments? in|not in) (?P<names>{name}(?:(?:, | and |, and ){name})*)\)?"
    )
    if match is None:
        return frozenset()
    return frozenset(MONTHS.index(one[:3]) + 1 for one in re.findall("[a-z]+", match["names"]) if one[:3] in MONTHS)


def amounts(value: Any) -> tuple[Decimal, ...]:
    """The amounts one after another; a list of numbers is that already."""
    if isinstance(value, list):
        return tuple(number(one) for one in value)
    return tuple(one.amount for one in series(value) for _ in range(one.count))


def dated(found: list[Series]) -> list[tuple[date, Decimal]]:
    """Each payment with its date; a series without its own follows the one before it, a step later."""
    payments: list[tuple[date, Decimal]] = []
    last, common = None, next((one.step for one in found if one.step), ("month", 1))
    for one in found:
        step = one.step or common
        first = one.first or (None if last is None else later(last, step, 1))
        if first is None:
            raise Unreadable("the first payment has no date")
        days = _days(first, step, one)
        payments += [(day, one.amount) for day in days]
        last = days[-1]
    return payments


def _days(first: date, step: tuple[str, int], one: Series) -> list[date]:
    days, n = [], 0
    while len(days) < one.count:
        when = later(first, step, n)
        if when.month not in one.skipped:
            days.append(when)
        n += 1
    return days


def later(day: date, step: tuple[str, int], times: int) -> date:
    """``times`` steps after ``day``; semimonthly dates alternate between two days 15 apart."""
    unit, length = step
    if unit == "month":
        return add_months(day, length * times)
    if unit == "semimonth":
        months, half = divmod(times, 2)
        moved = add_months(day, months)
        if not half:
            return moved
        return moved + timedelta(days=15) if day.day <= 15 else add_months(moved, 1).replace(day=day.day - 15)
    return day + timedelta(days=length * times * (7 if unit == "week" else 1))


def dated_flows(value: Any) -> list[tuple[date, Decimal]]:
    """Flows as pairs [date, amount], as records with a date and an amount, or by date."""
    if isinstance(value, Mapping):
        value = list(value.items())
    if isinstance(value, str):
        found = re.findall(rf"(-?\s*{NUMBER})\s*(?:on|at|@|:)\s*(\d{{4}}-\d{{2}}-\d{{2}})", value)
        if not found:
            raise Unreadable(f"no dated flows in {value!r}")
        return [(date.fromisoformat(when), number(amount.replace(" ", ""))) for amount, when in found]
    pairs = [_pair(one) for one in value]
    if _in_days(pairs):
        return [(EPOCH + timedelta(days=int(when)), number(amount)) for when, amount in pairs]
    return [(day(when), number(amount)) for when, amount in pairs]


EPOCH = date(2000, 1, 1)
"""Day 0 of flows that are timed in days."""


def begin(value: Any) -> date:
    """The day that flows are timed from: day 0 where they are timed in days, else that of the earliest."""
    if isinstance(value, list) and _in_days([_pair(one) for one in value]):
        return EPOCH
    return min(when for when, _ in dated_flows(value))


def _in_days(pairs: Sequence[tuple[Any, Any]]) -> bool:
    return all(re.fullmatch(r"\d{1,5}", str(when)) for when, _ in pairs)


def _pair(one: Any) -> tuple[Any, Any]:
    if isinstance(one, Mapping):
        when = next((one[key] for key in ("date", "day", "days", "on", "at") if key in one), None)
        amount = next(
            (one[key] for key in ("amount", "value", "flow", "cash_flow", "cash", "payment") if key in one), None
        )
        if when is None or amount is None:
            raise Unreadable(f"{dict(one)} has no date and amount")
        return when, amount
    first, second = one
    return (
        (second, first)
        if re.search(r"\D\d+\D", str(second)) and not re.search(r"\d[-/]\d", str(first))
        else (first, second)
    )
