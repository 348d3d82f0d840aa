"""The cumulative family with recalculation: rows counted anew from what was really repaid, and when.

A row bears on its scheduled balance, on principal that is overdue up to the day the loan is looked at, and no more on principal
that was repaid before its due date.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from services.servicing.domain.schedule.cumulative import Amounts, span_interest
from services.servicing.domain.schedule.dates import between, interest_spans
from services.servicing.domain.schedule.methods import Part, nothing, principal_parts
from services.servicing.domain.schedule.months import plus
from services.servicing.domain.terms import Family, InterestBy, Method, Prepaid, Rest, Span, Terms, Unit

DECLINING = frozenset({Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET})
"""Methods whose interest follows a balance that only payments move."""


class Repaid(NamedTuple):
    """Principal of a row, repaid with effect from ``day``."""

    day: date
    row: int
    amount: int


def recounts(terms: Terms) -> bool:
    """Whether rows are counted anew: recalculation in the cumulative family, where interest follows a balance."""
    declining = terms.method in DECLINING and terms.settlement is None
    return (
        terms.family is Family.CUMULATIVE and terms.recalculation is not None and declining and terms.rate.percent > 0
    )


def rest_day(terms: Terms, start: date, day: date) -> date:
    """From when a payment of ``day`` changes the balance: its day, the next day of rest, or the next due date."""
    rules = terms.recalculation
    assert rules is not None
    whole = terms.interest_by is InterestBy.PERIOD and not terms.partial_periods
    if whole or rules.rest is Rest.PERIOD:
        return next((due for _, due in interest_spans(terms, start) if due >= day), day)
    if day <= start:
        return day
    rest = Span(rules.rest_every, _REST_UNITS[rules.rest])
    passed = between(start, day, rest.unit) // rest.every
    return next(found for found in (plus(start, rest, passed + more) for more in (0, 1)) if found >= day)


_REST_UNITS = {Rest.DAILY: Unit.DAY, Rest.WEEKLY: Unit.WEEK, Rest.MONTHLY: Unit.MONTH}


def recounted(
    terms: Terms, start: date, disbursed: Sequence[tuple[date, int]], repaid: Sequence[Repaid], seen: date
) -> list[Amounts]:
    """The rows as they stand on ``seen``; what is overdue then is taken as paid that day."""
    return list(_rows(terms, start, disbursed, repaid, seen))


def accrued(
    terms: Terms, start: date, disbursed: Sequence[tuple[date, int]], repaid: Sequence[Repaid], row: int, day: date
) -> int:
    """Interest of a row that has arisen by ``day``."""
    return list(_rows(terms, start, disbursed, repaid, day, cut=(row, day)))[row].interest


def _rows(
    terms: Terms,
    start: date,
    disbursed: Sequence[tuple[date, int]],
    repaid: Sequence[Repaid],
    seen: date,
    cut: tuple[int, date] | None = None,
) -> Iterator[Amounts]:
    assert terms.recalculation is not None
    spans = interest_spans(terms, start)
    grace = terms.grace
    rule = terms.recalculation.prepaid
    looked_at, seen = seen, rest_day(terms, start, seen)
    balance = overdue = carry = pending = 0
    part_of: Part = nothing
    for number, (begins, due) in enumerate(spans):
        final = number == len(spans) - 1
        within = [(day, part) for day, part in disbursed if begins <= day < due or (final and day >= due)]
        changes = [*within, *_early(repaid, number, begins), *_late(repaid, number, begins, due, overdue, seen)]
        bears = overdue if terms.recalculation.on_past_due and begins < looked_at else 0
        until = cut[1] if cut is not None and cut[0] == number else due
        if not bears:
            changes = [*within, *_early(repaid, number, begins)]
        changes = [change for change in changes if change[0] < until]
        free = number < grace.interest_charged
        interest = 0 if free else span_interest(terms, start, (begins, until), balance + bears, changes)
        balance += sum(part for _, part in within)
        if within:
            part_of = principal_parts(terms, balance, max(number, grace.principal))
        wanted = max(0, min(balance, part_of(number, interest) if number >= grace.principal else 0))
        principal = max(0, wanted - carry)
        carry -= wanted - principal
        paid = sum(part.amount for part in repaid if part.row == number)
        excess = min(balance, paid) - principal
        if final:
            principal = balance
        elif excess > 0:
            principal += excess
            carry += excess if rule is Prepaid.NEXT else 0
        balance -= principal
        if excess > 0 and rule is Prepaid.INSTALMENT and not final:
            part_of = principal_parts(terms, balance, max(number + 1, grace.principal))
        overdue += principal - sum(part.amount for part in repaid if part.row == number and part.day <= due)
        overdue -= sum(part.amount for part in repaid if part.row < number and begins < part.day <= due)
        graced = number < (
            len(spans) - 1 if terms.method is Method.BULLET else min(grace.interest_payment, len(spans) - 1)
        )
        pending += interest
        yield Amounts(begins, due, principal, 0 if graced and cut is None else pending if cut is None else interest)
        pending = pending if graced else 0


def _early(repaid: Sequence[Repaid], number: int, begins: date) -> list[tuple[date, int]]:
    """What was repaid of this row, from its beginning at the earliest."""
    return [(max(begins, part.day), -part.amount) for part in repaid if part.row == number]


def _late(
    repaid: Sequence[Repaid], number: int, begins: date, due: date, overdue: int, seen: date
) -> list[tuple[date, int]]:
    """How overdue principal leaves the balance in this row: as it is repaid, and the rest on the day that is looked at."""
    paid = [part for part in repaid if part.row < number and begins < part.day <= due]
    changes = [(part.day, -part.amount) for part in paid if part.day < due]
    left = overdue - sum(part.amount for part in paid if part.day <= seen)
    return [*changes, (seen, -left)] if seen < due and left > 0 else changes
