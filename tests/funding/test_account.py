"""The custody sub-account: what each command does to it."""

from dataclasses import replace

import pytest

from schemas import ids
from schemas.funding.commands import Capture, Credit, Deposit, OpenAccount, PayOut, Release, Reserve, TakeBack
from schemas.funding.events import (
    CreditRefused,
    MoneyTakenBack,
    MoneyWithdrawn,
    ReservationCaptured,
    ReservationRefused,
    ReservationReleased,
)
from schemas.money import Money
from services.funding.domain.account import Account, closed
from services.funding.service import ACCOUNT
from tests.funding.examples import LOAN, OWN, TRANSFER, cny, credited, deposited, opened, posting, reserved
from tests.support.deciding import Given, given

LOAN_ACCOUNT = f"loan:{LOAN}"
OTHER = ids.derived("test", "other transfer")
IN_TRANSIT = f"in-transit/{TRANSFER}"


def own(*events: object) -> Given:
    """The own-capital account after these events."""
    return given(ACCOUNT, *events, aggregate_id=OWN)


def refused(reason: str, amount: str = "100.00", account_id: str = OWN) -> ReservationRefused:
    return ReservationRefused(account_id=account_id, transfer_id=TRANSFER, amount=cny(amount), reason=reason)


def test_an_account_opens_once() -> None:
    again = own().when(OpenAccount(owner="own-capital", currency="CNY")).then(opened())
    again.when(OpenAccount(owner="own-capital", currency="CNY")).then()


def test_an_account_of_somebody_else_is_not_given_away() -> None:
    own(opened()).when(OpenAccount(owner="lender-7", currency="CNY")).then_refused("account-exists")


@pytest.mark.parametrize(
    "account_id", ["bank", "partition-3", "in-transit/x", "due-back/x", ids.derived("a loan"), "x"]
)
def test_names_that_the_books_or_other_records_use_open_no_account(account_id: str) -> None:
    there = given(ACCOUNT, aggregate_id=account_id)
    there.when(OpenAccount(owner="lender-7", currency="CNY")).then_refused("bad-account-id")


def test_a_loans_account_belongs_to_the_loan_alone() -> None:
    there = given(ACCOUNT, aggregate_id=LOAN_ACCOUNT)
    there.when(OpenAccount(owner="lender-7", currency="CNY")).then_refused("bad-account-id")
    there.when(OpenAccount(owner=LOAN_ACCOUNT, currency="CNY")).then(opened(LOAN_ACCOUNT, LOAN_ACCOUNT))
    own().when(OpenAccount(owner=LOAN_ACCOUNT, currency="CNY")).then_refused("bad-owner")


def test_an_account_needs_a_known_currency() -> None:
    own().when(OpenAccount(owner="own-capital", currency="XXX")).then_refused("unknown-currency")


def test_a_deposit_comes_from_the_bank_onto_the_account() -> None:
    deposit = Deposit(amount=cny("100.00"), bank_reference="B-1")
    own(opened()).when(deposit).then(deposited("100.00"))


def test_a_bank_reference_is_booked_once_however_often_it_is_sent() -> None:
    account = own(opened(), deposited("100.00", reference="B-1"))
    account.when(Deposit(amount=cny("100.00"), bank_reference="B-1")).then_refused("deposit-already-booked")
    account.when(Deposit(amount=cny("50.00"), bank_reference="B-2")).then(
        deposited("50.00", balance="150.00", reference="B-2")
    ).when(Deposit(amount=cny("7.00"), bank_reference="B-1")).then_refused("deposit-already-booked")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (cny("0.00"), "bad-amount"),
        (cny("-5.00"), "bad-amount"),
        (cny("0.001"), "bad-amount"),
        (cny("10000000000000.01"), "bad-amount"),
        (Money(cny("5").amount, "USD"), "currency-mismatch"),
    ],
)
def test_amounts_that_cannot_be_booked_are_refused(amount: Money, code: str) -> None:
    own(opened()).when(Deposit(amount=amount, bank_reference="B-1")).then_refused(code)


def test_a_deposit_needs_an_account() -> None:
    own().when(Deposit(amount=cny("1.00"), bank_reference="B-1")).then_refused("unknown-account")


def test_nobody_deposits_on_a_loans_account() -> None:
    loan = given(ACCOUNT, opened(LOAN_ACCOUNT, LOAN_ACCOUNT), aggregate_id=LOAN_ACCOUNT)
    loan.when(Deposit(amount=cny("1.00"), bank_reference="B-1")).then_refused("loan-account")


def test_a_reserve_moves_the_money_in_transit() -> None:
    account = own(opened(), deposited("100.00"))
    account.when(Reserve(transfer_id=TRANSFER, amount=cny("30.00"))).then(reserved("30.00", balance="70.00"))


def test_a_transfer_is_reserved_once() -> None:
    account = own(opened(), deposited("100.00"), reserved("30.00", balance="70.00"))
    account.when(Reserve(transfer_id=TRANSFER, amount=cny("30.00"))).then()


def test_more_than_is_available_is_not_reserved() -> None:
    account = own(opened(), deposited("100.00"), reserved("30.00", balance="70.00", transfer=OTHER))
    account.when(Reserve(transfer_id=TRANSFER, amount=cny("70.01"))).then(refused("insufficient-money", "70.01"))


def test_an_account_that_does_not_exist_says_so_to_the_transfer() -> None:
    nobody = own().when(Reserve(transfer_id=TRANSFER, amount=cny("100.00"))).then(refused("unknown-account"))
    nobody.when(OpenAccount(owner="own-capital", currency="CNY")).then(opened())


def test_money_of_another_currency_is_neither_reserved_nor_credited() -> None:
    dollars = Money(cny("5.00").amount, "USD")
    account = own(opened(), deposited("100.00"))
    account.when(Reserve(transfer_id=TRANSFER, amount=dollars)).then(
        replace(refused("currency-mismatch"), amount=dollars)
    )
    account.when(Credit(transfer_id=TRANSFER, amount=dollars, purpose="transfer")).then(
        CreditRefused(account_id=OWN, transfer_id=TRANSFER, amount=dollars, reason="currency-mismatch")
    )


def test_a_credit_brings_the_money_in_from_transit() -> None:
    account = own(opened(), deposited("1.00"))
    account.when(Credit(transfer_id=TRANSFER, amount=cny("30.00"), purpose="transfer")).then(
        credited("30.00", balance="31.00")
    )


def test_a_credit_to_an_unknown_account_is_refused_by_an_event() -> None:
    own().when(Credit(transfer_id=TRANSFER, amount=cny("30.00"), purpose="transfer")).then(
        CreditRefused(account_id=OWN, transfer_id=TRANSFER, amount=cny("30.00"), reason="unknown-account")
    )


def test_a_capture_forgets_the_reservation_and_moves_nothing() -> None:
    account = own(opened(), deposited("100.00"), reserved("30.00", balance="70.00"))
    captured = account.when(Capture(transfer_id=TRANSFER)).then(
        ReservationCaptured(account_id=OWN, transfer_id=TRANSFER, amount=cny("30.00"))
    )
    assert (captured.state.available, captured.state.reservations) == (7000, {})
    captured.when(Capture(transfer_id=TRANSFER)).then()


def test_a_release_gives_the_reserved_money_back() -> None:
    account = own(opened(), deposited("100.00"), reserved("30.00", balance="70.00"))
    released = account.when(Release(transfer_id=TRANSFER, amount=cny("30.00"))).then(
        ReservationReleased(
            account_id=OWN,
            transfer_id=TRANSFER,
            amount=cny("30.00"),
            balance=cny("100.00"),
            postings=(posting(IN_TRANSIT, "-30.00"), posting(OWN, "30.00")),
        )
    )
    assert (released.state.available, released.state.reservations) == (10000, {})


def test_a_release_before_its_reserve_bars_the_transfer_for_good() -> None:
    account = own(opened(), deposited("100.00"))
    barred = account.when(Release(transfer_id=TRANSFER, amount=cny("100.00"))).then(refused("cancelled"))
    barred.when(Reserve(transfer_id=TRANSFER, amount=cny("100.00"))).then(refused("cancelled"))
    barred.when(Reserve(transfer_id=OTHER, amount=cny("10.00"))).then(
        reserved("10.00", balance="90.00", transfer=OTHER)
    )


def test_a_payout_leaves_custody_once() -> None:
    loan = given(
        ACCOUNT,
        opened(LOAN_ACCOUNT, LOAN_ACCOUNT),
        credited("1000.00", balance="1000.00", account_id=LOAN_ACCOUNT),
        aggregate_id=LOAN_ACCOUNT,
    )
    paid = loan.when(PayOut(amount=cny("1000.00"), bank_reference="P-1")).then(
        MoneyWithdrawn(
            account_id=LOAN_ACCOUNT,
            amount=cny("1000.00"),
            bank_reference="P-1",
            balance=cny("0.00"),
            postings=(posting("bank", "1000.00"), posting(LOAN_ACCOUNT, "-1000.00")),
        )
    )
    paid.when(PayOut(amount=cny("1000.00"), bank_reference="P-1")).then()
    assert closed(paid.state)
    assert not closed(loan.state)


def test_a_payout_above_the_balance_is_refused() -> None:
    loan = given(ACCOUNT, opened(LOAN_ACCOUNT, LOAN_ACCOUNT), aggregate_id=LOAN_ACCOUNT)
    loan.when(PayOut(amount=cny("1.00"), bank_reference="P-1")).then_refused("insufficient-money")


def test_what_is_taken_back_above_the_balance_is_owed() -> None:
    account = own(opened(), deposited("40.00"))
    owing = account.when(TakeBack(transfer_id=TRANSFER, amount=cny("100.00"))).then(
        MoneyTakenBack(
            account_id=OWN,
            transfer_id=TRANSFER,
            amount=cny("100.00"),
            balance=cny("0.00"),
            due_back=cny("60.00"),
            postings=(posting(OWN, "-40.00"), posting(f"due-back/{OWN}", "-60.00"), posting(IN_TRANSIT, "100.00")),
        )
    )
    assert (owing.state.available, owing.state.due_back) == (0, 6000)


def test_what_comes_in_settles_first_what_is_owed() -> None:
    account = own(opened()).when(TakeBack(transfer_id=OTHER, amount=cny("60.00"))).applied()
    settled = account.when(Credit(transfer_id=TRANSFER, amount=cny("100.00"), purpose="distribution")).then(
        replace(
            credited("100.00", balance="40.00", purpose="distribution"),
            postings=(posting(IN_TRANSIT, "-100.00"), posting(f"due-back/{OWN}", "60.00"), posting(OWN, "40.00")),
        )
    )
    assert (settled.state.available, settled.state.due_back) == (4000, 0)


def test_nothing_is_reserved_while_money_is_owed() -> None:
    account = own(opened()).when(TakeBack(transfer_id=OTHER, amount=cny("60.00"))).applied()
    account.when(Deposit(amount=cny("50.00"), bank_reference="B-1")).applied().when(
        Reserve(transfer_id=TRANSFER, amount=cny("1.00"))
    ).then(refused("insufficient-money", "1.00"))


def test_a_lenders_account_is_never_closed_by_being_empty() -> None:
    assert not closed(Account(owner="own-capital", currency="CNY", references=b"x" * 16))
