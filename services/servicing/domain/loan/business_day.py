"""A loan's business day 日终: what became due, what is past due, penalty, buckets. Pure, and judged as of that day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.events import DelinquencyBucketChanged, InstallmentDue, Overdue
from services.servicing.domain.loan import arrears
from services.servicing.domain.loan.daily.accrual import month_end, month_end_due, status_change
from services.servicing.domain.loan.daily.ageing import ageing, ages_from
from services.servicing.domain.loan.daily.asset_class import class_by_days, next_class_day
from services.servicing.domain.loan.daily.overdue_interest import Accruing
from services.servicing.domain.loan.daily.postings import penalties
from services.servicing.domain.loan.daily.returning import proven_on
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.ending.lapsing import lapse, lapse_day
from services.servicing.domain.loan.evolve import evolve
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    due_date,
    months_of,
    oldest_unpaid,
    schedule_of,
    terms_of,
    unpaid,
)


def due(loan: Loan | None) -> date | None:
    """The next date with something to do: an instalment, the end of a grace, a bucket, a posting of penalty."""
    if loan is None or loan.status is not Status.ACTIVE:
        return None
    dates = [_next_instalment(loan), month_end_due(loan), lapse_day(loan)]
    fallen_due = _fallen_due(loan)
    if fallen_due:
        dates.extend(_arrears_days(loan, fallen_due))
        dates.extend(_standing_days(loan, fallen_due))
    elif loan.standing is not None and loan.standing.non_accrual is not None:
        dates.append(proven_on(loan))
    return min((day for day in dates if day is not None), default=None)


def business_day(loan: Loan, context: Context) -> Sequence[Any]:
    """The events of ``context.business_date``; when days were missed for this loan, as they stand on that day."""
    if loan.status is not Status.ACTIVE:
        return ()
    loan_id, day = context.aggregate_id, context.business_date
    lapsed = lapse(loan, context)
    events = [*lapsed, *became_due(loan, loan_id, day), *_arrears(loan, loan_id, day)]
    return [*events, *_standing(loan, events, loan_id, day)]


def _next_instalment(loan: Loan) -> date | None:
    return due_date(loan, loan.announced + 1) if loan.announced < months_of(loan) else None


def _fallen_due(loan: Loan) -> list[Balance]:
    """Unpaid instalments that became due."""
    if oldest_unpaid(loan) > loan.announced:
        return []
    found = []
    for instalment in unpaid(loan):
        if instalment.number > loan.announced:
            break
        found.append(instalment)
    return found


def _arrears_days(loan: Loan, fallen_due: list[Balance]) -> list[date | None]:
    terms = terms_of(loan)
    oldest = ages_from(fallen_due, terms)
    if oldest is None:
        return []
    if loan.overdue_since is None:
        return [oldest + timedelta(days=terms.grace_days + 1)]
    rules = arrears.accruing(loan)
    return [
        arrears.next_bucket_day(oldest, loan.bucket),
        *(rules.settlement_day(instalment) for instalment in fallen_due),
    ]


def _standing_days(loan: Loan, fallen_due: list[Balance]) -> list[date | None]:
    """When these arrears, if they stay, make the class worse and stop income."""
    terms = terms_of(loan)
    agreement, since = terms.agreement, ages_from(fallen_due, terms)
    if since is None or (agreement.classification is None and agreement.accrual is None):
        return []
    dates = [next_class_day(loan, since)]
    if agreement.accrual is not None and (loan.standing or NONE).non_accrual is None:
        dates.append(since + timedelta(days=agreement.accrual.days + 1))
    spared = since + timedelta(days=terms.grace_days + 1 if ageing(terms).grace_in_contract else 1)
    return [max(day, spared) for day in dates if day is not None]


def _standing(loan: Loan, events: Sequence[Any], loan_id: str, day: date) -> list[Any]:
    """Class, accrual status and the month's accrual, as the events of the day leave the loan."""
    agreement = terms_of(loan).agreement
    if agreement.classification is None and agreement.accrual is None:
        return []
    after = _after(loan, events)
    made: list[Any] = []
    for decide in (class_by_days, status_change, month_end):
        event = decide(after, loan_id, day)
        if event is None:
            continue
        if decide is class_by_days:
            postings = penalties(after, loan_id, arrears.past_due(after, day), day)
            after = _after(after, postings)
            made.extend(postings)
        after = _after(after, [event])
        made.append(event)
    return made


def _after(loan: Loan, events: Sequence[Any]) -> Loan:
    after: Loan | None = loan
    for event in events:
        after = evolve(after, event)
    assert after is not None
    return after


def became_due(loan: Loan, loan_id: str, day: date) -> list[InstallmentDue]:
    """The rows that fall due by ``day`` and were not announced."""
    terms, schedule = terms_of(loan), schedule_of(loan)
    events = []
    for number in range(loan.announced + 1, months_of(loan) + 1):
        on = due_date(loan, number)
        if on > day:
            break
        events.append(
            InstallmentDue(
                loan_id=loan_id,
                party_ref=loan.party_ref,
                number=number,
                due_date=on,
                principal=of_minor(schedule.principal[number - 1], terms.currency),
                interest=of_minor(schedule.interest[number - 1], terms.currency),
                unpaid=of_minor(balance(loan, number).total, terms.currency),
            )
        )
    return events


def _arrears(loan: Loan, loan_id: str, day: date) -> list[Any]:
    """Penalty, the beginning of an episode, the bucket."""
    terms = terms_of(loan)
    late = arrears.past_due(loan, day)
    if not late:
        return []
    days = arrears.days_past_due(late, terms, day)
    bucket = arrears.bucket_of(days)
    begins, moves = loan.overdue_since is None, bucket != loan.bucket
    if not begins and not moves:
        rules = arrears.accruing(loan)
        return list(penalties(loan, loan_id, (each for each in late if _settles(each, rules, day)), day))

    events: list[Any] = list(penalties(loan, loan_id, late, day))
    after = _after(loan, events)
    owed = components(arrears.past_due(after, day), terms.currency)
    if begins:
        events.append(
            Overdue(
                loan_id=loan_id,
                party_ref=loan.party_ref,
                since=late[0].due_date,
                days_past_due=days,
                past_due=owed,
            )
        )
    if moves:
        events.append(
            DelinquencyBucketChanged(
                loan_id=loan_id,
                party_ref=loan.party_ref,
                previous=loan.bucket,
                bucket=bucket,
                days_past_due=days,
                past_due=owed,
            )
        )
    return events


def _settles(instalment: Balance, rules: Accruing, day: date) -> bool:
    settlement = rules.settlement_day(instalment)
    return settlement is not None and settlement <= day
