"""Terms that fit together, and still make no schedule from the day of disbursement on: each objection names the field."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from schemas.calendars import CalendarEnds
from services.servicing.domain.schedule.cumulative import amounts
from services.servicing.domain.schedule.dates import due_dates, periods, start_of
from services.servicing.domain.schedule.methods import principal_parts
from services.servicing.domain.schedule.patterns import is_patterned, on_pattern
from services.servicing.domain.terms import Family, Grace, Method, Objection, Terms

_BY_INSTALMENT = {
    Method.EQUAL_INSTALMENT: "rounding.multiple",
    Method.GRADED: "growth",
    Method.BALLOON: "rounding.multiple",
}
"""Methods that agree what a row asks for; the field that can make it less than the interest."""


def schedule_objections(terms: Terms, start: date) -> tuple[Objection, ...]:
    """Every reason to refuse a loan of these terms that is disbursed on ``start``; the terms by themselves have none."""
    try:
        agreed = list(due_dates(terms, start_of(terms, start)))
        spans = periods(terms, start_of(terms, start))
    except CalendarEnds as error:
        return (Objection("business_days.calendar", str(error)),)
    except (OverflowError, ValueError):
        return (Objection("instalments", "the last one would fall due after the year 9999"),)
    dues = [due for _, due in spans]
    return (
        *_count(terms, agreed),
        *_order(terms, start, dues),
        *_tranches(terms, start, dues[-1] if dues else start),
    ) or tuple(_repayment(terms, start))


def _count(terms: Terms, agreed: Sequence[date]) -> Iterator[Objection]:
    if len(agreed) != terms.instalments:
        yield Objection("instalments", f"{len(agreed)} fall due up to the maturity agreed, not {terms.instalments}")
    if terms.first_due is not None and is_patterned(terms) and not on_pattern(terms, terms.first_due):
        yield Objection("first_due", "is no day of the pattern agreed")


def _order(terms: Terms, start: date, dues: Sequence[date]) -> Iterator[Objection]:
    if any(later <= earlier for earlier, later in pairwise(dues)):
        if terms.business_days is not None:
            yield Objection("business_days", "moves two due dates onto one day")
        else:
            yield Objection("fixed_length", "ends before the last but one instalment")
    if dues and dues[0] <= start:
        yield Objection(
            _first(terms), f"the first instalment falls due on {dues[0]}, not after the disbursement on {start}"
        )


def _first(terms: Terms) -> str:
    """The field that the first due date follows from."""
    names = ("plan", "first_due", "applied", "counted_from", "matures", "business_days")
    return next((name for name in names if getattr(terms, name)), "frequency")


def _tranches(terms: Terms, start: date, matures: date) -> Iterator[Objection]:
    for number, tranche in enumerate(terms.tranches):
        field = f"tranches[{number}].expected"
        if not start <= tranche.expected < matures:
            yield Objection(field, f"must lie from {start} to before the last due date {matures}")
        if number and tranche.expected < terms.tranches[number - 1].expected:
            yield Objection(field, "must not be before the tranche before it")
    owed = 0
    for number, planned in enumerate(terms.plan):
        owed += planned.principal
        paid_out = sum(tranche.amount for tranche in terms.tranches if tranche.expected < planned.due)
        if terms.tranches and owed > paid_out:
            yield Objection(f"plan[{number}].principal", f"asks on {planned.due} for more than is disbursed before it")
            return


def _repayment(terms: Terms, start: date) -> Iterator[Objection]:
    """Rows that ask for less than their interest: the loan would never be repaid, but for its last row."""
    field = _BY_INSTALMENT.get(terms.method)
    graced = terms.grace.principal
    if terms.family is not Family.CUMULATIVE or field is None or graced == terms.instalments - 1:
        return
    first = amounts(replace(terms, grace=Grace(graced)), start_of(terms, start), [(start, terms.principal)])[graced]
    covers = principal_parts(terms, terms.principal, graced)(graced, first.interest)
    if covers < 0 or (covers == 0 and first.interest and terms.rounding.multiple):
        field = field if terms.fixed_instalment is None else "fixed_instalment"
        yield Objection(
            field, f"the instalment due on {first.due} does not cover its interest of {terms.major(first.interest)}"
        )
