"""How a loan stood on a value date, as it was known at a time."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.loan.as_of import AsOf, Known, as_of
from services.servicing.domain.loan.rewriting import numbered
from services.servicing.domain.loan.state import Status, balance, months_of
from tests.servicing.examples import (
    BOOKED_ON,
    LOAN,
    LOAN_ID,
    a_loan,
    booking,
    day,
    events_of,
    parts,
    pay,
    reverse,
    until,
    waive,
    write_off,
)
from tests.support.deciding import Given
from tests.support.deciding import given as no_loan


class Told:
    """A loan that remembers each of its events with the business day of its decision."""

    def __init__(self) -> None:
        self.loan: Given = a_loan()
        self.known = [Known(event, BOOKED_ON) for event in events_of(no_loan(LOAN).when(booking(), on=BOOKED_ON))]
        self.today = BOOKED_ON

    def until(self, last: date) -> "Told":
        """Let the business days pass."""
        while self.today < last:
            self.today += timedelta(days=1)
            due = LOAN.due(self.loan.state)
            if due is not None and due <= self.today:
                self._take(self.loan.on_day(self.today))
        return self

    def then(self, decide: Any, *args: Any, **kwargs: Any) -> "Told":
        """Something is decided today."""
        self._take(decide(self.loan, *args, on=self.today, **kwargs))
        return self

    def on(self, value_date: date) -> AsOf:
        """How it stood then, as known now."""
        found = as_of(self.known, LOAN_ID, value_date)
        assert found is not None
        return found

    def _take(self, decided: Any) -> None:
        self.known += [Known(event, self.today) for event in decided.decision]
        self.loan = decided.applied()


def test_nothing_stood_before_the_money_was_paid_out() -> None:
    assert as_of(Told().known, LOAN_ID, day("01-14")) is None
    assert as_of([], LOAN_ID, day("03-01")) is None


def test_money_recorded_later_is_in_the_answer_for_its_value_date() -> None:
    told = Told().until(day("04-01"))
    before = list(told.known)
    told.then(pay, "1144", value_date=day("02-15"))
    then, now = as_of(before, LOAN_ID, day("02-28")), told.on(day("02-28"))
    assert then is not None
    assert (then.days_past_due, then.balances[0].total) == (13, 1146_40)
    assert (now.days_past_due, now.balances[0].total) == (0, 0)
    assert now.outstanding == 11_000_00


def test_the_penalty_that_had_accrued_and_was_not_posted_is_told_apart() -> None:
    told = Told().until(day("04-01"))
    found = told.on(day("02-25"))
    (late,) = found.late
    assert (late.penalty, found.not_posted(late)) == (2_40, 3_60)  # posted when the episode began, and the days since


def test_the_statement_lists_what_was_charged_and_paid_by_value_date() -> None:
    told = Told().until(day("02-20")).then(pay, "1147").until(day("02-25"))
    told.then(waive, parts("100")).until(day("03-01"))
    lines = told.on(day("03-01")).lines
    assert [(line.day, line.kind, line.number) for line in lines] == [
        (day("01-15"), "disbursement", 0),
        (day("02-15"), "instalment", 1),
        (day("02-19"), "penalty", 1),
        (day("02-20"), "penalty", 1),
        (day("02-20"), "payment", 1),
        (day("02-25"), "waiver", 0),
    ]
    assert [line.outstanding for line in lines] == [12_000_00] * 4 + [11_000_00, 10_900_00]


def test_an_undone_payment_never_was_and_its_reversal_is_known_only_later() -> None:
    told = Told().until(day("02-15")).then(pay, "1144").until(day("02-18"))
    before = list(told.known)
    told.then(reverse, "R1")
    then = as_of(before, LOAN_ID, day("02-16"))
    assert then is not None
    assert then.outstanding == 11_000_00
    assert told.on(day("02-16")).outstanding == 12_000_00


def test_a_written_off_loan_was_on_the_books_until_the_day_it_was_written_off() -> None:
    told = Told().until(day("06-01")).then(write_off)
    assert (told.on(day("05-31")).loan.status, told.on(day("05-31")).outstanding) == (Status.ACTIVE, 12_000_00)
    assert (told.on(day("06-01")).loan.status, told.on(day("06-01")).outstanding) == (Status.WRITTEN_OFF, 0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 2_500)), max_size=5), st.integers(0, 330))
def test_a_day_is_answered_as_it_was_when_nothing_was_back_dated(history: list[tuple[int, int]], asked: int) -> None:
    last = BOOKED_ON + timedelta(days=asked)
    told, lived = Told(), a_loan()
    for number, (days, amount) in enumerate(sorted(history)):
        on = BOOKED_ON + timedelta(days=days)
        told.until(on).then(pay, amount, receipt=f"R{number}")
        if on <= last:
            lived = pay(until(lived, on), amount, on, receipt=f"R{number}").applied()
    told.until(BOOKED_ON + timedelta(days=331))
    lived = until(lived, last)
    found = told.on(last)
    assert found.balances == [balance(lived.state, n) for n in range(1, months_of(lived.state) + 1)]
    assert (found.loan.status, found.loan.bucket) == (lived.state.status, lived.state.bucket)
    assert not any(one.payment.left for one in numbered(found.loan))
