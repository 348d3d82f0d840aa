"""Write-off: after long arrears, by a permitted person; the claim is kept off the balance."""

from schemas.decision import Refusal
from schemas.servicing.commands import WriteOffLoan
from schemas.servicing.events import PenaltyCharged, WrittenOff
from services.servicing.domain.loan.state import outstanding_principal
from tests.servicing.examples import (
    ALL_PERMISSIONS,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    day,
    parts,
    pay,
    until,
    write_off,
)
from tests.support.deciding import given


def test_all_principal_the_interest_due_and_the_penalty_leave_the_balance() -> None:
    """On 17 May, 91 days past due: four instalments due (interest 144 + 132 + 120 + 108)."""
    loan = until(a_loan(), day("05-17"))
    write_off(loan, day("05-17")).then(
        WrittenOff(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            written_off=parts("12000", "504", "111.60"),
            days_past_due=91,
            authority="user:finance",
        )
    )


def test_penalty_is_posted_before_the_write_off() -> None:
    loan = until(a_loan(), day("06-10"))
    write_off(loan, day("06-10")).then_types(PenaltyCharged, PenaltyCharged, PenaltyCharged, PenaltyCharged, WrittenOff)


def test_a_written_off_loan_has_nothing_outstanding_and_nothing_more_to_do() -> None:
    state = write_off(until(a_loan(), day("06-01")), day("06-01")).applied().state
    assert (outstanding_principal(state), state.written_off) == (0, 12_000_00)
    assert LOAN.due(state) is None


def test_a_business_day_leaves_a_written_off_loan_alone() -> None:
    write_off(until(a_loan(), day("06-01")), day("06-01")).applied().on_day(day("07-01")).then()


def test_short_arrears_are_not_written_off_and_the_refusal_names_the_limit() -> None:
    decision = write_off(until(a_loan(), day("05-16")), day("05-16")).decision
    assert isinstance(decision, Refusal)
    assert (decision.code, decision.rule, decision.limit) == (
        "arrears-too-short",
        "write-off.days-past-due",
        "90",
    )
    assert decision.source


def test_writing_off_twice_does_nothing() -> None:
    loan = write_off(until(a_loan(), day("06-01")), day("06-01")).applied()
    write_off(loan, day("06-02")).then()


def test_only_a_permitted_person_writes_off() -> None:
    write_off(until(a_loan(), day("06-01")), day("06-01"), permissions=[]).then_refused("forbidden")


def test_a_loan_that_is_unknown_or_settled_is_not_written_off() -> None:
    given(LOAN).when(WriteOffLoan(reason="lost"), permissions=ALL_PERMISSIONS).then_refused("not-found")
    settled = pay(a_loan(), "12936", day("01-20")).applied()
    write_off(settled, day("01-21")).then_refused("loan-settled")
