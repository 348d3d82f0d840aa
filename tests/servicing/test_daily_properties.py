"""Whatever is agreed and however days come: the same figures, every day moves on, snapshots and replays lose nothing."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.agreement import (
    AccrualTerms,
    AgeingTerms,
    Agreement,
    ClassTable,
    LenderType,
    OverdueInterest,
    OverdueTerms,
    SettlementCycle,
    SignedCharge,
)
from schemas.decision import Refusal
from schemas.money import minor
from schemas.servicing.commands import AccelerateLoan, ChargeFee, RaisePenaltyRate
from schemas.servicing.events import PenaltyCharged
from services.servicing.domain.cost.caps import cap
from services.servicing.domain.loan.daily.accrual import accrued
from tests.servicing.examples import LOAN, a_loan, events_of, owed, pay, yuan
from tests.support.deciding import Given

SIGNED_ON = date(2025, 6, 15)
PERMISSIONS = ("servicing:accelerate", "servicing:charge-fee", "servicing:raise-penalty")
CHARGES = (SignedCharge(code="letter", name="letter"),)

overdue = st.builds(
    OverdueTerms,
    interest=st.sampled_from([OverdueInterest.PENALTY_RATE, OverdueInterest.CONTRACT_RATE]),
    misuse_multiplier=st.sampled_from([Decimal(1), Decimal(2)]),
)
ageing = st.builds(
    AgeingTerms,
    calendar=st.sampled_from(["every-day/1", "china/2026a"]),
    tolerance=st.sampled_from([None, yuan("10"), yuan("1100")]),
    grace_in_contract=st.booleans(),
)
banks = st.builds(
    Agreement,
    lender_type=st.just(LenderType.BANK),
    overdue=st.none() | overdue,
    compound=st.none() | st.sampled_from(SettlementCycle),
    ageing=st.none() | ageing,
    classification=st.none() | st.sampled_from(ClassTable),
    accrual=st.none() | st.builds(AccrualTerms, days=st.sampled_from([30, 90]), month_end=st.booleans()),
    charges=st.just(CHARGES),
)
privates = st.builds(
    Agreement, lender_type=st.just(LenderType.PRIVATE), overdue=st.none() | overdue, charges=st.just(CHARGES)
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("days"), st.integers(1, 70)),
        st.tuples(st.just("pay"), st.integers(1, 4_000)),
        st.tuples(st.just("fee"), st.integers(1, 60)),
        st.tuples(st.just("call"), st.just(0)),
        st.tuples(st.just("misuse"), st.integers(0, 20)),
    ),
    max_size=8,
)


def commanded(loan: Given, step: tuple[str, int], number: int, today: date) -> list[Any]:
    """The events of a step that is no passing of days; none when it is refused."""
    kind, size = step
    if kind == "pay":
        return events_of(pay(loan, size, today, receipt=f"R{number}"))
    command: Any = {
        "fee": ChargeFee(code="letter", amount=yuan(size), reason="letter"),
        "call": AccelerateLoan(reason="missed", notice="letter-1", notified_on=SIGNED_ON),
        "misuse": RaisePenaltyRate(since=max(SIGNED_ON, today - timedelta(days=size)), reference="inspection"),
    }[kind]
    decided = loan.when(command, on=today, permissions=PERMISSIONS).decision
    return [] if isinstance(decided, Refusal) else list(decided)


def folded(loan: Given, events: list[Any]) -> Given:
    state = loan.state
    for event in events:
        state = LOAN.evolve(state, codec.decode(type(event), codec.encode(event)))
    return type(loan)(loan.decider, loan.aggregate_id, state)


def lived(agreement: Agreement, history: list[tuple[str, int]], every_day: bool, grace: int) -> tuple[Given, list[Any]]:
    """A loan after a history, with its events; its day is run every day, or only when something is due."""
    loan = a_loan(value_date=SIGNED_ON, annual_rate=Decimal("0.1"), months=6, grace_days=grace, agreement=agreement)
    today, told = SIGNED_ON, list[Any]()
    for number, step in enumerate(history):
        events = commanded(loan, step, number, today) if step[0] != "days" else []
        loan, told = folded(loan, events), told + events
        for _ in range(step[1] if step[0] == "days" else 0):
            today += timedelta(days=1)
            due = LOAN.due(loan.state)
            if every_day or (due is not None and due <= today):
                events = events_of(loan.on_day(today))
                loan, told = folded(loan, events), told + events
                following = LOAN.due(loan.state)
                assert following is None or following > today
    return loan, told


agreements = st.one_of(banks, privates)


@given(agreements, steps, st.integers(0, 4))
def test_days_on_which_nothing_is_due_change_nothing(
    agreement: Agreement, history: list[tuple[str, int]], grace: int
) -> None:
    loan, told = lived(agreement, history, every_day=False, grace=grace)
    other, said = lived(agreement, history, every_day=True, grace=grace)
    assert told == said
    assert loan.state == other.state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(loan.state), type=LOAN.state) == loan.state
    assert all(min(balance[2:5]) >= 0 and balance.compound >= 0 for balance in owed(loan))


@given(privates, steps, st.integers(0, 4))
def test_no_posting_of_a_private_lender_is_above_the_cap(
    agreement: Agreement, history: list[tuple[str, int]], grace: int
) -> None:
    rate = cap(LenderType.PRIVATE, SIGNED_ON).rate
    _, told = lived(agreement, history, every_day=False, grace=grace)
    for event in told:
        if isinstance(event, PenaltyCharged):
            ceiling = minor(event.base) * rate * event.days / 365
            cut = minor(event.capped.amount) if event.capped else 0
            assert minor(event.amount) <= ceiling
            wanted = minor(event.base) * event.annual_rate * event.days / 360
            assert abs(minor(event.amount) + cut - wanted) <= Decimal("0.5")


@given(banks, steps, st.integers(0, 4))
def test_a_payment_posts_what_accrued_says(agreement: Agreement, history: list[tuple[str, int]], grace: int) -> None:
    loan, _ = lived(agreement, history, every_day=False, grace=grace)
    today = SIGNED_ON + timedelta(days=sum(size for kind, size in history if kind == "days"))
    expected = accrued(loan.state, today)
    posted = {"penalty": 0, "compound": 0}
    for event in events_of(pay(loan, "1", today, receipt="last")):
        if isinstance(event, PenaltyCharged):
            posted["compound" if event.kind == "compound" else "penalty"] += minor(event.amount)
    if loan.state.status == "active":
        assert posted == {name: expected[name] for name in posted}
