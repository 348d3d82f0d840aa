"""Due dates: patterns, maturities and business days that contradict each other."""

from collections.abc import Iterator

from schemas.calendars import versions
from services.servicing.domain.terms.objection import Objection
from services.servicing.domain.terms.terms import BusinessDays, Span, Terms
from services.servicing.domain.terms.words import Family, InterestBy, MonthEnd, Stub, Unit

_MONTHLY = Span(1, Unit.MONTH)
_FIRST = (Stub.FIRST_SHORT, Stub.FIRST_LONG)


def day_objections(terms: Terms) -> Iterator[Objection]:
    """What of the due dates does not fit together."""
    ways = [
        name for name in ("nth_weekday", "month_days", "matures", "fixed_length") if getattr(terms, name) is not None
    ]
    if terms.plan:
        ways += [name for name in ("first_due", "stub") if getattr(terms, name) is not None]
        for name in ways:
            yield Objection(name, "a custom plan names its days itself")
    elif len(ways) > 1:
        yield Objection(ways[1], f"the due dates follow from {ways[0]} already")
    if terms.matures is not None and terms.full_term_tranches:
        yield Objection("full_term_tranches", "a tranche of a full term would end after the maturity agreed")
    yield from _patterns(terms)
    yield from _odd_periods(terms)
    if terms.month_end is MonthEnd.DRIFT and (terms.plan or (ways and ways != ["fixed_length"])):
        yield Objection("month_end", "dates that are agreed cannot drift")
    if terms.business_days is not None:
        yield from _business_days(terms.business_days, terms)


def _patterns(terms: Terms) -> Iterator[Objection]:
    weekday, pair = terms.nth_weekday, terms.month_days
    if weekday is not None:
        if weekday.nth not in (1, 2, 3, 4, -1):
            yield Objection("nth_weekday.nth", "must be 1 to 4, or -1 for the last")
        if not 1 <= weekday.weekday <= 7:
            yield Objection("nth_weekday.weekday", "must be 1 for Monday to 7 for Sunday")
        if terms.frequency.unit is not Unit.MONTH:
            yield Objection("frequency", "a weekday of the month needs a frequency in months")
    if pair is not None:
        if not 1 <= pair[0] <= 27 or not pair[0] < pair[1] <= 31:
            yield Objection("month_days", "must be two days in order, the first one at most the 27th, 31 for the last")
        if terms.frequency != _MONTHLY:
            yield Objection("frequency", "two days a month need the frequency of one month")


def _odd_periods(terms: Terms) -> Iterator[Objection]:
    if terms.stub is None:
        return
    patterned = terms.nth_weekday is not None or terms.month_days is not None
    if terms.matures is None and not patterned:
        yield Objection("stub", "needs an agreed maturity, or days of a pattern")
    if patterned and terms.stub not in _FIRST:
        yield Objection("stub", "days of a pattern leave an odd period first, not last")
    if terms.first_due is not None and terms.stub in _FIRST:
        yield Objection("stub", "an agreed first due date says itself how long the first period is")


def _business_days(rule: BusinessDays, terms: Terms) -> Iterator[Objection]:
    if rule.calendar not in versions():
        yield Objection("business_days.calendar", f"unknown; there are {', '.join(versions())}")
    if rule.adjusts_interest and terms.interest_by is InterestBy.PERIOD:
        yield Objection(
            "business_days.adjusts_interest",
            "interest by period knows the days as agreed: agree interest by day, or none",
        )
    if not rule.adjusts_interest and terms.family is Family.PROGRESSIVE:
        yield Objection(
            "business_days.adjusts_interest",
            "interest of the progressive family runs to the day on which the row is due",
        )
