"""Fold of a custody sub-account: balances follow the postings that the events carry."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemas.funding.events import (
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
from schemas.money import minor
from services.funding.domain import books, packed
from services.funding.domain.account.state import CANCELLED, Account, without


def evolve(state: Account | None, event: Any) -> Account:
    """The account after ``event``. An account that only refused something exists in name alone."""
    return _FOLDS[type(event)](state or Account(), event)


def _opened(account: Account, event: AccountOpened) -> Account:
    return replace(account, owner=event.owner, currency=event.currency)


def _nothing(account: Account, _event: Any) -> Account:
    return account


def _posted(account: Account, event: Any) -> Account:
    """Add up the postings on the account itself and on what its owner owes."""
    available, owed = account.available, account.due_back
    owes = books.due_back(event.account_id)
    for posting in event.postings:
        if posting.account == event.account_id:
            available += minor(posting.amount)
        elif posting.account == owes:
            owed -= minor(posting.amount)
    return replace(account, available=available, due_back=owed)


def _bank_moved(account: Account, event: MoneyDeposited | MoneyWithdrawn) -> Account:
    references = packed.added(account.references, packed.key("bank-reference", event.bank_reference))
    return replace(_posted(account, event), references=references)


def _reserved(account: Account, event: MoneyReserved) -> Account:
    reservations = {**account.reservations, event.transfer_id: minor(event.amount)}
    return replace(_posted(account, event), reservations=reservations)


def _refused(account: Account, event: ReservationRefused) -> Account:
    if event.reason != CANCELLED:
        return account
    return replace(account, barred=packed.added(account.barred, packed.key(event.transfer_id)))


def _captured(account: Account, event: ReservationCaptured) -> Account:
    return replace(account, reservations=without(account.reservations, event.transfer_id))


def _released(account: Account, event: ReservationReleased) -> Account:
    return replace(_posted(account, event), reservations=without(account.reservations, event.transfer_id))


_FOLDS: dict[type, Callable[[Account, Any], Account]] = {
    AccountOpened: _opened,
    MoneyDeposited: _bank_moved,
    MoneyWithdrawn: _bank_moved,
    MoneyReserved: _reserved,
    ReservationRefused: _refused,
    MoneyCredited: _posted,
    CreditRefused: _nothing,
    ReservationCaptured: _captured,
    ReservationReleased: _released,
    MoneyTakenBack: _posted,
}
