"""Fold of a transfer."""

from dataclasses import replace
from typing import Any

from schemas.funding.events import (
    TransferCancelled,
    TransferCaptured,
    TransferCredited,
    TransferOpened,
    TransferReleased,
    TransferReserved,
)
from schemas.money import minor
from services.funding.domain.transfer.state import Step, Transfer

_STEPS: dict[type, Step] = {
    TransferReserved: Step.RESERVED,
    TransferCredited: Step.CREDITED,
    TransferCaptured: Step.CAPTURED,
    TransferReleased: Step.RELEASED,
}


def evolve(state: Transfer | None, event: Any) -> Transfer:
    """The transfer after ``event``."""
    if isinstance(event, TransferOpened):
        return _opened(event)
    assert state is not None
    if isinstance(event, TransferCancelled):
        return replace(state, step=Step.CANCELLED, reason=event.reason)
    return replace(state, step=_STEPS[type(event)])


def _opened(event: TransferOpened) -> Transfer:
    return Transfer(
        step=Step.OPENED,
        from_account=event.from_account,
        to_account=event.to_account,
        units=minor(event.amount),
        currency=event.amount.currency,
        purpose=event.purpose,
        reference=event.reference,
        expires_on=event.expires_on,
    )
