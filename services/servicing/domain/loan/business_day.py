"""A loan's business day 日终: what became due, what is past due, penalty, buckets. Pure, and judged as of that day."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.events import DelinquencyBucketChanged, InstallmentDue, Overdue, PenaltyCharged
from services.servicing.domain.loan import arrears
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
    dates = [_next_instalment(loan)]
    fallen_due = _fallen_due(loan)
    if fallen_due:
        dates.extend(_arrears_days(loan, fallen_due))
    return min((day for day in dates if day is not None), default=None)


def business_day(loan: Loan, context: Context) -> Sequence[Any]:
    """The events of ``context.business_date``; when days were missed for this loan, as they stand on that day."""
    if loan.status is not Status.ACTIVE:
        return ()
    day = context.business_date
    return [*became_due(loan, context.aggregate_id, day), *_arrears(loan, context.aggregate_id, day)]


def penalties(loan: Loan, loan_id: str, balances: Iterable[Balance], until: date) -> list[PenaltyCharged]:
    """The penalty to post on these instalments up to ``until``, exclusive."""
    terms = terms_of(loan)
    charges = (arrears.charge(instalment, terms, until) for instalment in balances)
    return [penalty_charged(loan, loan_id, charge) for charge in charges if charge]


def penalty_charged(loan: Loan, loan_id: str, charge: arrears.Charge) -> PenaltyCharged:
    """The event of one posting."""
    terms = terms_of(loan)
    return PenaltyCharged(
        loan_id=loan_id,
        party_ref=loan.party_ref,
        number=charge.number,
        amount=of_minor(charge.amount, terms.currency),
        base=of_minor(charge.base, terms.currency),
        annual_rate=terms.penalty_rate,
        from_date=charge.from_date,
        to_date=charge.to_date,
        days=charge.days,
    )


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
    terms, oldest = terms_of(loan), fallen_due[0].due_date
    if loan.overdue_since is None:
        return [oldest + timedelta(days=terms.grace_days + 1)]
    return [
        arrears.next_bucket_day(oldest, loan.bucket),
        *(arrears.settlement_day(instalment, terms) for instalment in fallen_due),
    ]


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
    days = arrears.days_past_due(late, day)
    bucket = arrears.bucket_of(days)
    begins, moves = loan.overdue_since is None, bucket != loan.bucket
    if not begins and not moves:
        settled = (instalment for instalment in late if _settles(instalment, loan, day))
        return list(penalties(loan, loan_id, settled, day))

    events: list[Any] = list(penalties(loan, loan_id, late, day))
    after: Loan | None = loan
    for event in events:
        after = evolve(after, event)
    assert after is not None
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


def _settles(instalment: Balance, loan: Loan, day: date) -> bool:
    settlement = arrears.settlement_day(instalment, terms_of(loan))
    return settlement is not None and settlement <= day
