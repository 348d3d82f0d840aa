"""What the read models hold of changed loans is what the fold holds, and a preview made from them is what a decision does."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import hypothesis
from hypothesis import strategies as st

from schemas.decision import Context, Refusal
from schemas.servicing.commands import ApplyPayment, ChangeDueDate, ReversePayment, WaiveAmount
from services.servicing.domain.loan.changes.payoff import payoff
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.state import Loan, Status, balance, changes_of, months_of, schedule_of
from services.servicing.routes.changes import previewed
from services.servicing.routes.running import loan_of
from tests.servicing.changes.test_changes import changes, extension, penalty_owed
from tests.servicing.changes.test_prepayment import terms
from tests.servicing.examples import BOOKED_ON, booking, parts, yuan
from tests.servicing.examples import LOAN as DECIDER
from tests.servicing.ledger import ACTOR, TIME, Ledger
from tests.servicing.test_ledger import rows_agree_with_the_fold
from tests.support.deciding import Given

LOAN = "loan-a"
_COUNTED = ("repaid_principal", "forgiven_principal", "written_off_principal")


def act(ledger: Ledger, what: Any, number: int) -> None:
    """One thing happens to the loan."""
    state: Loan = ledger.states["loan", LOAN]
    if not isinstance(what, tuple):
        ledger.send(LOAN, what)
    elif what[0] == "days":
        ledger.days(what[1])
    elif what[0] == "pay":
        amount = yuan(Decimal(what[1]).scaleb(-2))
        ledger.send(LOAN, ApplyPayment(receipt_id=f"R{number}", amount=amount, value_date=ledger.today, channel="c"))
    elif what[0] == "reverse":
        ledger.send(LOAN, ReversePayment(receipt_id=f"R{what[1]}", cause="c"))
    elif what[0] == "forgive":
        owed = penalty_owed(Given(DECIDER, LOAN, state), ledger.today)
        ledger.send(LOAN, WaiveAmount(amounts=parts(0, 0, str(owed)), reason="r"))
    elif what[0] == "due-date":
        ahead = [balance(state, n).due_date for n in range(1, months_of(state) + 1)]
        nearest = min((due for due in ahead if due > ledger.today), default=ledger.today)
        ledger.send(LOAN, ChangeDueDate(first=nearest + timedelta(days=what[1]), supplement="S"))


def from_rows(ledger: Ledger) -> Loan:
    """The loan as the API makes it from its rows."""
    stored = defaultdict(lambda: None, ledger.tables["loans"][(("loan_id", LOAN),)])
    for name in (*_COUNTED, "accrued", "booked_months", "extended_months", "restructured"):
        stored[name] = stored[name] or 0
    instalments = []
    for row in sorted(ledger.tables["instalments"].values(), key=lambda row: row["number"]):
        if row["due_date"] is None:
            continue
        full: dict[str, Any] = defaultdict(lambda: None, row)
        for name in COMPONENT_NAMES:
            full[f"unpaid_{name}"] = row.get(name, 0) - row.get(f"paid_{name}", 0) - row.get(f"waived_{name}", 0)
        instalments.append(full)
    return loan_of(stored, instalments)


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(terms, st.lists(changes, min_size=3, max_size=12))
def test_rows_say_what_the_fold_says_and_previews_what_decisions_do(agreed: Any, life: list[Any]) -> None:
    ledger = Ledger(BOOKED_ON)
    ledger.send(LOAN, booking(agreed))
    for number, what in enumerate(life):
        act(ledger, what, number)
        rows_agree_with_the_fold(ledger, LOAN)
    state: Loan = ledger.states["loan", LOAN]
    again = from_rows(ledger)
    assert again.announced == state.announced
    facts = (
        "accrued",
        "accrued_to",
        "booked_months",
        "extended_months",
        "restructured",
        "observed_until",
        "oldest_breach",
    )
    for name in facts:
        assert getattr(changes_of(again), name) == getattr(changes_of(state), name)
    if state.status is Status.ACTIVE:
        assert payoff(again, ledger.today) == payoff(state, ledger.today)
        context = Context(LOAN, ledger.today, TIME, ACTOR)
        mine, theirs = (previewed(loan, extension(2), context) for loan in (again, state))
        if isinstance(theirs, Refusal):
            assert isinstance(mine, Refusal)
            assert mine.code == theirs.code
        else:
            assert isinstance(mine, Loan)
            assert schedule_of(mine) == schedule_of(theirs)
