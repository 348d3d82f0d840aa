"""Arrears 逾期: what is past due, days past due and buckets."""

from datetime import date, timedelta
from functools import lru_cache

from schemas.terms import Bucket
from services.servicing.domain.loan.daily.ageing import ageing, ages_from, grace_over, payable
from services.servicing.domain.loan.daily.overdue_interest import Accruing, posting_cap
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, due_date, months_of, terms_of, unpaid
from services.servicing.domain.loan.terms import Conditions, conditions

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


def past_due(loan: Loan, day: date) -> list[Balance]:
    """Unpaid instalments whose grace is over on ``day``, oldest first; none while together they are below the tolerance.

    Paid by due date + grace is never past due.
    """
    terms = terms_of(loan)
    late = []
    for balance in unpaid(loan):
        if day < grace_over(balance.due_date, terms):
            break
        late.append(balance)
    return late if ages_from(late, terms) else []


def days_past_due(late: list[Balance], terms: Conditions, day: date) -> int:
    """DPD = as-of date − oldest unpaid due date, after business-day adjustment; 0 when nothing is past due."""
    since = ages_from(late, terms)
    return (day - since).days if since else 0


def legal_arrears(loan: Loan, day: date) -> list[Balance]:
    """What the law counts as past due: a grace that is not in the contract spares nobody."""
    terms = terms_of(loan)
    if ageing(terms).grace_in_contract:
        return past_due(loan, day)
    late = []
    for balance in unpaid(loan):
        if day <= payable(balance.due_date, terms):
            break
        late.append(balance)
    return late


def accruing(loan: Loan) -> Accruing:
    """What the loan's arrears bear."""
    standing = loan.standing or NONE
    maturity = standing.accelerated or due_date(loan, months_of(loan))
    return _accruing(loan.terms, maturity, standing.heavier_from, loan.value_date)


@lru_cache(maxsize=4096)
def _accruing(terms: str, maturity: date, heavier_from: date | None, contract_date: date) -> Accruing:
    """Loans of one kind and day share it."""
    agreed = conditions(terms)
    return Accruing(agreed, maturity, heavier_from, posting_cap(agreed.agreement, contract_date))


def bucket_of(days: int) -> Bucket:
    """The bucket of a number of days past due."""
    return next(bucket for bucket in reversed(_BUCKETS) if days >= BUCKET_STARTS[bucket])


def next_bucket_day(oldest_due: date, bucket: Bucket) -> date | None:
    """The first day on which debts unpaid since ``oldest_due`` stand in a worse bucket; ``None`` after the last one."""
    worse = _BUCKETS[_BUCKETS.index(bucket) + 1 :]
    return oldest_due + timedelta(days=BUCKET_STARTS[worse[0]]) if worse else None


def spared_from(due: date, value_date: date, terms: Conditions) -> date:
    """The day from which principal paid with this value date bears no penalty: the due date when paid within the grace."""
    return due if value_date < grace_over(due, terms) else value_date
