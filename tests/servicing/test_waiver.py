"""Waivers: by a permitted person, never more than is owed, oldest instalment first."""

import pytest

from schemas.money import Money
from schemas.servicing.commands import WaiveAmount
from schemas.servicing.events import (
    AmountWaived,
    DelinquencyBucketChanged,
    InstalmentAmounts,
    OverdueCured,
    PenaltyCharged,
    Settled,
)
from schemas.terms import Components
from services.servicing.domain.loan.state import outstanding_principal
from tests.servicing.examples import (
    ALL_PERMISSIONS,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    day,
    events_of,
    owed,
    parts,
    pay,
    until,
    waive,
    write_off,
    yuan,
)
from tests.support.deciding import given


def test_penalty_is_posted_to_the_day_and_waived() -> None:
    loan = until(a_loan(), day("02-20"))
    events = waive(loan, parts(penalty="3"), day("02-20")).then_types(PenaltyCharged, AmountWaived)
    assert owed(events)[0].penalty == 0
    assert events.state.waived == 3_00


def test_a_waiver_says_by_whose_authority_and_on_which_instalments() -> None:
    waive(until(a_loan(), day("02-15")), parts("1500", "144"), day("02-15")).then(
        AmountWaived(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            waived=parts("1500", "144"),
            instalments=(
                InstalmentAmounts(number=1, principal=yuan("1000"), interest=yuan("144"), penalty=yuan("0")),
                InstalmentAmounts(number=2, principal=yuan("500"), interest=yuan("0"), penalty=yuan("0")),
            ),
            outstanding_principal=yuan("10500"),
            authority="user:finance",
            reason="hardship",
            waived_on=day("02-15"),
        )
    )


def test_waived_principal_is_forgiven_and_no_longer_outstanding() -> None:
    state = waive(a_loan(), parts("1500"), day("01-20")).applied().state
    assert (state.forgiven, outstanding_principal(state), state.repaid) == (1500_00, 10_500_00, 0)


def test_a_waiver_can_cure_the_arrears() -> None:
    loan = until(a_loan(), day("02-20"))
    waive(loan, parts("1000", "144", "3"), day("02-20")).then_types(
        PenaltyCharged, AmountWaived, DelinquencyBucketChanged, OverdueCured
    )


def test_a_loan_whose_rest_is_waived_is_settled_at_a_discount() -> None:
    loan = pay(a_loan(), "12000", day("01-20")).applied()
    rest = sum(balance.principal for balance in owed(loan)), sum(balance.interest for balance in owed(loan))
    decided = waive(loan, parts(str(rest[0] // 100), str(rest[1] // 100)), day("01-21"))
    decided.then_types(AmountWaived, Settled)
    assert events_of(decided)[-1].kind == "discounted"


@pytest.mark.parametrize(
    "amounts",
    [parts("12000.01"), parts(interest="936.01"), parts(penalty="0.01")],
    ids=["principal", "interest", "penalty"],
)
def test_no_more_is_waived_than_is_owed(amounts: Components) -> None:
    waive(a_loan(), amounts, day("01-20")).then_refused("waiver-exceeds-owed")


def test_a_waiver_of_nothing_or_of_another_currency_is_refused() -> None:
    waive(a_loan(), parts(), day("01-20")).then_refused("waiver-invalid")
    euro = Money(yuan(1).amount, "EUR")
    mixed = Components(principal=euro, interest=yuan(0), penalty=yuan(0))
    waive(a_loan(), mixed, day("01-20")).then_refused("waiver-invalid")


def test_only_a_permitted_person_waives() -> None:
    waive(a_loan(), parts("1"), day("01-20"), permissions=["servicing:read"]).then_refused("forbidden")


def test_nothing_is_waived_on_a_loan_that_is_unknown_settled_or_written_off() -> None:
    command = WaiveAmount(amounts=parts("1"), reason="hardship")
    given(LOAN).when(command, permissions=ALL_PERMISSIONS).then_refused("not-found")
    settled = pay(a_loan(), "12936", day("01-20")).applied()
    waive(settled, parts("1"), day("01-21")).then_refused("loan-settled")
    written_off = write_off(until(a_loan(), day("06-01")), day("06-01")).applied()
    waive(written_off, parts("1"), day("06-02")).then_refused("loan-written-off")
