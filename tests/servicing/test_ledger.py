"""Whatever happens to loans and receipts: the books close, nothing is negative, and the read models say the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import of_minor
from schemas.servicing.commands import (
    ApplyPayment,
    RecordReceipt,
    RequestReversal,
    WaiveAmount,
    WriteOffLoan,
)
from schemas.servicing.events import Overdue, OverdueCured, PaymentReceived, Settled
from schemas.terms import RepaymentMethod
from services.servicing.domain.books import balanced, book_terms, receipt_terms
from services.servicing.domain.loan.state import Loan, Status, balance, months_of, outstanding_principal, terms_of
from tests.servicing.examples import A_YEAR, booking, parts, yuan
from tests.servicing.ledger import Ledger

START = date(2026, 1, 30)
LOANS = ("loan-a", "loan-b")

loans = st.sampled_from(LOANS)
pays = st.tuples(st.just("pay"), loans, st.integers(1, 300_00), st.integers(0, 60))
strays = st.tuples(st.just("pay"), st.sampled_from(["loan-unknown", ""]), st.integers(1, 300_00), st.just(0))
settles = st.tuples(st.just("pay"), loans, st.just(3_500_00), st.integers(0, 40))
undoes = st.tuples(st.just("undo"), st.integers(0, 20))
waives = st.tuples(st.just("waive"), loans, st.integers(0, 300), st.integers(0, 10), st.integers(0, 1))
writes_off = st.tuples(st.just("write-off"), loans)
passes = st.tuples(st.just("days"), st.integers(1, 60))
neglect = st.tuples(st.just("days"), st.integers(95, 150))

actions = st.lists(
    st.one_of(
        pays,
        pays,
        pays,
        passes,
        passes,
        passes,
        neglect,
        undoes,
        undoes,
        strays,
        waives,
        writes_off,
        writes_off,
        settles,
    ),
    min_size=5,
    max_size=30,
)
loan_terms = st.builds(
    lambda method, rate, grace, months, order: {
        "method": method,
        "annual_rate": rate,
        "grace_days": grace,
        "months": months,
        "allocation_order": order,
        "principal": yuan(3_000),
    },
    st.sampled_from(RepaymentMethod),
    st.sampled_from([Decimal(0), Decimal("0.0735"), Decimal("0.24")]),
    st.integers(0, 5),
    st.integers(1, 6),
    st.permutations(["penalty", "interest", "principal"]).map(tuple),
)


def a_ledger(*terms: dict[str, Any]) -> Ledger:
    ledger = Ledger(START)
    for loan_id, changes in zip(LOANS, terms, strict=False):
        ledger.send(loan_id, booking(replace(A_YEAR, **changes), START))
    return ledger


def act(ledger: Ledger, action: tuple[Any, ...], number: int) -> None:
    """Do one of the things that happen."""
    kind, *details = action
    _ACTS[kind](ledger, number, *details)


def _pay(ledger: Ledger, number: int, loan_id: str, cents: int, back: int) -> None:
    value_date = max(START, ledger.today - timedelta(days=back))
    ledger.send(
        f"R{number}",
        RecordReceipt(loan_id=loan_id, amount=of_minor(cents, "CNY"), channel="manual", value_date=value_date),
    )


def _undo(ledger: Ledger, _number: int, which: int) -> None:
    recorded = [identifier for aggregate, identifier in ledger.states if aggregate == "receipt"]
    ledger.send(recorded[which % len(recorded)] if recorded else "R0", RequestReversal(cause="returned by the bank"))


def _waive(ledger: Ledger, _number: int, loan_id: str, principal: int, interest: int, penalty: int) -> None:
    ledger.send(loan_id, WaiveAmount(amounts=parts(principal, interest, penalty), reason="hardship"))


def _write_off(ledger: Ledger, _number: int, loan_id: str) -> None:
    ledger.send(loan_id, WriteOffLoan(reason="no assets"))


def _days(ledger: Ledger, _number: int, count: int) -> None:
    ledger.days(count)


_ACTS: dict[str, Callable[..., None]] = {
    "pay": _pay,
    "undo": _undo,
    "waive": _waive,
    "write-off": _write_off,
    "days": _days,
}


@settings(deadline=None)
@given(loan_terms, loan_terms, actions)
def test_the_books_close_and_every_view_agrees_after_any_history(
    one: dict[str, Any], two: dict[str, Any], history: list[tuple[Any, ...]]
) -> None:
    ledger = a_ledger(one, two)
    for number, action in enumerate(history):
        act(ledger, action, number)
        assert all(balanced(terms) for terms in book_terms(ledger.loans()).values())
        assert all(balanced(terms) for terms in receipt_terms(ledger.receipts()).values())
        for loan in ledger.loans():
            nothing_is_negative(loan)
            settled_means_zero(loan)
    assert ledger.refolded() == ledger.states
    receipts_and_loans_agree(ledger)
    episodes_begin_and_end_in_turn(ledger)
    for loan_id in LOANS:
        rows_agree_with_the_fold(ledger, loan_id)


def nothing_is_negative(loan: Loan) -> None:
    for number in range(1, months_of(loan) + 1):
        assert min(balance(loan, number)[2:5]) >= 0
    assert outstanding_principal(loan) >= 0
    assert min(loan.repaid, loan.forgiven, loan.written_off) >= 0


def settled_means_zero(loan: Loan) -> None:
    owed = sum(balance(loan, number).total for number in range(1, months_of(loan) + 1))
    if loan.status is Status.SETTLED:
        assert owed == 0
    elif loan.status is Status.ACTIVE:
        assert owed > 0


def receipts_and_loans_agree(ledger: Ledger) -> None:
    """What receipts say is applied is what payments and recoveries say that loans took."""
    applied = sum(receipt.applied for receipt in ledger.receipts())
    payments = [row for row in ledger.tables["payments"].values() if row.get("reversed_on") is None]
    assert applied == sum(row["amount"] for row in payments)


def episodes_begin_and_end_in_turn(ledger: Ledger) -> None:
    """``Overdue`` once per episode, ``OverdueCured`` once for each that ended."""
    for loan_id in LOANS:
        turns = [type(e) for _, i, e in ledger.events if i == loan_id and isinstance(e, Overdue | OverdueCured)]
        assert all(kind is (Overdue, OverdueCured)[turn % 2] for turn, kind in enumerate(turns))


def rows_agree_with_the_fold(ledger: Ledger, loan_id: str) -> None:
    """The read models, made from events by addition, hold what the fold holds."""
    loan: Loan = ledger.states["loan", loan_id]
    row = ledger.tables["loans"][(("loan_id", loan_id),)]
    assert row["outstanding_principal"] == outstanding_principal(loan)
    assert row.get("repaid_principal", 0) == loan.repaid
    assert row.get("forgiven_principal", 0) == loan.forgiven
    assert row.get("written_off_principal", 0) == loan.written_off
    assert row["bucket"] == loan.bucket.value
    overdue = loan.overdue_since is not None
    expected = {Status.ACTIVE: "overdue" if overdue else "active"}.get(loan.status, loan.status.value)
    assert row["status"] == expected
    for number in range(1, months_of(loan) + 1):
        held, stored = balance(loan, number), ledger.tables["instalments"][(("loan_id", loan_id), ("number", number))]
        for name in ("principal", "interest", "penalty"):
            unpaid = stored.get(name, 0) - stored.get(f"paid_{name}", 0) - stored.get(f"waived_{name}", 0)
            assert unpaid == getattr(held, name)
        if held.total:
            assert stored["penalty_through"] == held.through


def test_a_receipt_pays_its_loan_and_learns_of_it() -> None:
    ledger = a_ledger({"months": 2, "principal": yuan(1_000)})
    ledger.send("R1", RecordReceipt(loan_id="loan-a", amount=yuan(5_000), channel="manual"))
    receipt, loan = ledger.states["receipt", "R1"], ledger.states["loan", "loan-a"]
    assert loan.status is Status.SETTLED
    assert (receipt.pending, receipt.applied, receipt.suspended) == (0, 1_018_00, 3_982_00)


def test_money_after_the_loan_is_settled_waits_in_suspense() -> None:
    ledger = a_ledger({"months": 1, "principal": yuan(100)})
    ledger.send("R1", RecordReceipt(loan_id="loan-a", amount=yuan("101.20"), channel="manual"))
    ledger.send("R2", RecordReceipt(loan_id="loan-a", amount=yuan(7), channel="manual"))
    assert ledger.states["receipt", "R2"].suspended == 7_00
    row = ledger.tables["receipts"][(("receipt_id", "R2"),)]
    assert (row["status"], row["reason"], row["suspended"]) == ("suspended", "loan-settled", 7_00)


def test_the_same_payment_sent_twice_to_the_loan_counts_once() -> None:
    ledger = a_ledger({"months": 3, "principal": yuan(900)})
    command = ApplyPayment(receipt_id="R1", amount=yuan(10), value_date=START, channel="manual")
    assert any(isinstance(event, PaymentReceived) for event in ledger.send("loan-a", command))
    assert ledger.send("loan-a", command) == []


def test_a_settlement_that_is_undone_comes_again_when_the_money_does() -> None:
    ledger = a_ledger({"months": 1, "principal": yuan(100)})
    for number in (1, 2):
        ledger.send(f"R{number}", RecordReceipt(loan_id="loan-a", amount=yuan("101.20"), channel="manual"))
        if number == 1:
            ledger.send("R1", RequestReversal(cause="returned by the bank"))
            assert ledger.tables["loans"][(("loan_id", "loan-a"),)]["status"] == "active"
    settled = [event for _, _, event in ledger.events if isinstance(event, Settled)]
    assert len(settled) == 2
    assert terms_of(ledger.states["loan", "loan-a"]).currency == "CNY"
