"""Decisions of a transfer."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from schemas.decision import Context, Refusal
from schemas.funding.commands import (
    MarkCaptured,
    MarkCredited,
    MarkCreditRefused,
    MarkRefused,
    MarkReleased,
    MarkReserved,
    OpenTransfer,
)
from schemas.funding.events import (
    TransferCancelled,
    TransferCaptured,
    TransferCredited,
    TransferOpened,
    TransferReleased,
    TransferReserved,
)
from schemas.money import of_minor
from services.funding.domain import Decision, books
from services.funding.domain.transfer.state import Step, Transfer, due

RESERVE_WITHIN = timedelta(days=30)
"""How long the paying account has to reserve, in calendar days; a house rule. It takes milliseconds unless something is stuck."""

FUNDING = "funding"
RETURN = "return"
BY_A_PERSON = "transfer"
EXPIRED = "expired"


def decide(state: Transfer | None, command: Any, context: Context) -> Decision:
    """Events or a refusal for any command of a transfer; a mark that is set already does nothing."""
    if isinstance(command, OpenTransfer):
        return _open(state, command, context)
    if state is None:
        return Refusal("unknown-transfer", f"There is no transfer {context.aggregate_id}.")
    answer = _MARKS[type(command)].get(state.step)
    return [] if answer is None else [answer(state, command, context.aggregate_id)]


def business_day(state: Transfer, context: Context) -> Sequence[object]:
    """Cancel a transfer that expired before anything was reserved."""
    expiry = due(state)
    if expiry is None or expiry > context.business_date:
        return []
    return [_cancelled(state, EXPIRED, context.aggregate_id)]


def _open(state: Transfer | None, command: OpenTransfer, context: Context) -> Decision:
    if state is not None:
        return []
    units = books.bookable(command.amount, command.amount.currency)
    wrong = units if isinstance(units, Refusal) else _wrong_accounts(command)
    if wrong is not None:
        return wrong
    return [
        TransferOpened(
            transfer_id=context.aggregate_id,
            from_account=command.from_account,
            to_account=command.to_account,
            amount=command.amount,
            purpose=command.purpose,
            reference=command.reference,
            expires_on=None if command.purpose == RETURN else context.business_date + RESERVE_WITHIN,
        )
    ]


def _wrong_accounts(command: OpenTransfer) -> Refusal | None:
    accounts = command.from_account, command.to_account
    if command.from_account == command.to_account:
        return Refusal("same-account", f"Money cannot move from {command.from_account} to itself; name two accounts.")
    if command.purpose in (FUNDING, RETURN):
        return None
    if any(account.startswith(books.LOAN) for account in accounts):
        return Refusal(
            "loan-account", "A loan's account is filled by its funding, and emptied by its payout or when that failed."
        )
    return books.account_id_refusal(command.from_account) or books.account_id_refusal(command.to_account)


def _reserved(transfer: Transfer, _command: Any, transfer_id: str) -> object:
    return TransferReserved(
        transfer_id=transfer_id,
        from_account=transfer.from_account,
        to_account=transfer.to_account,
        amount=of_minor(transfer.units, transfer.currency),
    )


def _credited(transfer: Transfer, _command: Any, transfer_id: str) -> object:
    return TransferCredited(
        transfer_id=transfer_id,
        from_account=transfer.from_account,
        to_account=transfer.to_account,
        amount=of_minor(transfer.units, transfer.currency),
    )


def _captured(transfer: Transfer, _command: Any, transfer_id: str) -> object:
    return TransferCaptured(
        transfer_id=transfer_id,
        amount=of_minor(transfer.units, transfer.currency),
        purpose=transfer.purpose,
        reference=transfer.reference,
    )


def _cancelled(transfer: Transfer, reason: str, transfer_id: str) -> TransferCancelled:
    amount = of_minor(transfer.units, transfer.currency)
    return TransferCancelled(transfer_id=transfer_id, from_account=transfer.from_account, amount=amount, reason=reason)


def _credit_refused(transfer: Transfer, command: MarkCreditRefused, transfer_id: str) -> object:
    return _cancelled(transfer, command.reason, transfer_id)


def _never_reserved(transfer: Transfer, command: MarkRefused, transfer_id: str) -> object:
    return _released(transfer, command.reason, transfer_id)


def _money_back(transfer: Transfer, _command: Any, transfer_id: str) -> object:
    return _released(transfer, transfer.reason, transfer_id)


def _released(transfer: Transfer, reason: str, transfer_id: str) -> TransferReleased:
    return TransferReleased(
        transfer_id=transfer_id,
        amount=of_minor(transfer.units, transfer.currency),
        purpose=transfer.purpose,
        reference=transfer.reference,
        reason=reason,
    )


_MARKS: dict[type, dict[Step, Callable[[Transfer, Any, str], object]]] = {
    MarkReserved: {Step.OPENED: _reserved},
    MarkRefused: {Step.OPENED: _never_reserved, Step.CANCELLED: _money_back},
    MarkCredited: {Step.RESERVED: _credited},
    MarkCreditRefused: {Step.RESERVED: _credit_refused},
    MarkCaptured: {Step.CREDITED: _captured},
    MarkReleased: {Step.CANCELLED: _money_back},
}
"""What each mark brings about in each step; nothing in the others."""
