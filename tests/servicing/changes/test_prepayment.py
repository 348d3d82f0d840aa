"""Payoff quotes and early repayment: worked examples, and what holds for any loan on any day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis
from hypothesis import strategies as st

from schemas.agreement import AccruedInterest, Agreement, FeeStep, Prepayment, RunningInterest
from schemas.money import minor
from schemas.servicing.changes import PrepaymentMode
from schemas.servicing.commands import Prepay, QuotePayoff
from schemas.servicing.events import (
    InstallmentDue,
    InstallmentPaid,
    PaymentReceived,
    PayoffQuoted,
    Prepaid,
    PrepaymentInstructed,
    ScheduleRevised,
    Settled,
)
from schemas.terms import RepaymentMethod
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    due_date,
    months_of,
    outstanding_principal,
    schedule_of,
)
from tests.servicing.examples import (
    A_YEAR,
    ALL_PERMISSIONS,
    BOOKED_ON,
    a_loan,
    day,
    events_of,
    pay,
    reverse,
    until,
    yuan,
)
from tests.support.deciding import Given, Then

SHORTEN, LOWER, FULL = PrepaymentMode.SHORTEN_TERM, PrepaymentMode.LOWER_INSTALMENT, PrepaymentMode.FULL


def ask(loan: Given, on: date, mode: PrepaymentMode, principal: str | int | None = None, **more: Any) -> Then:
    """The borrower asks to prepay."""
    command = Prepay(mode=mode, principal=None if principal is None else yuan(principal), **more)
    return loan.when(command, on=on, permissions=ALL_PERMISSIONS)


def quote(loan: Given, on: date, for_day: date | None = None) -> Then:
    """A payoff is quoted."""
    return loan.when(QuotePayoff(on=for_day), on=on, permissions=ALL_PERMISSIONS)


def prepaid(loan: Given, on: date, mode: PrepaymentMode, principal: int, receipt: str = "P1") -> Given:
    """Asked for and paid on the same day, exactly."""
    asked = ask(loan, on, mode, Decimal(principal).scaleb(-2) if mode is not FULL else None)
    (instructed,) = events_of(asked)
    return pay(asked.applied(), instructed.to_pay.amount, on, receipt=receipt).applied()


def rows(loan: Given, first: int = 1) -> list[tuple[str, int, int]]:
    """Due date, principal and interest as scheduled, minor units."""
    state: Loan = loan.state
    schedule = schedule_of(state)
    return [
        (due_date(state, n).isoformat(), schedule.principal[n - 1], schedule.interest[n - 1])
        for n in range(first, months_of(state) + 1)
    ]


def two_paid() -> Given:
    """The loan of a year with its first two instalments paid on their days."""
    loan = pay(until(a_loan(), day("02-15")), 1_144, day("02-15")).applied()
    return pay(until(loan, day("03-15")), 1_132, day("03-15"), receipt="R2").applied()


def test_a_lower_instalment_keeps_the_dates() -> None:
    """10,000.00 is open from 15 March; 17 days at 14.4 %/360 are 68.00; the rest of the period earns 52.00 × 5/10."""
    loan = two_paid()
    asked = ask(loan, day("04-01"), LOWER, 5_000)
    (instructed,) = events_of(asked)
    assert isinstance(instructed, PrepaymentInstructed)
    assert instructed.to_pay == yuan(5_068)
    decided = pay(asked.applied(), 5_068, day("04-01"), receipt="P1")
    assert [type(event) for event in events_of(decided)] == [
        Prepaid,
        ScheduleRevised,
        InstallmentDue,
        PaymentReceived,
        InstallmentPaid,
    ]
    after = decided.applied()
    assert rows(after, 3)[:3] == [
        ("2026-04-01", 5_000_00, 68_00),
        ("2026-04-15", 500_00, 26_00),
        ("2026-05-15", 500_00, 54_00),
    ]
    assert months_of(after.state) == 13
    assert outstanding_principal(after.state) == 5_000_00


def test_a_shorter_term_keeps_the_instalment_and_ends_with_a_smaller_one() -> None:
    loan = two_paid()
    after = prepaid(loan, day("04-01"), SHORTEN, 4_500_00)
    assert [row[1] for row in rows(after, 4)] == [1_000_00] * 5 + [500_00]


def test_the_first_step_of_the_fee_that_holds_decides() -> None:
    agreed = Agreement(
        prepayment=Prepayment(
            fee=(FeeStep(before_month=3, rate=Decimal("0.02")), FeeStep(before_month=6, rate=Decimal("0.01")))
        )
    )
    loan = until(a_loan(agreement=agreed), BOOKED_ON)
    fees = []
    for on in (day("04-14"), day("04-15"), day("07-14"), day("07-15")):
        later = until(loan, on)
        (found,) = [event for event in events_of(quote(later, on)) if isinstance(event, PayoffQuoted)]
        fees.append((found.fee.amount, found.principal.amount))
    assert fees == [
        (Decimal("200.00"), Decimal("10000.00")),
        (Decimal("90.00"), Decimal("9000.00")),
        (Decimal("70.00"), Decimal("7000.00")),
        (Decimal("0.00"), Decimal("6000.00")),
    ]


def test_interest_of_the_running_period_can_be_owed_whole() -> None:
    agreed = Agreement(prepayment=Prepayment(running_interest=RunningInterest.WHOLE_PERIOD))
    loan = until(a_loan(agreement=agreed), BOOKED_ON)
    interest = [events_of(quote(loan, on))[-1].interest for on in (BOOKED_ON, day("01-16"))]
    assert interest == [yuan(0), yuan(144)]


def test_interest_to_date_can_stand_in_the_next_row() -> None:
    agreed = Agreement(prepayment=Prepayment(accrued_interest=AccruedInterest.IN_ROW))
    loan = until(a_loan(agreement=agreed), BOOKED_ON)
    after = prepaid(loan, day("01-30"), LOWER, 6_000_00)
    assert rows(after)[:2] == [("2026-01-30", 6_000_00, 0), ("2026-02-15", 500_00, 108_00)]
    (found,) = events_of(quote(after, day("01-31")))
    assert found.interest == yuan("74.40")


def test_money_that_does_not_suffice_is_an_ordinary_payment() -> None:
    loan = ask(until(a_loan(), BOOKED_ON), BOOKED_ON, LOWER, 5_000).applied()
    after = pay(loan, "4999.99", BOOKED_ON)
    assert not any(isinstance(event, Prepaid) for event in events_of(after))


def test_what_is_more_than_the_prepayment_is_a_surplus() -> None:
    loan = ask(until(a_loan(), BOOKED_ON), BOOKED_ON, LOWER, 5_000, receipt_id="P1").applied()
    other = pay(loan, 6_000, BOOKED_ON, receipt="R9")
    assert not any(isinstance(event, Prepaid) for event in events_of(other))
    (received,) = [e for e in events_of(pay(loan, 6_000, BOOKED_ON, receipt="P1")) if isinstance(e, PaymentReceived)]
    assert (received.amount, received.surplus) == (yuan(5_000), yuan(1_000))


def test_what_is_asked_wrongly_is_refused() -> None:
    agreed = Agreement(prepayment=Prepayment(minimum=yuan(1_000), multiple=yuan(500)))
    loan = until(a_loan(agreement=agreed), BOOKED_ON)
    ask(loan, BOOKED_ON, LOWER, 999).then_refused("principal-below-minimum")
    ask(loan, BOOKED_ON, LOWER, 1_200).then_refused("principal-no-multiple")
    ask(loan, BOOKED_ON, LOWER, 12_000).then_refused("principal-not-partial")
    ask(loan, BOOKED_ON, LOWER).then_refused("principal-invalid")
    ask(loan, BOOKED_ON, FULL, 100).then_refused("principal-not-asked")
    ask(loan, day("02-01"), FULL, valid_until=day("01-31")).then_refused("day-passed")
    loan.when(Prepay(mode=FULL), on=BOOKED_ON).then_refused("forbidden")
    quote(loan, day("02-01"), day("01-31")).then_refused("day-out-of-range")


def test_any_other_event_makes_a_quote_void() -> None:
    loan = until(a_loan(), BOOKED_ON)
    quoted = quote(loan, day("02-14"), day("02-20"))
    total = events_of(quoted)[-1].total.amount
    assert pay(quoted.applied(), total, day("02-20")).applied().state.status is Status.SETTLED
    voided = until(quoted.applied(), day("02-20"))
    assert pay(voided, total, day("02-20")).applied().state.status is Status.ACTIVE


def test_interest_paid_ahead_and_not_earned_pays_principal() -> None:
    """Three instalments are paid on the first day: their 144 + 132 + 120 of interest are not earned, 14 days earn 67.20."""
    loan = pay(until(a_loan(), BOOKED_ON), 3_396, BOOKED_ON).applied()
    quoted = quote(loan, day("01-29"))
    found = events_of(quoted)[-1]
    assert (found.unused_prepaid, found.principal, found.interest) == (yuan("328.80"), yuan("8671.20"), yuan(0))
    settled = pay(quoted.applied(), "8671.20", day("01-29"), receipt="P1").applied()
    assert settled.state.status is Status.SETTLED
    assert settled.state.repaid == 12_000_00


def test_a_prepayment_reversed_after_later_payments_is_spread_over_what_is_not_due() -> None:
    """5,000.00 of principal and the 68.00 paid with it come back into the nine rows from 15 May on."""
    loan = prepaid(two_paid(), day("04-01"), LOWER, 5_000_00)
    loan = pay(until(loan, day("04-15")), 526, day("04-15"), receipt="R3").applied()
    after = reverse(loan, "P1", day("04-20")).applied()
    assert rows(after, 3)[:3] == [
        ("2026-04-01", 0, 0),
        ("2026-04-15", 500_00, 26_00),
        ("2026-05-15", 1_055_56, 54_00 + 68_00),
    ]
    assert months_of(after.state) == 13
    assert outstanding_principal(after.state) == 9_500_00
    balanced(after.state)


# -- for any loan ----------------------------------------------------------------------------------------------------------

terms = st.builds(
    lambda method, rate, months, principal, accrued, running: replace(
        A_YEAR,
        method=method,
        annual_rate=rate,
        months=months,
        principal=yuan(principal),
        agreement=Agreement(prepayment=Prepayment(accrued_interest=accrued, running_interest=running)),
    ),
    st.sampled_from(RepaymentMethod),
    st.sampled_from([Decimal(0), Decimal("0.031"), Decimal("0.144"), Decimal("0.24")]),
    st.integers(1, 30),
    st.integers(100, 1_000_000),
    st.sampled_from(AccruedInterest),
    st.sampled_from(RunningInterest),
)
lives = st.lists(
    st.one_of(
        st.tuples(st.just("days"), st.integers(1, 70)),
        st.tuples(st.just("pay"), st.integers(1, 40)),
        st.tuples(st.sampled_from([SHORTEN, LOWER]), st.integers(1, 60)),
    ),
    max_size=8,
)


def lived(agreed: Any, life: list[tuple[Any, int]]) -> tuple[Given, date]:
    """A loan after these days, payments (per cent of the principal) and prepayments (per cent of what is open)."""
    loan, today = until(a_loan(agreed), BOOKED_ON), BOOKED_ON
    for number, (what, size) in enumerate(life):
        if what == "days":
            loan, today = loan.through(today, today + timedelta(days=size)), today + timedelta(days=size)
        elif loan.state.status is Status.ACTIVE and what == "pay":
            cents = minor(agreed.principal) * size // 100
            loan = pay(loan, Decimal(cents).scaleb(-2), today, receipt=f"R{number}").applied()
        elif loan.state.status is Status.ACTIVE:
            principal = max(1, outstanding_principal(loan.state) * size // 100)
            asked = ask(loan, today, what, Decimal(principal).scaleb(-2))
            if isinstance(asked.decision, list):
                loan = pay(asked.applied(), asked.decision[0].to_pay.amount, today, receipt=f"R{number}").applied()
        balanced(loan.state)
    return loan, today


def balanced(loan: Loan) -> None:
    """Principal is accounted for, nothing is negative, and the unpaid principal of the rows is what is outstanding."""
    open_rows = [balance(loan, number) for number in range(1, months_of(loan) + 1)]
    assert all(min(row.principal, row.interest, row.penalty, row.fee) >= 0 for row in open_rows)
    assert loan.principal == loan.repaid + outstanding_principal(loan)
    assert sum(row.principal for row in open_rows) == outstanding_principal(loan)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(terms, lives)
def test_paying_the_quoted_sum_settles_any_loan_exactly(agreed: Any, life: list[tuple[Any, int]]) -> None:
    loan, today = lived(agreed, life)
    if loan.state.status is not Status.ACTIVE:
        return
    quoted = quote(loan, today)
    total = events_of(quoted)[-1].total.amount
    if total == 0:
        return  # what was paid ahead covers all of it: no money of nothing can come
    decided = pay(quoted.applied(), total, today, receipt="LAST")
    (received,) = [event for event in events_of(decided) if isinstance(event, PaymentReceived)]
    assert (received.amount.amount, received.surplus.amount) == (total, Decimal("0.00"))
    assert sum(isinstance(event, Settled) for event in events_of(decided)) == 1
    balanced(decided.applied().state)
    asked = ask(loan, today, FULL)
    assert events_of(asked)[0].to_pay.amount == total


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(terms, lives, st.integers(1, 99), st.sampled_from([SHORTEN, LOWER]))
def test_a_partial_prepayment_never_costs_more(
    agreed: Any, life: list[tuple[Any, int]], percent: int, mode: PrepaymentMode
) -> None:
    loan, today = lived(agreed, life)
    if loan.state.status is not Status.ACTIVE:
        return
    principal = max(1, outstanding_principal(loan.state) * percent // 100)
    asked = ask(loan, today, mode, Decimal(principal).scaleb(-2))
    if not isinstance(asked.decision, list):
        return
    before, count = sum(schedule_of(loan.state).interest), months_of(loan.state)
    after = pay(asked.applied(), asked.decision[0].to_pay.amount, today, receipt="P1").applied()
    balanced(after.state)
    assert sum(schedule_of(after.state).interest) <= before + count


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(terms, lives, st.integers(1, 99), st.sampled_from([SHORTEN, LOWER, FULL]))
def test_a_prepayment_that_is_reversed_never_was(
    agreed: Any, life: list[tuple[Any, int]], percent: int, mode: PrepaymentMode
) -> None:
    loan, today = lived(agreed, life)
    if loan.state.status is not Status.ACTIVE:
        return
    principal = max(1, outstanding_principal(loan.state) * percent // 100)
    asked = ask(loan, today, mode, None if mode is FULL else Decimal(principal).scaleb(-2))
    if not isinstance(asked.decision, list):
        return
    before = loan.state
    paid = pay(asked.applied(), asked.decision[0].to_pay.amount, today, receipt="P1").applied()
    after = reverse(paid, "P1", today).applied().state
    balanced(after)
    assert [balance(after, n)[:4] for n in range(1, months_of(after) + 1)] == [
        balance(before, n)[:4] for n in range(1, months_of(before) + 1)
    ]
    assert (after.repaid, after.announced, after.status) == (before.repaid, before.announced, Status.ACTIVE)
