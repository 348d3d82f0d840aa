"""Penalty interest against a second calculation: each yuan of principal bears it from its due date until the day it is paid."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.money import minor
from schemas.servicing.events import PaymentReceived, PenaltyCharged
from services.servicing.domain.loan.arrears import accruing
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, due_date, terms_of, unpaid
from tests.servicing.examples import BOOKED_ON, LOAN, a_loan, events_of, pay

payments = st.lists(st.tuples(st.integers(1, 80), st.integers(1, 3_000)), max_size=8)


@given(payments, st.integers(0, 6), st.sampled_from(["0.144", "0.0435", "0.24"]), st.integers(0, 90))
def test_postings_add_up_to_one_calculation_over_the_whole_life(
    history: list[tuple[int, int]], grace: int, rate: str, rest: int
) -> None:
    loan = a_loan(grace_days=grace, annual_rate=Decimal(rate))
    today, received = BOOKED_ON, list[PaymentReceived]()
    posted = list[PenaltyCharged]()
    for number, (gap, amount) in enumerate([*history, (rest, 0)]):
        day, today = today, today + timedelta(days=gap)
        while (due := LOAN.due(loan.state)) is not None and due <= today:
            day = max(day, due)
            decided = loan.on_day(day)
            posted += [event for event in events_of(decided) if isinstance(event, PenaltyCharged)]
            loan = decided.applied()
        if amount:
            decided = pay(loan, amount, today, receipt=f"R{number}")
            posted += [event for event in events_of(decided) if isinstance(event, PenaltyCharged)]
            received += [event for event in events_of(decided) if isinstance(event, PaymentReceived)]
            loan = decided.applied()

    expected = Decimal(0)
    for event in received:
        for part in event.instalments:
            due = due_date(loan.state, part.number)
            expected += bears(minor(part.principal), due, event.value_date, grace)
    left = list(unpaid(loan.state))
    expected += sum(bears(balance.principal, balance.due_date, today, grace) for balance in left)
    expected *= terms_of(loan.state).penalty_rate / 360
    charged = sum(minor(event.amount) for event in posted) + sum(to_post(loan.state, b, today) for b in left)
    # each posting rounds half a cent at most, and a payment may meet a penalty too small to be posted before it
    assert abs(charged - expected) <= (len(posted) + len(left) + len(received)) * Decimal("0.5")


def bears(principal: int, due: date, paid_on: date, grace: int) -> Decimal:
    """Principal × days, none when paid by due date + grace."""
    days = (paid_on - due).days
    return Decimal(principal * days if days > grace else 0)


def to_post(loan: Loan, balance: Balance, today: date) -> int:
    """Penalty not posted yet."""
    return sum(charge.amount for charge in accruing(loan).charges(balance, today))
