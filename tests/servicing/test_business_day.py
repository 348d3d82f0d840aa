"""Business days of a loan: what becomes due, grace, arrears once per episode, buckets, penalty posted on the right days."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.servicing.events import (
    DelinquencyBucketChanged,
    InstallmentDue,
    Overdue,
    PenaltyCharged,
)
from schemas.terms import Bucket
from services.servicing.domain.loan.arrears import BUCKET_STARTS, bucket_of
from tests.servicing.examples import LOAN, LOAN_ID, PARTY, a_loan, day, events_of, owed, parts, pay, until, yuan

RATE = Decimal("0.144") * Decimal("1.5")


def became_due(number: int, on: date, principal: str, interest: str, unpaid: str) -> InstallmentDue:
    return InstallmentDue(
        loan_id=LOAN_ID,
        party_ref=PARTY,
        number=number,
        due_date=on,
        principal=yuan(principal),
        interest=yuan(interest),
        unpaid=yuan(unpaid),
    )


def charged(number: int, amount: str, first: date, to: date, base: str = "1000") -> PenaltyCharged:
    return PenaltyCharged(
        loan_id=LOAN_ID,
        party_ref=PARTY,
        number=number,
        amount=yuan(amount),
        base=yuan(base),
        annual_rate=RATE,
        from_date=first,
        to_date=to,
        days=(to - first).days,
    )


def test_an_instalment_becomes_due_on_its_day() -> None:
    loan = a_loan()
    assert LOAN.due(loan.state) == day("02-15")
    loan = loan.on_day(day("02-15")).then(became_due(1, day("02-15"), "1000", "144", "1144"))
    assert LOAN.due(loan.state) == day("02-19")


def test_an_instalment_paid_early_becomes_due_with_nothing_unpaid() -> None:
    loan = pay(a_loan(), "1144", day("02-10")).applied()
    loan.on_day(day("02-15")).then(became_due(1, day("02-15"), "1000", "144", "0"))


def test_nothing_happens_within_the_grace() -> None:
    loan = until(a_loan(), day("02-15"))
    for offset in (1, 2, 3):
        loan.on_day(day("02-15") + timedelta(days=offset)).then()


def test_after_the_grace_arrears_count_and_cost_from_the_due_date() -> None:
    past_due = parts("1000", "144", "2.40")
    until(a_loan(), day("02-18")).on_day(day("02-19")).then(
        charged(1, "2.40", day("02-15"), day("02-19")),
        Overdue(loan_id=LOAN_ID, party_ref=PARTY, since=day("02-15"), days_past_due=4, past_due=past_due),
        DelinquencyBucketChanged(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            previous=Bucket.M0,
            bucket=Bucket.M1,
            days_past_due=4,
            past_due=past_due,
        ),
    )


def test_without_grace_the_day_after_the_due_date_is_the_first_past_due() -> None:
    loan = until(a_loan(grace_days=0), day("02-15"))
    assert LOAN.due(loan.state) == day("02-16")
    loan.on_day(day("02-16")).then_types(PenaltyCharged, Overdue, DelinquencyBucketChanged)


def test_an_episode_begins_once_however_many_instalments_follow() -> None:
    loan = a_loan()
    overdue = 0
    for offset in range(200):
        today = day("01-15") + timedelta(days=offset)
        decided = loan.on_day(today)
        overdue += sum(isinstance(event, Overdue) for event in events_of(decided))
        loan = decided.applied()
    assert overdue == 1


def test_buckets_change_on_the_first_day_of_each() -> None:
    changes: list[DelinquencyBucketChanged] = []
    loan = a_loan(months=1, principal=yuan(12_000))
    today = day("01-15")
    while len(changes) < 7:
        today += timedelta(days=1)
        decided = loan.on_day(today)
        changes += [e for e in events_of(decided) if isinstance(e, DelinquencyBucketChanged)]
        loan = decided.applied()
    assert [(change.bucket.value, change.days_past_due) for change in changes] == [
        ("M1", 4),
        ("M2", 31),
        ("M3", 61),
        ("M4", 91),
        ("M5", 121),
        ("M6", 151),
        ("M7", 181),
    ]
    assert all(change.previous != change.bucket for change in changes)


def test_a_month_in_arrears_is_posted_when_the_next_month_opens() -> None:
    loan = until(a_loan(), day("02-28"))
    assert LOAN.due(loan.state) == day("03-01")
    loan = loan.on_day(day("03-01")).then(charged(1, "6.00", day("02-19"), day("03-01")))
    assert LOAN.due(loan.state) == day("03-15")


def test_a_bucket_change_posts_the_penalty_of_every_instalment_past_due() -> None:
    loan = until(a_loan(), day("03-17"))
    loan.on_day(day("03-18")).then_types(PenaltyCharged, DelinquencyBucketChanged)
    loan = until(loan, day("04-16"))
    (first, second, bucket) = events_of(loan.on_day(day("04-17")))
    assert (first.number, second.number, bucket.bucket) == (1, 2, Bucket.M3)
    assert second.from_date == day("04-01")


def test_penalty_runs_on_unpaid_principal_alone() -> None:
    loan = until(a_loan(), day("02-19"))
    loan = pay(loan, "646.40", day("02-19")).applied()
    assert owed(loan)[0].principal == 500_00
    loan.on_day(day("03-01")).then(charged(1, "3.00", day("02-19"), day("03-01"), base="500"))


def test_a_loan_without_interest_bears_no_penalty_and_is_touched_by_no_month_end() -> None:
    loan = until(a_loan(annual_rate=Decimal(0)), day("02-19"))
    assert LOAN.due(loan.state) == day("03-15")
    assert owed(loan)[0].penalty == 0


def test_a_penalty_that_never_reaches_a_cent_names_no_day() -> None:
    loan = until(a_loan(annual_rate=Decimal("0.000001")), day("02-28"))
    assert LOAN.due(loan.state) == day("03-15")


def test_a_loan_booked_late_catches_up_as_of_the_open_day() -> None:
    loan = a_loan(value_date=day("01-15"))
    decided = loan.on_day(day("04-20")).then_types(
        InstallmentDue,
        InstallmentDue,
        InstallmentDue,
        PenaltyCharged,
        PenaltyCharged,
        PenaltyCharged,
        Overdue,
        DelinquencyBucketChanged,
    )
    following = LOAN.due(decided.state)
    assert following is not None
    assert following > day("04-20")


def test_an_aggregate_without_a_loan_has_nothing_to_do() -> None:
    assert LOAN.due(None) is None


@given(st.integers(0, 400))
def test_the_bucket_is_the_last_one_that_starts_by_that_day(days: int) -> None:
    bucket = bucket_of(days)
    assert BUCKET_STARTS[bucket] <= days
    assert all(start <= BUCKET_STARTS[bucket] or start > days for start in BUCKET_STARTS.values())


@given(
    st.integers(0, 5),
    st.decimals("0", "0.36", places=4),
    st.integers(1, 10**7),
    st.lists(st.integers(1, 45), min_size=1, max_size=12),
)
def test_a_business_day_always_moves_the_next_date_past_itself(
    grace: int, rate: Decimal, principal: int, gaps: list[int]
) -> None:
    """However the days that reach the loan are spaced, and however small its penalties are."""
    loan = a_loan(grace_days=grace, annual_rate=rate, principal=yuan(str(Decimal(principal) / 100)), months=6)
    today = day("01-15")
    for gap in gaps:
        today += timedelta(days=gap)
        due = LOAN.due(loan.state)
        decided = loan.on_day(today)
        if due is None or due > today:
            decided.then()
        loan = decided.applied()
        following = LOAN.due(loan.state)
        assert following is None or following > today
