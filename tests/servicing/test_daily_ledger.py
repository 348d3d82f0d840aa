"""Whatever is agreed and whatever happens to such loans: the books close, and the read models hold what the fold holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.decision import Refusal
from schemas.servicing.commands import AccelerateLoan, ChargeFee, RaisePenaltyRate, SetAssetClass
from schemas.terms import AssetClass
from services.servicing.domain.books import balanced, book_terms
from services.servicing.domain.loan.state import Loan, balance, months_of
from tests.servicing.examples import A_YEAR, booking, yuan
from tests.servicing.ledger import Ledger
from tests.servicing.test_daily_properties import banks
from tests.servicing.test_ledger import (
    LOANS,
    START,
    act,
    actions,
    episodes_begin_and_end_in_turn,
    nothing_is_negative,
    receipts_and_loans_agree,
    rows_agree_with_the_fold,
    settled_means_zero,
)

_LOAN = st.sampled_from(LOANS)
decisions = st.one_of(
    st.tuples(st.just("fee"), _LOAN, st.integers(1, 90)),
    st.tuples(st.just("call"), _LOAN, st.just(0)),
    st.tuples(st.just("misuse"), _LOAN, st.integers(0, 20)),
    st.tuples(st.just("class"), _LOAN, st.integers(0, 4)),
)
histories = st.tuples(actions, st.lists(decisions, max_size=6), st.randoms(use_true_random=False))


def decide(ledger: Ledger, kind: str, loan_id: str, size: int) -> None:
    """A person decides something about a loan; it may be refused."""
    commands: dict[str, Any] = {
        "fee": ChargeFee(code="letter", amount=yuan(size), reason="letter"),
        "call": AccelerateLoan(reason="missed", notice="letter-1", notified_on=START),
        "misuse": RaisePenaltyRate(since=max(START, ledger.today - timedelta(days=size)), reference="inspection"),
        "class": SetAssetClass(asset_class=tuple(AssetClass)[size % 5], reason="review", technical=size == 0),
    }
    ledger.send(loan_id, commands[kind])


@given(banks, banks, histories)
def test_the_books_close_and_every_view_agrees_after_any_history(one: Any, two: Any, history: Any) -> None:
    ledger = Ledger(START)
    for loan_id, agreement in zip(LOANS, (one, two), strict=True):
        ledger.send(loan_id, booking(replace(A_YEAR, months=5, principal=yuan(3_000), agreement=agreement), START))
    done, decided, random = history
    steps = [*done, *decided]
    random.shuffle(steps)
    for number, step in enumerate(steps):
        if step[0] in ("fee", "call", "misuse", "class"):
            decide(ledger, *step)
        else:
            act(ledger, step, number)
        assert all(balanced(terms) for terms in book_terms(ledger.loans()).values())
        for loan in ledger.loans():
            nothing_is_negative(loan)
            settled_means_zero(loan)
    assert ledger.refolded() == ledger.states
    assert all(isinstance(refusal, Refusal) and refusal.code != "forbidden" for refusal in ledger.refusals)
    receipts_and_loans_agree(ledger)
    episodes_begin_and_end_in_turn(ledger)
    for loan_id in LOANS:
        rows_agree_with_the_fold(ledger, loan_id)
        daily_rows_agree(ledger, loan_id)


def daily_rows_agree(ledger: Ledger, loan_id: str) -> None:
    """Components and marks that the daily rules add."""
    loan: Loan = ledger.states["loan", loan_id]
    row = ledger.tables["loans"][(("loan_id", loan_id),)]
    standing = loan.standing
    assert row.get("accelerated_on") == (standing.accelerated if standing else None)
    assert row.get("heavier_from") == (standing.heavier_from if standing else None)
    assert row.get("non_accrual_since") == (standing.non_accrual if standing else None)
    if row["asset_class"] is not None:
        assert row["asset_class"] == (standing.asset_class if standing else AssetClass.NORMAL)
    for number in range(1, months_of(loan) + 1):
        held, stored = balance(loan, number), ledger.tables["instalments"][(("loan_id", loan_id), ("number", number))]
        for name in ("compound", "fee", "cost"):
            unpaid = stored.get(name, 0) - stored.get(f"paid_{name}", 0) - stored.get(f"waived_{name}", 0)
            assert unpaid == getattr(held, name)
