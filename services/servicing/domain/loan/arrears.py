"""Arrears 逾期: what is past due, days past due, buckets and penalty interest."""

from datetime import date, timedelta
from typing import NamedTuple

from schemas.terms import Bucket
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, terms_of, unpaid
from services.servicing.domain.loan.terms import Conditions

BUCKET_STARTS = {
    Bucket.M0: 0,
    Bucket.M1: 1,
    Bucket.M2: 31,
    Bucket.M3: 61,
    Bucket.M4: 91,
    Bucket.M5: 121,
    Bucket.M6: 151,
    Bucket.M7: 181,
}
"""First day past due of each bucket (M1 = 1–30 … M6 = 151–180, M7 = more than 180)."""

_BUCKETS = tuple(BUCKET_STARTS)

_LONGEST_WAIT = 36_525
"""Days: a penalty that takes a century to reach one minor unit is posted by no settlement day."""


class Charge(NamedTuple):
    """A penalty to be posted on one instalment, minor units."""

    number: int
    base: int
    from_date: date
    to_date: date
    days: int
    amount: int


def past_due(loan: Loan, day: date) -> list[Balance]:
    """Unpaid instalments whose grace is over on ``day``, oldest first: paid by due date + grace is never past due."""
    grace = terms_of(loan).grace_days
    late = []
    for balance in unpaid(loan):
        if (day - balance.due_date).days <= grace:
            break
        late.append(balance)
    return late


def days_past_due(late: list[Balance], day: date) -> int:
    """DPD = as-of date − oldest unpaid due date, 0 when nothing is past due."""
    return (day - late[0].due_date).days if late else 0


def bucket_of(days: int) -> Bucket:
    """The bucket of a number of days past due."""
    return next(bucket for bucket in reversed(_BUCKETS) if days >= BUCKET_STARTS[bucket])


def next_bucket_day(oldest_due: date, bucket: Bucket) -> date | None:
    """The first day on which debts unpaid since ``oldest_due`` stand in a worse bucket; ``None`` after the last one."""
    worse = _BUCKETS[_BUCKETS.index(bucket) + 1 :]
    return oldest_due + timedelta(days=BUCKET_STARTS[worse[0]]) if worse else None


def charge(balance: Balance, terms: Conditions, until: date) -> Charge | None:
    """The penalty not yet posted on an instalment up to ``until``, exclusive; ``None`` when there is none.

    Base is the instalment's unpaid principal; it runs from the due date, inclusive, once the grace has passed, at the penalty
    rate that replaces the contract rate (银发〔2003〕251号). What rounds to nothing is left for the next posting.
    """
    days = (until - balance.through).days
    if days <= 0 or (until - balance.due_date).days <= terms.grace_days:
        return None
    amount = terms.penalty(balance.principal, days)
    if amount == 0:
        return None
    return Charge(balance.number, balance.principal, balance.through, until, days, amount)


def settlement_day(balance: Balance, terms: Conditions) -> date | None:
    """The first of a month on which a penalty of the days before is posted for an instalment in arrears 结息.

    The month's last day is charged when the next day opens: a payment counts from its own day on, so that day's penalty is
    only certain when it is over.
    """
    days = terms.rules.penalty_days(balance.principal, terms.penalty_rate, terms.day_basis)
    if days is None or days > _LONGEST_WAIT:
        return None
    grace_over = balance.due_date + timedelta(days=terms.grace_days + 1)
    return _first_of_month(max(balance.through + timedelta(days=days), grace_over))


def spared_from(due: date, value_date: date, terms: Conditions) -> date:
    """The day from which principal paid with this value date bears no penalty: the due date when paid within the grace."""
    return due if (value_date - due).days <= terms.grace_days else value_date


def _first_of_month(day: date) -> date:
    """``day`` when it is the first of a month, else the first of the next month."""
    return day if day.day == 1 else (day.replace(day=28) + timedelta(days=4)).replace(day=1)
