"""The ledger written anew: what counts from an earlier day leaves the loan as if it had come on that day."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.servicing.events import LoanCorrected, PaymentReceived
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.rewriting import entries, numbered, rewrite
from services.servicing.domain.loan.state import Status, balance, months_of
from tests.servicing.examples import BOOKED_ON, LOAN_ID, a_loan, day, events_of, parts, pay, reverse, until, waive
from tests.support.deciding import Given

Dated = tuple[int, int]
"""Days after the booking, and an amount in CNY."""

dated = st.tuples(st.integers(1, 400), st.integers(1, 2_500))


def standing(loan: Given) -> list[Balance]:
    """Every instalment's unpaid components and the day its penalty is charged to."""
    return [balance(loan.state, number) for number in range(1, months_of(loan.state) + 1)]


def on(days: int) -> date:
    return BOOKED_ON + timedelta(days=days)


def lived(history: list[Dated], last: date, **terms: object) -> Given:
    """A loan on which money came on its own days."""
    loan = a_loan(**terms)
    for number, (days, amount) in enumerate(sorted(history)):
        loan = pay(until(loan, on(days)), amount, on(days), receipt=f"R{number}").applied()
    return until(loan, last)


def test_a_payment_that_counts_from_before_two_others_takes_their_place() -> None:
    """The first instalment's money goes to it, what the later payments had paid on it goes on to the next ones."""
    loan = pay(until(a_loan(), day("03-20")), "1144", day("03-20"), receipt="late").applied()
    after = pay(until(loan, day("04-01")), "1144", day("04-01"), receipt="early", value_date=day("02-15"))
    corrected, received = (e for e in events_of(after) if isinstance(e, LoanCorrected | PaymentReceived))
    assert [part.number for part in received.instalments] == [1]
    (moved,) = corrected.payments
    assert (moved.number, [part.number for part in moved.instalments]) == (1, [2, 3])
    assert (corrected.cause, corrected.reference, corrected.from_date) == ("back-dated-payment", "early", day("02-15"))
    punctual = pay(until(a_loan(), day("02-15")), "1144", day("02-15")).applied()
    punctual = pay(until(punctual, day("03-20")), "1144", day("03-20"), receipt="R2").applied()
    assert standing(after.applied()) == standing(until(punctual, day("04-01")))


@settings(deadline=None, max_examples=30)
@given(st.lists(dated, min_size=1, max_size=5), dated, st.integers(0, 5))
def test_a_back_dated_payment_gives_the_figures_of_one_that_came_on_its_day(
    history: list[Dated], missing: Dated, grace: int
) -> None:
    last = on(max(days for days, _ in [*history, missing]) + 40)
    in_time = lived([*history, missing], last, grace_days=grace)
    without = lived(history, last, grace_days=grace)
    if without.state.status is not Status.ACTIVE:
        return
    late = pay(without, missing[1], last, receipt="late", value_date=on(missing[0])).applied()
    if any(payment.left for _, payment in numbered(late.state)) or in_time.state.status is not Status.ACTIVE:
        return
    assert standing(until(late, last)) == standing(in_time)


@settings(deadline=None, max_examples=30)
@given(st.lists(dated, max_size=4), dated, st.integers(0, 60))
def test_a_reversal_gives_from_then_on_the_figures_without_the_pair(
    history: list[Dated], wrong: Dated, later: int
) -> None:
    last = on(max(days for days, _ in [*history, wrong]) + later)
    loan = a_loan()
    for number, (days, amount, receipt) in enumerate(
        sorted([*((days, amount, "") for days, amount in history), (*wrong, "wrong")])
    ):
        loan = pay(until(loan, on(days)), amount, on(days), receipt=receipt or f"R{number}").applied()
    restored = reverse(until(loan, last), "wrong", last).applied()
    expected = lived(history, last)
    if all(payment.left == 0 for _, payment in numbered(restored.state)) and expected.state.status is Status.ACTIVE:
        assert standing(restored) == standing(expected)


@settings(deadline=None, max_examples=30)
@given(st.lists(dated, max_size=5), st.integers(0, 40))
def test_a_ledger_with_nothing_back_dated_is_what_it_is_when_written_anew(history: list[Dated], later: int) -> None:
    last = on(max((days for days, _ in history), default=0) + later)
    loan = lived(history, last)
    again = rewrite(loan.state, LOAN_ID, entries(loan.state), last)
    assert [balance(again.loan, n) for n in range(1, months_of(loan.state) + 1)] == standing(loan)


def test_no_payment_pays_what_was_waived_even_if_it_counts_from_before() -> None:
    """What was waived on 20 February had borne penalty since the 15th: 400.00 for 5 days, 1.20."""
    loan = waive(until(a_loan(), day("02-20")), parts("400", "44"), day("02-20")).applied()
    after = pay(until(loan, day("03-01")), "1144", day("03-01"), value_date=day("02-15")).applied()
    assert after.state.forgiven == 400_00
    first, second = standing(after)[:2]
    assert (first.principal, first.interest, first.penalty) == (0, 0, 1_20)
    assert (second.principal, second.interest) == (688_00, 0)
