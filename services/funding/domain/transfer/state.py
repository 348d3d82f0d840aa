"""State of a transfer."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Step(StrEnum):
    """How far a transfer came."""

    OPENED = "opened"
    RESERVED = "reserved"
    CREDITED = "credited"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer of minor units of one currency."""

    step: Step
    from_account: str
    to_account: str
    units: int
    currency: str
    purpose: str
    reference: str
    expires_on: date | None
    reason: str = ""
    """Why it was cancelled."""


def due(transfer: Transfer) -> date | None:
    """The business date on which it expires; ``None`` as soon as the credit may have been ordered."""
    return transfer.expires_on if transfer.step is Step.OPENED else None


def closed(transfer: Transfer) -> bool:
    """Whether it ended, one way or the other."""
    return transfer.step in (Step.CAPTURED, Step.RELEASED)
