"""Many accounts, transfers, loans and repayments at once, their commands delivered in any order, twice, late or after a loss.

After every step the books close and nobody has less than nothing; when nothing is under way any more every transfer moved its
money once or not at all, and nothing is in transit.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas import ids
from schemas.funding.commands import Deposit, OpenAccount, OpenTransfer, RetryFunding
from schemas.funding.events import (
    Funded,
    FundingFailed,
    FundingRequested,
    MoneyCredited,
    MoneyReserved,
    MoneyTakenBack,
    MoneyWithdrawn,
    RepaymentDistributed,
    ReservationReleased,
    TransferCaptured,
    TransferOpened,
    TransferReleased,
    TransferReserved,
)
from schemas.money import minor, of_minor
from services.funding.domain.account import Account
from services.funding.domain.funding import Funding
from services.funding.domain.funding.state import Status
from services.funding.domain.transfer import Transfer, closed
from tests.funding.delivery import Delivery
from tests.funding.examples import (
    OWN,
    cny,
    contract_signed,
    disbursed,
    disbursement_failed,
    opened,
    payment,
    payment_reversed,
    recovery,
    recovery_reversed,
)

LENDERS = (OWN, "reserve-CNY", "nobody-CNY")
"""The last one is never opened."""
UNITS = st.integers(1, 20_000)
OF_PEOPLE = {"deposit-already-booked", "unknown-account", "same-account", "already-funded", "funding-under-way"}
"""What people may be refused; a command of a reaction never is."""


class Custody(RuleBasedStateMachine):
    """People and other contexts act; commands arrive as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = Delivery()
        self.count = 0
        self.lent: list[str] = []
        """Loans that the bank paid out."""
        self.failed: list[str] = []
        """Loans whose payout failed."""
        self.receipts: list[tuple[str, str, int, bool]] = []
        """Loan, receipt, units and whether it is a recovery, of what can be reversed."""
        self.told: set[tuple[str, str]] = set()
        """Receipts and reversals that were heard of."""
        self.newest_first = False

    def number(self) -> int:
        self.count += 1
        return self.count

    @initialize(units=UNITS, newest_first=st.booleans())
    def two_accounts_are_open_and_one_lent_all_its_money(self, units: int, newest_first: bool) -> None:
        self.newest_first = newest_first
        for account in LENDERS[:2]:
            self.delivery.ask(account, OpenAccount(owner=account, currency="CNY"))
        self.delivery.ask(OWN, Deposit(amount=of_minor(units, "CNY"), bank_reference="B-0"))
        self.a_contract_is_signed_and_funded(units)
        ((loan, lent),) = self.unpaid()
        self.lent.append(loan)
        self.delivery.hear(disbursed(of_minor(lent, "CNY"), loan_id=loan))

    @rule(units=UNITS, account=st.sampled_from(LENDERS))
    def money_is_deposited(self, units: int, account: str) -> None:
        reference = f"B-{self.number()}"
        for _ in range(2):
            self.delivery.ask(account, Deposit(amount=of_minor(units, "CNY"), bank_reference=reference))

    @rule(units=UNITS, payer=st.sampled_from(LENDERS), payee=st.sampled_from(LENDERS))
    def a_person_transfers(self, units: int, payer: str, payee: str) -> None:
        command = OpenTransfer(
            from_account=payer, to_account=payee, amount=of_minor(units, "CNY"), purpose="transfer", reference="x"
        )
        self.delivery.ask(ids.derived("transfer", self.number()), command)

    @rule(units=UNITS)
    def a_contract_is_signed(self, units: int) -> None:
        number = self.number()
        application, loan = ids.derived("application", number), ids.derived("loan", number)
        self.delivery.hear(contract_signed(of_minor(units, "CNY"), application_id=application, loan_id=loan))

    @rule(units=UNITS)
    def a_contract_is_signed_and_funded(self, units: int) -> None:
        """What is under way arrives in order until the loan is funded; who gave the money is then not yet registered."""
        self.a_contract_is_signed(units)
        before = len(self.delivery.of(Funded))
        while self.delivery.waiting and len(self.delivery.of(Funded)) == before:
            self.delivery.deliver(0)

    @precondition(lambda self: self.unpaid())
    @rule(data=st.data())
    def a_funded_loan_is_paid_out(self, data: st.DataObject) -> None:
        loan, units = data.draw(st.sampled_from(self.unpaid()))
        self.lent.append(loan)
        self.delivery.hear(disbursed(of_minor(units, "CNY"), loan_id=loan))

    @precondition(lambda self: self.unpaid())
    @rule(data=st.data())
    def a_payout_finally_fails(self, data: st.DataObject) -> None:
        loan, units = data.draw(st.sampled_from(self.unpaid()))
        self.failed.append(loan)
        self.delivery.hear(disbursement_failed(of_minor(units, "CNY"), loan_id=loan))

    @precondition(lambda self: self.lent)
    @rule(data=st.data(), units=UNITS, after_write_off=st.booleans(), times=st.integers(1, 2))
    def money_comes_in_on_a_loan(self, data: st.DataObject, units: int, after_write_off: bool, times: int) -> None:
        loan, receipt = data.draw(st.sampled_from(self.lent)), f"R-{self.number()}"
        self.receipts.append((loan, receipt, units, after_write_off))
        self.told.add((receipt, "in"))
        make = recovery if after_write_off else payment
        for _ in range(times):
            self.delivery.hear(make(of_minor(units, "CNY"), receipt=receipt, loan_id=loan))

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), times=st.integers(1, 2))
    def a_receipt_is_reversed(self, data: st.DataObject, times: int) -> None:
        loan, receipt, units, after_write_off = self.receipts.pop(data.draw(st.integers(0, len(self.receipts) - 1)))
        self.told.add((receipt, "back"))
        make = recovery_reversed if after_write_off else payment_reversed
        for _ in range(times):
            self.delivery.hear(make(of_minor(units, "CNY"), receipt=receipt, loan_id=loan))

    @precondition(lambda self: self.delivery.of(FundingFailed))
    @rule(data=st.data())
    def a_failed_funding_is_tried_again(self, data: st.DataObject) -> None:
        failed = data.draw(st.sampled_from(self.delivery.of(FundingFailed)))
        self.delivery.ask(failed.application_id, RetryFunding())

    @precondition(lambda self: self.delivery.waiting)
    @rule(arrivals=st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=12))
    def some_commands_arrive(self, arrivals: list[tuple[int, bool]]) -> None:
        for index, keep in arrivals:
            if self.delivery.waiting:
                self.delivery.deliver(index, keep=keep)

    @precondition(lambda self: self.delivery.waiting)
    @rule()
    def everything_arrives(self) -> None:
        self.delivery.deliver_all(newest_first=self.newest_first)

    @rule(days=st.sampled_from((1, 30)))
    def business_days_pass(self, days: int) -> None:
        self.delivery.next_day(self.delivery.day + timedelta(days=days))

    @invariant()
    def the_books_close(self) -> None:
        assert sum(self.delivery.books.values()) == 0

    @invariant()
    def nobody_has_less_than_nothing_and_states_equal_the_books(self) -> None:
        books = self.delivery.books
        for account_id, account in self.accounts().items():
            assert account.available >= 0
            assert account.due_back >= 0
            assert not (account.available and account.due_back)
            assert (books[account_id], books[f"due-back/{account_id}"]) == (account.available, -account.due_back)

    def teardown(self) -> None:
        """Let everything arrive, and see that each thing happened once."""
        self.delivery.deliver_all(newest_first=self.newest_first)
        self.every_transfer_moved_its_money_once_or_not_at_all()
        self.every_funding_ended_with_its_transfer()
        self.every_receipt_reached_its_lender_once_each_way()
        left = {account: units for account, units in self.delivery.books.items() if account.startswith("in-transit/")}
        assert not any(left.values()), left
        assert not any(account.reservations for account in self.accounts().values())
        assert {refusal.code for refusal in self.delivery.refused} <= OF_PEOPLE

    def every_transfer_moved_its_money_once_or_not_at_all(self) -> None:
        for transfer_id, transfer in self.states(Transfer).items():
            assert closed(transfer), transfer
            captured = self.units(TransferCaptured, transfer_id)
            assert captured == self.units(MoneyCredited, transfer_id)
            assert captured == self.units(MoneyReserved, transfer_id) - self.units(ReservationReleased, transfer_id)
            assert captured + self.units(TransferReleased, transfer_id) == transfer.units

    def every_funding_ended_with_its_transfer(self) -> None:
        for funding in self.states(Funding).values():
            assert funding.status is not Status.REQUESTED
        funded = [event.loan_id for event in self.delivery.of(Funded)]
        assert len(funded) == len(set(funded))
        withdrawn = {event.account_id for event in self.delivery.of(MoneyWithdrawn)}
        assert withdrawn == {f"loan:{loan}" for loan in self.lent}
        assert not any(self.delivery.books[f"loan:{loan}"] for loan in [*self.lent, *self.failed])

    def every_receipt_reached_its_lender_once_each_way(self) -> None:
        distributions = self.delivery.of(RepaymentDistributed)
        assert len(distributions) == len(self.told)
        assert {(event.receipt_id, "back" if event.reversal else "in") for event in distributions} == self.told
        for event in distributions:
            moved = MoneyTakenBack if event.reversal else MoneyCredited
            assert self.units(moved, event.distribution_id) == minor(event.amount)

    def unpaid(self) -> list[tuple[str, int]]:
        funded = self.delivery.of(Funded)
        return [
            (event.loan_id, minor(event.amount)) for event in funded if event.loan_id not in [*self.lent, *self.failed]
        ]

    def units(self, cls: type[Any], transfer_id: str) -> int:
        found = [event for event in self.delivery.of(cls) if event.transfer_id == transfer_id]
        assert len(found) <= 1, found
        return sum(minor(event.amount) for event in found)

    def accounts(self) -> dict[str, Account]:
        return self.states(Account)

    def states(self, cls: type[Any]) -> dict[str, Any]:
        return {key: state for key, state in self.delivery.states.items() if isinstance(state, cls)}


TestCustody = Custody.TestCase
TestCustody.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_a_loan_is_funded_paid_out_and_repaid_in_the_ordinary_order() -> None:
    custody = Delivery()
    custody.ask(OWN, OpenAccount(owner="own-capital", currency="CNY"))
    custody.ask(OWN, Deposit(amount=cny("5000.00"), bank_reference="B-1"))
    custody.hear(contract_signed(cny("1000.00")))
    custody.deliver_all()
    funded = custody.of(Funded)[0]
    assert custody.books[funded.loan_account] == 100_000
    custody.hear(disbursed(cny("1000.00")))
    custody.hear(payment(cny("90.00")))
    custody.deliver_all()
    assert custody.books == {
        "bank": -409_000,
        OWN: 409_000,
        funded.loan_account: 0,
        **{account: 0 for account in custody.books if account.startswith("in-transit/")},
    }
    assert custody.refused == []


def test_a_loan_without_money_is_funded_after_a_deposit_and_a_retry() -> None:
    custody = Delivery()
    custody.hear(contract_signed(cny("1000.00")))
    custody.deliver_all()
    failed = custody.of(FundingFailed)[0]
    assert failed.reason == "unknown-account"
    custody.ask(OWN, OpenAccount(owner="own-capital", currency="CNY"))
    assert custody.of(type(opened()))[-1] == opened()
    custody.ask(OWN, Deposit(amount=cny("1000.00"), bank_reference="B-1"))
    custody.ask(failed.application_id, RetryFunding())
    custody.deliver_all()
    assert len(custody.of(Funded)) == 1
    assert len({event.transfer_id for event in custody.of(FundingRequested, TransferOpened)}) == 2


def test_a_transfer_that_expired_while_its_reserve_waited_ends_with_the_money_where_it_was() -> None:
    custody = Delivery()
    custody.ask(OWN, OpenAccount(owner="own-capital", currency="CNY"))
    custody.ask(OWN, Deposit(amount=cny("1000.00"), bank_reference="B-1"))
    custody.hear(contract_signed(cny("1000.00")))
    while not custody.of(TransferOpened):
        custody.deliver(-1)
    custody.next_day(custody.day + timedelta(days=30))
    release = [type(waiting.command).__name__ for waiting in custody.waiting].index("Release")
    custody.deliver(release)
    custody.deliver_all()
    assert custody.of(MoneyReserved) == []
    assert [event.reason for event in custody.of(TransferReleased)] == ["expired"]
    assert [event.reason for event in custody.of(FundingFailed)] == ["expired"]
    assert custody.books[OWN] == 100_000


def test_a_transfer_whose_credit_is_under_way_waits_for_it_however_many_days_pass() -> None:
    custody = Delivery()
    custody.ask(OWN, OpenAccount(owner="own-capital", currency="CNY"))
    custody.ask(OWN, Deposit(amount=cny("1000.00"), bank_reference="B-1"))
    custody.hear(contract_signed(cny("1000.00")))
    while not custody.of(TransferReserved):
        custody.deliver(0)
    for days in (30, 365):
        custody.next_day(custody.day + timedelta(days=days))
    custody.deliver_all(newest_first=True)
    assert len(custody.of(Funded)) == 1
    assert custody.of(ReservationReleased) == []
    assert custody.books[OWN] == 0
