"""State of a custody sub-account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.funding.domain.books import LOAN

CANCELLED = "cancelled"
"""Reason of a refused reservation whose transfer was cancelled first."""


@dataclass(frozen=True, slots=True)
class Account:
    """A sub-account in minor units of one currency. ``available`` and ``due_back`` are never negative, nor both above 0."""

    owner: str = ""
    currency: str = ""
    """Empty while the account was asked for money but never opened."""
    available: int = 0
    due_back: int = 0
    """What the owner must give back after a reversal; settled first by whatever comes in."""
    reservations: dict[str, int] = field(default_factory=dict)
    """Open reservations by transfer; never changed in place."""
    references: bytes = b""
    """Bank references of deposits and payouts, packed."""
    barred: bytes = b""
    """Transfers that were cancelled before they were reserved, packed: they are never reserved. Empty but for rare cases."""


def closed(account: Account) -> bool:
    """Whether nothing more is to come: a loan's account that was paid out and is empty."""
    return (
        account.owner.startswith(LOAN) and bool(account.references) and not (account.available or account.reservations)
    )


def without(reservations: Mapping[str, int], transfer_id: str) -> dict[str, int]:
    """The other reservations."""
    return {transfer: units for transfer, units in reservations.items() if transfer != transfer_id}
