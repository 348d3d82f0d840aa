"""Decisions of a custody sub-account."""

from collections.abc import Callable
from typing import Any

from schemas.decision import Context, Refusal
from schemas.funding.commands import Capture, Credit, Deposit, OpenAccount, PayOut, Release, Reserve, TakeBack
from schemas.funding.events import (
    BANK,
    AccountOpened,
    CreditRefused,
    MoneyCredited,
    MoneyDeposited,
    MoneyReserved,
    MoneyTakenBack,
    MoneyWithdrawn,
    ReservationCaptured,
    ReservationRefused,
    ReservationReleased,
)
from schemas.money import of_minor
from schemas.terms import Posting
from services.funding.domain import Decision, books, packed
from services.funding.domain.account.state import CANCELLED, Account

UNKNOWN_ACCOUNT = "unknown-account"
INSUFFICIENT_MONEY = "insufficient-money"


def decide(state: Account | None, command: Any, context: Context) -> Decision:
    """Events or a refusal for any command of an account.

    A reserve or credit that cannot be done is an event, not a refusal, so that the transfer learns it.
    """
    return _DECISIONS[type(command)](state or Account(), command, context.aggregate_id)


def _open(account: Account, command: OpenAccount, account_id: str) -> Decision:
    wrong = books.currency_refusal(command.currency) or books.owner_refusal(account_id, command.owner)
    if wrong is not None:
        return wrong
    if not account.currency:
        return [AccountOpened(account_id=account_id, owner=command.owner, currency=command.currency)]
    if (account.owner, account.currency) == (command.owner, command.currency):
        return []
    return Refusal(
        "account-exists", f"Account {account_id} belongs to {account.owner} in {account.currency}; choose another id."
    )


def _deposit(account: Account, command: Deposit, account_id: str) -> Decision:
    if account_id.startswith(books.LOAN):
        return Refusal(
            "loan-account", "A loan's account gets its money by funding only; deposit on a lender's account."
        )
    units = _bookable(account, command, account_id)
    if isinstance(units, Refusal):
        return units
    if packed.contains(account.references, _reference(command.bank_reference)):
        return Refusal(
            "deposit-already-booked",
            f"Bank reference {command.bank_reference} is booked on {account_id}; one line of the statement counts once.",
        )
    balance, postings = _incoming(account, account_id, BANK, units)
    return [
        MoneyDeposited(
            account_id=account_id,
            amount=command.amount,
            bank_reference=command.bank_reference,
            balance=of_minor(balance, account.currency),
            postings=postings,
        )
    ]


def _reserve(account: Account, command: Reserve, account_id: str) -> Decision:
    transfer_id, amount = command.transfer_id, command.amount

    def refused(reason: str) -> Decision:
        return [ReservationRefused(account_id=account_id, transfer_id=transfer_id, amount=amount, reason=reason)]

    if transfer_id in account.reservations:
        return []
    if packed.contains(account.barred, packed.key(transfer_id)):
        return refused(CANCELLED)
    units = _bookable(account, command, account_id)
    if isinstance(units, Refusal):
        return refused(units.code)
    if units > account.available:
        return refused(INSUFFICIENT_MONEY)
    return [
        MoneyReserved(
            account_id=account_id,
            transfer_id=transfer_id,
            amount=amount,
            balance=of_minor(account.available - units, account.currency),
            postings=books.moved(account_id, books.in_transit(transfer_id), units, account.currency),
        )
    ]


def _credit(account: Account, command: Credit, account_id: str) -> Decision:
    units = _bookable(account, command, account_id)
    if isinstance(units, Refusal):
        transfer_id, amount, reason = command.transfer_id, command.amount, units.code
        return [CreditRefused(account_id=account_id, transfer_id=transfer_id, amount=amount, reason=reason)]
    balance, postings = _incoming(account, account_id, books.in_transit(command.transfer_id), units)
    return [
        MoneyCredited(
            account_id=account_id,
            transfer_id=command.transfer_id,
            amount=command.amount,
            balance=of_minor(balance, account.currency),
            postings=postings,
            purpose=command.purpose,
        )
    ]


def _capture(account: Account, command: Capture, account_id: str) -> Decision:
    units = account.reservations.get(command.transfer_id)
    if units is None:
        return []
    amount = of_minor(units, account.currency)
    return [ReservationCaptured(account_id=account_id, transfer_id=command.transfer_id, amount=amount)]


def _release(account: Account, command: Release, account_id: str) -> Decision:
    """Give the money back, or refuse the reservation before it is asked for: the transfer always gets an answer."""
    units = account.reservations.get(command.transfer_id)
    if units is None:
        transfer_id, amount = command.transfer_id, command.amount
        return [ReservationRefused(account_id=account_id, transfer_id=transfer_id, amount=amount, reason=CANCELLED)]
    balance, postings = _incoming(account, account_id, books.in_transit(command.transfer_id), units)
    return [
        ReservationReleased(
            account_id=account_id,
            transfer_id=command.transfer_id,
            amount=of_minor(units, account.currency),
            balance=of_minor(balance, account.currency),
            postings=postings,
        )
    ]


def _pay_out(account: Account, command: PayOut, account_id: str) -> Decision:
    """The bank did it already; that the money was on the account is sure, because funding precedes the order to pay."""
    units = _bookable(account, command, account_id)
    if isinstance(units, Refusal):
        return units
    if packed.contains(account.references, _reference(command.bank_reference)):
        return []
    if units > account.available:
        return Refusal(
            INSUFFICIENT_MONEY,
            f"Account {account_id} has {of_minor(account.available, account.currency).amount} {account.currency} available, "
            f"the bank paid out {command.amount.amount}; reconcile the account with the bank's statement.",
        )
    return [
        MoneyWithdrawn(
            account_id=account_id,
            amount=command.amount,
            bank_reference=command.bank_reference,
            balance=of_minor(account.available - units, account.currency),
            postings=books.from_bank(account_id, -units, account.currency),
        )
    ]


def _take_back(account: Account, command: TakeBack, account_id: str) -> Decision:
    """Take what is available; the rest is owed, so that the sub-account is never negative and the books still close."""
    units = _bookable(account, command, account_id)
    if isinstance(units, Refusal):
        return units
    taken = min(account.available, units)
    owed = units - taken
    legs = {account_id: -taken, books.due_back(account_id): -owed, books.in_transit(command.transfer_id): units}
    return [
        MoneyTakenBack(
            account_id=account_id,
            transfer_id=command.transfer_id,
            amount=command.amount,
            balance=of_minor(account.available - taken, account.currency),
            due_back=of_minor(account.due_back + owed, account.currency),
            postings=books.postings(account.currency, legs),
        )
    ]


def _incoming(account: Account, account_id: str, source: str, units: int) -> tuple[int, tuple[Posting, ...]]:
    """The available balance after money came in from ``source``, and its postings: what the owner owes is settled first."""
    settled = min(account.due_back, units)
    kept = units - settled
    legs = {source: -units, books.due_back(account_id): settled, account_id: kept}
    return account.available + kept, books.postings(account.currency, legs)


def _reference(bank_reference: str) -> bytes:
    return packed.key("bank-reference", bank_reference)


def _bookable(
    account: Account, command: Deposit | Reserve | Credit | PayOut | TakeBack, account_id: str
) -> int | Refusal:
    if not account.currency:
        return Refusal(UNKNOWN_ACCOUNT, f"There is no account {account_id}; open it first, or check the id.")
    return books.bookable(command.amount, account.currency)


_DECISIONS: dict[type, Callable[[Account, Any, str], Decision]] = {
    OpenAccount: _open,
    Deposit: _deposit,
    Reserve: _reserve,
    Credit: _credit,
    Capture: _capture,
    Release: _release,
    PayOut: _pay_out,
    TakeBack: _take_back,
}
