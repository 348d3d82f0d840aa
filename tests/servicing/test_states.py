"""What a host keeps of a loan: it is small, it survives a snapshot, and packing loses nothing."""

import gc
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_state

from schemas import codec
from schemas.decision import Actor, Context
from schemas.money import of_minor
from schemas.servicing.commands import ApplyPayment, BookLoan
from schemas.servicing.events import LoanBooked
from services.servicing.domain.loan import state
from services.servicing.domain.loan.packing import (
    Allocation,
    Payment,
    Schedule,
    Touched,
    count_rows,
    find_payment,
    mark_reversed,
    pack_balances,
    pack_bits,
    pack_payment,
    pack_schedule,
    payments,
    unpack_balances,
    unpack_schedule,
)
from services.servicing.domain.loan.state import Loan, due_date, oldest_unpaid, schedule_of
from services.servicing.domain.rules import Row, cn_bank_1
from tests.servicing.examples import (
    A_YEAR,
    BOOKED_ON,
    LOAN,
    RECEIPT,
    a_loan,
    booking,
    day,
    events_of,
    pay,
    reverse,
    until,
    write_off,
    yuan,
)
from tests.servicing.ledger import TIME
from tests.servicing.test_receipts import RECEIVED, a_receipt, applied
from tests.support.deciding import given as no_loan

amounts = st.integers(0, 2**63 - 1)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))

HISTORIES = {
    "new": lambda: a_loan(),
    "overdue": lambda: until(a_loan(), day("05-20")),
    "paid in part": lambda: pay(until(a_loan(), day("03-20")), "1500", day("03-20")).applied(),
    "reversed": lambda: reverse(pay(a_loan(), "1500", day("01-20")).applied(), "R1", day("01-20")).applied(),
    "settled": lambda: pay(a_loan(), "20000", day("01-20")).applied(),
    "written off": lambda: write_off(until(a_loan(), day("06-01")), day("06-01")).applied(),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_loan_survives_its_snapshot(history: str) -> None:
    loan = HISTORIES[history]().state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(loan), type=LOAN.state) == loan


def test_a_loan_of_360_instalments_survives_its_snapshot_when_every_one_is_done() -> None:
    """More bits than the 64 of an integer in a snapshot."""
    loan = a_booked_loan(1, 360, 0)
    done = replace_state(loan, done=pack_bits((1 << 360) - 1))
    assert oldest_unpaid(done) == 361
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(done), type=LOAN.state) == done


def test_a_receipt_survives_its_snapshot() -> None:
    receipt = a_receipt(RECEIVED, applied("80", "20")).state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(receipt), type=RECEIPT.state) == receipt


def test_finished_aggregates_say_that_they_are_closed() -> None:
    assert not LOAN.closed(a_loan().state)
    assert LOAN.closed(HISTORIES["settled"]().state)
    assert not LOAN.closed(HISTORIES["written off"]().state)
    assert not RECEIPT.closed(a_receipt(RECEIVED).state)
    assert RECEIPT.closed(a_receipt(RECEIVED, applied("100", "0")).state)
    assert not RECEIPT.closed(a_receipt(RECEIVED, applied("80", "20")).state)


def test_a_new_loan_of_three_years_is_small() -> None:
    assert bytes_each(months=36, paid=0) <= 700


def test_a_loan_with_36_payments_is_small() -> None:
    assert bytes_each(months=60, paid=36) <= 1_500


def bytes_each(months: int, paid: int, count: int = 25) -> float:
    """Memory of one loan of many, booked and paid from stored events as a host folds them."""
    a_booked_loan(0, months, paid)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    loans = [a_booked_loan(number, months, paid) for number in range(1, count + 1)]
    for bounded_cache in (state._columns, of_minor, cn_bank_1.due_date):  # of the process, not a part of a loan
        bounded_cache.cache_clear()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(loans)


def a_booked_loan(number: int, months: int, paid: int) -> Loan:
    command = with_terms(booking(), number, months)
    loan: Loan | None = fold(None, LOAN.decide(None, command, context(BOOKED_ON)))
    assert loan is not None
    for instalment in range(1, paid + 1):
        schedule, due = schedule_of(loan), due_date(loan, instalment)
        payment = ApplyPayment(
            receipt_id=f"BANK-{number}-{instalment}",
            amount=of_minor(schedule.principal[instalment - 1] + schedule.interest[instalment - 1], "CNY"),
            value_date=due,
            channel="direct-debit",
        )
        loan = fold(loan, LOAN.decide(loan, payment, context(due)))
        assert loan is not None
    return loan


def with_terms(command: BookLoan, number: int, months: int) -> BookLoan:
    amount = yuan(30_000 + number)
    party = f"{number:08d}-3a55-5b0e-9a4e-6c2f1f0b9e21"
    terms = replace(A_YEAR, months=months, principal=amount)
    return replace(command, terms=terms, amount=amount, party_ref=party, contract_no=f"LN-2026-{number:06d}")


def fold(loan: Loan | None, events: Any) -> Loan | None:
    for event in events:
        loan = LOAN.evolve(loan, codec.decode(type(event), codec.encode(event)))
    return loan


def context(today: date) -> Context:
    return Context("loan", today, TIME, Actor("system"))


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=40), days)
def test_a_packed_schedule_of_the_rules_own_dates_keeps_its_amounts(
    parts: list[tuple[int, int]], value_date: date
) -> None:
    rows = [Row(n, value_date + timedelta(days=30 * n), *part) for n, part in enumerate(parts, 1)]
    packed = pack_schedule(rows, value_date, [row.due_date for row in rows])
    assert count_rows(packed) == len(rows)
    principal, interest = zip(*parts, strict=True)
    assert unpack_schedule(packed) == Schedule(principal, interest, None)


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=40, unique=True).map(sorted), days)
def test_a_packed_schedule_of_other_dates_keeps_them(offsets: list[int], value_date: date) -> None:
    rows = [Row(n, value_date + timedelta(days=offset), n, n) for n, offset in enumerate(offsets, 1)]
    assert unpack_schedule(pack_schedule(rows, value_date, [])).days == tuple(offsets)


def test_a_loan_booked_with_other_due_dates_than_the_rules_gives_keeps_those_decided() -> None:
    (booked,) = events_of(no_loan(LOAN).when(booking(), on=BOOKED_ON))
    moved = codec.decode(LoanBooked, codec.encode(booked).replace(b'"2026-02-15"', b'"2026-02-16"'))
    loan = LOAN.evolve(None, moved)
    assert (due_date(loan, 1), due_date(loan, 2)) == (day("02-16"), day("03-15"))
    assert LOAN.due(loan) == day("02-16")


@given(st.dictionaries(st.integers(1, 360), st.builds(Touched, days, *[amounts] * 6), max_size=8))
def test_packed_balances_come_back(touched: dict[int, Touched]) -> None:
    assert unpack_balances(pack_balances(touched)) == touched


SCHEDULE = Schedule((1000, 2000, 3000), (30, 20, 10), None)
allocations = st.lists(
    st.one_of(
        st.sampled_from([Allocation(n, SCHEDULE.principal[n - 1], SCHEDULE.interest[n - 1], 0) for n in (1, 2, 3)]),
        st.builds(Allocation, st.integers(0, 3), *[amounts] * 6),
    ),
    max_size=4,
).map(tuple)
histories = st.lists(st.builds(Payment, days, st.just(False), allocations, left=amounts), max_size=6)


@given(histories, st.data())
def test_packed_payments_are_found_by_receipt_and_reversed_one_by_one(
    history: list[Payment], data: st.DataObject
) -> None:
    packed = b"".join(pack_payment(f"R{n}", payment, SCHEDULE) for n, payment in enumerate(history))
    assert [payment for _, payment in payments(packed, SCHEDULE)] == history
    assert find_payment(packed, "R99", SCHEDULE) is None
    if history:
        which = data.draw(st.integers(0, len(history) - 1))
        undone = mark_reversed(packed, f"R{which}", SCHEDULE)
        for number, payment in enumerate(history):
            expected = Payment(payment.value_date, True, ()) if number == which else payment
            assert find_payment(undone, f"R{number}", SCHEDULE) == expected


def test_value_dates_beyond_the_packed_range_lie_outside_every_schedule() -> None:
    for asked, kept in ((date(1, 1, 1), date(1970, 1, 1)), (date(9999, 12, 31), date(2149, 6, 6))):
        packed = pack_payment("R1", Payment(asked, False, ()), SCHEDULE)
        (found,) = [payment for _, payment in payments(packed, SCHEDULE)]
        assert found.value_date == kept


def test_terms_of_one_kind_are_kept_once() -> None:
    assert a_loan().state.terms is a_loan(value_date=day("03-01")).state.terms
    assert a_loan(annual_rate=Decimal("0.1")).state.terms is not a_loan().state.terms
