"""Reversal: exactly what the payment paid is owed again, and the penalty runs as if it had never come."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.servicing.events import (
    DelinquencyBucketChanged,
    LoanCorrected,
    Overdue,
    PaymentReversed,
    PenaltyCharged,
    RecoveryReversed,
    RestoredInstalment,
    WrittenOff,
)
from services.servicing.domain.loan.arrears import accruing
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Status, outstanding_principal
from tests.servicing.examples import (
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    day,
    events_of,
    owed,
    parts,
    pay,
    reverse,
    until,
    write_off,
    yuan,
)
from tests.support.deciding import Given


def test_a_payment_and_its_reversal_leave_what_was_owed_before() -> None:
    loan = until(a_loan(), day("02-15"))
    after = pay(loan, "1300", day("02-15")).applied()
    reversed_ = reverse(after, "R1", day("02-16")).then(
        PaymentReversed(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            receipt_id="R1",
            amount=yuan("1300"),
            allocation=parts("1024", "276"),
            cause="returned by the bank",
            outstanding_principal=yuan("12000"),
            instalments=(
                RestoredInstalment(
                    number=1,
                    principal=yuan("1000"),
                    interest=yuan("144"),
                    penalty=yuan("0"),
                    penalty_through=day("02-15"),
                ),
                RestoredInstalment(
                    number=2,
                    principal=yuan("24"),
                    interest=yuan("132"),
                    penalty=yuan("0"),
                    penalty_through=day("03-15"),
                ),
            ),
        )
    )
    assert owed(reversed_) == owed(loan)
    assert reversed_.state.touched == loan.state.touched


def test_arrears_that_come_back_are_stated_by_the_next_business_day() -> None:
    loan = pay(until(a_loan(), day("02-15")), "1144", day("02-15")).applied()
    loan = reverse(until(loan, day("02-25")), "R1", day("02-25")).then_types(PaymentReversed, LoanCorrected)
    events = loan.on_day(day("02-26")).then_types(PenaltyCharged, Overdue, DelinquencyBucketChanged)
    assert events.state.overdue_since == day("02-15")
    assert owed(events)[0].penalty == 6_60  # 11 days from the due date


def test_a_cured_episode_that_comes_back_begins_anew() -> None:
    loan = pay(until(a_loan(), day("02-25")), "1150", day("02-25")).applied()
    assert loan.state.overdue_since is None
    loan = reverse(loan, "R1", day("02-25")).applied()
    loan.on_day(day("02-26")).then_types(PenaltyCharged, Overdue, DelinquencyBucketChanged)


def test_penalty_charged_meanwhile_on_a_smaller_base_is_made_up() -> None:
    """500.00 paid on 20 February bore no penalty to 1 March; undone, it owes those 9 days: 2.70 more, 8.40 in all."""
    loan = pay(until(a_loan(), day("02-20")), "647", day("02-20")).applied()
    loan = until(loan, day("03-01"))
    assert owed(loan)[0].penalty == 2_70
    after = reverse(loan, "R1", day("03-02"))
    restored = after.then_types(PaymentReversed, LoanCorrected)
    (row,) = events_of(after)[1].instalments
    assert (row.previous.penalty, row.corrected.penalty) == (yuan("5.70"), yuan("8.40"))
    assert owed(restored)[0] == owed(until(a_loan(), day("03-01")))[0]


def test_reversing_a_back_dated_payment_brings_the_cancelled_penalty_back() -> None:
    before = until(a_loan(), day("03-01"))
    loan = pay(before, "647", day("03-02"), value_date=day("02-20")).applied()
    restored = reverse(loan, "R1", day("03-02")).applied()
    assert owed(restored) == owed(before)


def test_a_settled_loan_is_open_again() -> None:
    loan = pay(a_loan(), "12936", day("01-20")).applied()
    assert loan.state.status is Status.SETTLED
    after = reverse(loan, "R1", day("01-21"))
    (event,) = events_of(after)
    assert event.reopened
    restored = after.applied()
    assert restored.state.status is Status.ACTIVE
    assert owed(restored) == owed(a_loan())
    assert LOAN.due(restored.state) == day("02-15")


def test_a_receipt_is_reversed_once_and_never_applied_again() -> None:
    loan = reverse(pay(a_loan(), "500", day("01-20")).applied(), "R1", day("01-21")).applied()
    reverse(loan, "R1", day("01-22")).then()
    pay(loan, "500", day("01-22")).then()


def test_a_receipt_that_never_paid_this_loan_is_nothing_to_undo() -> None:
    reverse(a_loan(), "R9", day("01-21")).then()


def test_a_recovery_is_undone_as_one() -> None:
    loan = write_off(until(a_loan(), day("06-01")), day("06-01")).applied()
    loan = pay(loan, "300", day("07-01")).applied()
    reverse(loan, "R1", day("07-02")).then(
        RecoveryReversed(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            receipt_id="R1",
            amount=yuan("300"),
            cause="returned by the bank",
            allocation=parts("300"),
        )
    )


def test_a_payment_undone_after_write_off_leaves_the_balance_too() -> None:
    loan = pay(until(a_loan(), day("02-15")), "1144", day("02-15")).applied()
    loan = write_off(until(loan, day("07-01")), day("07-01")).applied()
    assert (loan.state.repaid, loan.state.written_off) == (1_000_00, 11_000_00)
    after = reverse(loan, "R1", day("07-02")).then_types(PaymentReversed, WrittenOff)
    assert (after.state.repaid, after.state.written_off, outstanding_principal(after.state)) == (0, 12_000_00, 0)


@given(st.integers(1, 14_000), st.integers(0, 40), st.integers(0, 130))
def test_undoing_a_payment_of_any_day_leaves_the_debt_without_it(amount: int, back: int, later: int) -> None:
    """Principal and interest to the cent; penalty to the day within the cents that posting in more parts rounds."""
    today = day("01-16") + timedelta(days=later)
    value_date = max(day("01-15"), today - timedelta(days=back))
    before = until(a_loan(), today)
    paid = pay(before, amount, today, value_date=value_date).applied()
    restored = reverse(paid, "R1", today).applied()
    for now, then in zip(owed(restored), owed(before), strict=True):
        assert (now.number, now.principal, now.interest) == (then.number, then.principal, then.interest)
        assert abs(penalty_to(restored, now, today) - penalty_to(before, then, today)) <= 2


def penalty_to(loan: Given, instalment: Balance, today: date) -> int:
    """Penalty owed on an instalment up to a day, posted or not, minor units."""
    return instalment.penalty + sum(charge.amount for charge in accruing(loan.state).charges(instalment, today))
