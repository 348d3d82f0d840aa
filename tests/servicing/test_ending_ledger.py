"""Loans that end in every way, in any order: the books close, nothing is lost, and the read models say the same."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.agreement import Agreement, ChargedOffAccrual, ChargeOffTerms
from schemas.money import minor, of_minor
from schemas.servicing.commands import AgreeSettlement, ChargeOffLoan, RefundReceipt, SellClaim
from schemas.servicing.events import RecoveryReceived
from services.servicing.domain.books import balanced, book_terms, receipt_terms
from services.servicing.domain.loan.ending.claim import claim_on
from services.servicing.domain.loan.money import COMPONENT_NAMES, component_units
from services.servicing.domain.loan.state import Loan, Status
from tests.servicing.ledger import Ledger
from tests.servicing.test_ledger import (
    LOANS,
    a_ledger,
    act,
    loan_terms,
    nothing_is_negative,
    receipts_and_loans_agree,
    rows_agree_with_the_fold,
    settled_means_zero,
)
from tests.servicing.test_ledger import actions as ordinary

APPROVED: dict[str, Any] = {"reason": "hardship", "maker": "user:clerk", "approvals": ("a-1",)}

loans = st.sampled_from(LOANS)
charges_off = st.tuples(st.just("charge-off"), loans)
agrees = st.tuples(st.just("agree"), loans, st.integers(1, 3_200_00), st.integers(0, 90))
keeps = st.tuples(st.just("keep"), loans, st.integers(1, 3))
sells = st.tuples(st.just("sell"), loans)
refunds = st.tuples(st.just("refund"), st.integers(0, 20), st.integers(1, 100_00))
endings = st.one_of(agrees, agrees, keeps, keeps, charges_off, sells, refunds, refunds)
histories = st.tuples(ordinary, st.lists(st.tuples(st.integers(0, 30), endings), min_size=1, max_size=12))
accruals = st.sampled_from([None, *(Agreement(charge_off=ChargeOffTerms(accrual=each)) for each in ChargedOffAccrual)])


def end(ledger: Ledger, action: tuple[Any, ...], number: int) -> None:
    """Do one of the things that end a loan."""
    match action:
        case ("charge-off", loan_id):
            ledger.send(loan_id, ChargeOffLoan(reason="no contact"))
        case ("agree", loan_id, cents, days):
            by = ledger.today + timedelta(days=days)
            ledger.send(loan_id, AgreeSettlement(amount=of_minor(cents, "CNY"), by=by, **APPROVED))
        case ("keep", loan_id, parts):
            ending = ledger.states["loan", loan_id].ending
            if ending and ending.agreed and not ending.agreed.met:
                act(ledger, ("pay", loan_id, max(1, (ending.agreed.amount - ending.agreed.paid) // parts), 0), number)
        case ("sell", loan_id):
            ledger.send(loan_id, SellClaim(buyer="buyer", price=of_minor(5, "CNY"), **APPROVED))
        case ("refund", which, cents):
            recorded = [identifier for aggregate, identifier in ledger.states if aggregate == "receipt"]
            if recorded:
                refund = RefundReceipt(amount=of_minor(cents, "CNY"), reason="unused", refund_reference=f"out-{number}")
                ledger.send(recorded[which % len(recorded)], refund)


@settings(deadline=None)
@given(loan_terms, loan_terms, accruals, histories)
def test_the_books_close_and_every_view_agrees_however_a_loan_ends(
    one: dict[str, Any], two: dict[str, Any], agreement: Agreement | None, history: tuple[list[Any], list[Any]]
) -> None:
    ledger = a_ledger({**one, "agreement": agreement}, {**two, "agreement": agreement})
    steps = [(act, action) for action in history[0]]
    for place, action in history[1]:
        steps.insert(place % (len(steps) + 1), (end, action))
    for number, (do, action) in enumerate(steps):
        do(ledger, action, number)
        assert all(balanced(terms) for terms in book_terms(ledger.loans()).values())
        assert all(balanced(terms) for terms in receipt_terms(ledger.receipts()).values())
        for loan in ledger.loans():
            nothing_is_negative(loan)
            settled_means_zero(loan)
            the_claim_is_never_negative(loan, ledger)
    assert ledger.refolded() == ledger.states
    receipts_and_loans_agree(ledger)
    for loan_id in LOANS:
        rows_agree_with_the_fold(ledger, loan_id)
        rows_agree_about_the_end(ledger, loan_id)


def the_claim_is_never_negative(loan: Loan, ledger: Ledger) -> None:
    if loan.status is Status.WRITTEN_OFF:
        assert all(getattr(row, name) >= 0 for row in claim_on(loan, ledger.today) for name in COMPONENT_NAMES)


def rows_agree_about_the_end(ledger: Ledger, loan_id: str) -> None:
    loan: Loan = ledger.states["loan", loan_id]
    row = ledger.tables["loans"][(("loan_id", loan_id),)]
    assert row.get("sold_principal", 0) == (loan.ending.sold if loan.ending else 0)
    assert row.get("charged_off_on") == (loan.ending.charged_off if loan.ending else None)
    recovered = sum(row.get(f"recovered_{name}", 0) for name in COMPONENT_NAMES)
    assert row.get("recovered", 0) == recovered
    for _, identifier, event in ledger.events:
        if identifier == loan_id and isinstance(event, RecoveryReceived):
            assert event.allocation is not None
            assert sum(component_units(event.allocation).values()) == minor(event.amount)
