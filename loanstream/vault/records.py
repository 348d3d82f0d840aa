"""What the vault keeps about its own use: reads and erasures 查询与删除记录."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Now = Callable[[], datetime]
"""Tells the time of a record; the simulation's is virtual."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One read of personal data: when, whose, which fields, by whom, what for."""

    at: datetime
    subject: str
    fields: tuple[str, ...]
    reader: str
    purpose: str


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """One erasure: when, whose, by whom, why."""

    at: datetime
    subject: str
    by: str
    reason: str


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def checked(identity: str, by: str) -> None:
    """Refuse what would make an unfindable or unattributed record. Raises ``ValueError``."""
    if not identity.strip():
        raise ValueError("the identity number is empty: give the one of the person's or firm's document")
    if not by:
        raise ValueError("`by` is empty: say who stores the data")


def checked_purpose(reader: str, purpose: str) -> None:
    """A read needs a reader and a purpose. Raises ``ValueError``."""
    if not reader or not purpose:
        raise ValueError(
            "reader and purpose of a read of personal data must be given: every read is recorded with both"
        )
