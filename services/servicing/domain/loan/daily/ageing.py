"""From which day arrears count 逾期起算日: business-day adjustment, grace, tolerance, and the days that the law counts."""

from collections.abc import Iterable
from datetime import date

from schemas.agreement import AgeingTerms
from schemas.calendars import EVERY_DAY, CalendarEnds, calendar
from schemas.money import minor
from services.servicing.domain.calendar.business_days import Adjustment, adjusted
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.terms import Conditions

_PLAIN = AgeingTerms()


def ageing(terms: Conditions) -> AgeingTerms:
    """How days past due are counted; by every cent and every day where nothing is agreed."""
    return terms.agreement.ageing or _PLAIN


def payable(due: date, terms: Conditions) -> date:
    """The day by which money due on ``due`` may be paid: the next business day of the agreed calendar.

    Where the calendar's version ends before that day nothing is guessed: the day stays as it is.
    """
    agreed = terms.agreement.ageing
    if agreed is None or agreed.calendar == EVERY_DAY:
        return due
    try:
        return adjusted(due, Adjustment.FOLLOWING, calendar(agreed.calendar))
    except CalendarEnds:
        return due


def grace_over(due: date, terms: Conditions) -> date:
    """The first day on which what was due on ``due`` is past due."""
    return payable(due, terms) + terms.after_grace


def ages_from(balances: Iterable[Balance], terms: Conditions) -> date | None:
    """The payable day from which these unpaid instalments, oldest first, count as arrears; ``None`` below the tolerance.

    Penalty and compound interest are no reason to count: the tolerance looks at what was scheduled, fees and costs.
    """
    agreed = terms.agreement.ageing
    tolerance = minor(agreed.tolerance) if agreed and agreed.tolerance else None
    together = 0
    for balance in balances:
        if tolerance is None:
            return payable(balance.due_date, terms)
        together += balance.total - balance.penalty - balance.compound
        if together >= tolerance:
            return payable(balance.due_date, terms)
    return None
