"""Due dates: counted from an anchor, so that a day 29 to 31 returns after a short month (rule on month ends).

An agreed maturity leaves an odd period first or last; weekdays of the month and pairs of days have patterns of their own
(:mod:`services.servicing.domain.schedule.patterns`); a business-day rule moves what these give.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from schemas.calendars import calendar
from services.servicing.domain.calendar.business_days import Adjustment, adjusted
from services.servicing.domain.schedule.months import month_days, month_on, plus
from services.servicing.domain.schedule.patterns import days_after, is_patterned, on_pattern
from services.servicing.domain.terms import Anchor, Method, MonthEnd, Settlement, Stub, Terms, Unit

_FIRST = (Stub.FIRST_SHORT, Stub.FIRST_LONG)
_LONG = (Stub.FIRST_LONG, Stub.LAST_LONG)


class Row(NamedTuple):
    """The dates of one row."""

    ends: date
    """Up to this day, exclusive, its interest is counted."""
    due: date
    settles: bool
    """Interest falls due."""
    number: int | None
    """Of the instalment whose principal falls due, from 0; ``None`` on a day of interest alone."""


def days_added(terms: Terms, start: date, count: int, added: int) -> list[date]:
    """Due dates of ``added`` rows after the first ``count`` of a loan: they go on as those did, after an agreed end regularly."""
    if terms.plan or terms.matures is not None or terms.fixed_length is not None:
        last = list(due_dates(terms, start))[-1]
        return [plus(last, terms.frequency, number) for number in range(count - terms.instalments + 1, added + 1)]
    longer = replace(terms, instalments=count + added)
    return [due for _, due in periods(longer, start)][count:]


def between(start: date, end: date, unit: Unit) -> int:
    """Whole units from ``start`` to ``end``."""
    days = (end - start).days
    if unit is Unit.DAY:
        return days
    if unit is Unit.WEEK:
        return days // 7
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return months // 12 if unit is Unit.YEAR else months


def start_of(terms: Terms, disbursed: date) -> date:
    """The date from which periods are counted."""
    agreed = {Anchor.APPLICATION: terms.applied, Anchor.AGREED: terms.counted_from}.get(terms.anchor)
    return agreed if agreed is not None else disbursed


def due_dates(terms: Terms, start: date) -> Iterator[date]:
    """The day of each instalment as agreed, before any is moved to a business day."""
    if terms.plan:
        return (planned.due for planned in terms.plan)
    if is_patterned(terms):
        return _patterned(terms, start)
    if terms.matures is not None:
        return iter(_towards(terms, start, terms.matures))
    return _counted(terms, start)


def _counted(terms: Terms, start: date) -> Iterator[date]:
    """So many from the start, or from an agreed first one."""
    count = terms.instalments if terms.fixed_length is None else terms.instalments - 1
    if terms.first_due is not None:
        yield from _every(terms, terms.first_due, range(count))
    elif terms.month_end is MonthEnd.DRIFT:
        due = start
        for _ in range(count):
            due = plus(due, terms.frequency)
            yield due
    else:
        yield from _every(terms, start, range(1, count + 1))
    if terms.fixed_length is not None:
        yield plus(start, terms.fixed_length)


def _towards(terms: Terms, start: date, matures: date) -> list[date]:
    """Counted back from the maturity, so that the odd period is the first one, or towards it, so that it is the last."""
    if terms.stub in _FIRST:
        back = list(takewhile(lambda due: due >= start, _every(terms, matures, range(0, -_MOST, -1))))[::-1]
        even = bool(back) and back[0] == start
        return back[1:] if even or (terms.stub in _LONG and len(back) > 1) else back
    first, numbers = (start, range(1, _MOST)) if terms.first_due is None else (terms.first_due, range(_MOST))
    dues: list[date] = []
    for due in _every(terms, first, numbers):
        if due >= matures:
            if due > matures and dues and terms.stub in _LONG:
                dues.pop()
            break
        dues.append(due)
    return [*dues, matures]


_MOST = 15_000
"""More rows than any terms may have."""


def _patterned(terms: Terms, start: date) -> Iterator[date]:
    """Days of a pattern after the start: the first one, or where the odd period is joined the one after it."""
    if terms.first_due is not None:
        return islice(days_after(terms, terms.first_due - timedelta(days=1)), terms.instalments)
    joined = terms.stub in _LONG and not on_pattern(terms, start)
    return islice(days_after(terms, start), int(joined), terms.instalments + int(joined))


def on_grid(terms: Terms) -> bool:
    """Whether every period holds whole units of the frequency: no odd period, no drift, no days of their own."""
    return (
        terms.first_due is None
        and terms.fixed_length is None
        and terms.matures is None
        and terms.business_days is None
        and terms.settlement is None
        and not terms.plan
        and not is_patterned(terms)
        and terms.month_end is MonthEnd.KEEP_DAY
        and terms.frequency.unit is not Unit.YEAR
    )


def at_month_end(terms: Terms, day: date) -> bool:
    """Whether dates counted from ``day`` are the last days of their months."""
    return terms.month_end is MonthEnd.LAST_DAY and day.day == month_days(day.year, day.month)


def _every(terms: Terms, start: date, numbers: range) -> Iterator[date]:
    """``start`` plus the frequency so many times, for each number."""
    span = terms.frequency
    if span.unit is Unit.MONTH:
        day, first, every = (
            31 if at_month_end(terms, start) else start.day,
            start.year * 12 + start.month - 1,
            span.every,
        )
        yield from (month_on(first + number * every, day) for number in numbers)
    else:
        yield from (plus(start, span, number) for number in numbers)


def rows(terms: Terms, start: date) -> list[Row]:
    """The dates of every row, in the order in which their interest ends."""
    move = _mover(terms)
    runs_on = terms.business_days is not None and terms.business_days.adjusts_interest
    found = [
        Row(due if runs_on else day, due, terms.settlement is None, number)
        for number, (day, due) in enumerate((day, move(day)) for day in due_dates(terms, start))
    ]
    if terms.settlement is None or not found:
        return found
    last = found[-1]._replace(settles=True)
    found = [row for row in found[:-1] if _repays(terms, row.number)]
    for day in _settlement_days(terms.settlement, start, last.ends):
        row = Row(day + timedelta(days=1), move(day + timedelta(days=terms.settlement.payable_after)), True, None)
        if row.ends < last.ends and row.due < last.due:
            found.append(row)
    found.sort(key=lambda row: row.ends)
    return [*found, last]


def _repays(terms: Terms, number: int | None) -> bool:
    """Whether principal falls due in an instalment that is not the last."""
    if number is None or terms.method is Method.INTEREST_ONLY or number < terms.grace.principal:
        return False
    return not terms.plan or terms.plan[number].principal > 0


def _mover(terms: Terms) -> Callable[[date], date]:
    rule = terms.business_days
    if rule is None or rule.adjustment is Adjustment.NONE:
        return lambda day: day
    return partial(adjusted, adjustment=rule.adjustment, calendar=calendar(rule.calendar))


def _settlement_days(settlement: Settlement, start: date, end: date) -> Iterator[date]:
    """Settlement days from ``start`` to before ``end``; those of quarters and years are in their last months."""
    for month in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        day = month_on(month, settlement.day)
        if (month + 1) % settlement.every == 0 and start <= day < end:
            yield day


def periods(terms: Terms, start: date) -> list[tuple[date, date]]:
    """(from, due) of each instalment: each period begins when the one before it ends."""
    if terms.business_days is None and terms.settlement is None:
        return list(pairwise([start, *due_dates(terms, start)]))
    if terms.settlement is None:
        return list(pairwise([start, *(row.due for row in rows(terms, start))]))
    return list(pairwise([start, *sorted({row.due for row in rows(terms, start)})]))


def interest_spans(terms: Terms, start: date) -> list[tuple[date, date]]:
    """(from, to) of the interest of each instalment that falls due with its principal."""
    if terms.business_days is None:
        return list(pairwise([start, *due_dates(terms, start)]))
    return list(pairwise([start, *(row.ends for row in rows(terms, start))]))
