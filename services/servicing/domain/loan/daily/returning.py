"""When a loan that was in trouble has shown that it is out of it: arrears and costs paid, payments punctual for long enough."""

from datetime import date

from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.state import Loan, due_date, months_of, unpaid

PERIODS, MONTHS = 2, 6
"""Punctual payments for two periods or six months, the longer (general knowledge, precise-rules 20)."""


def proven_on(loan: Loan) -> date | None:
    """The first day on which the loan has proven itself if nothing changes; ``None`` while anything that fell due is unpaid.

    The last instalment closes the test where fewer periods are left.
    """
    if loan.overdue_since is not None:
        return None
    oldest = next(unpaid(loan), None)
    if oldest is not None and oldest.number <= loan.announced:
        return None
    standing = loan.standing or NONE
    since = standing.clean_since or loan.value_date
    periods = due_date(loan, min(standing.clean_number + PERIODS, months_of(loan)))
    return max(add_months(since, MONTHS), periods)


def proven(loan: Loan, day: date) -> bool:
    """Whether the test is passed on ``day``."""
    on = proven_on(loan)
    return on is not None and on <= day
