"""Transactions on a loan in the order of their value dates, and what they make of its rows."""

from services.servicing.domain.transactions.checks import refusal
from services.servicing.domain.transactions.entries import (
    ChargeAdded,
    Chargeback,
    ChargedOff,
    ChargeWaived,
    DayEnded,
    Disbursed,
    Entry,
    Extended,
    InterestPaused,
    Paid,
    RateChanged,
    Reamortised,
    Refunded,
    Undone,
    WrittenOff,
)
from services.servicing.domain.transactions.history import run
from services.servicing.domain.transactions.position import Position, Posting, Status, Totals

__all__ = [
    "ChargeAdded",
    "ChargeWaived",
    "Chargeback",
    "ChargedOff",
    "DayEnded",
    "Disbursed",
    "Entry",
    "Extended",
    "InterestPaused",
    "Paid",
    "Position",
    "Posting",
    "RateChanged",
    "Reamortised",
    "Refunded",
    "Status",
    "Totals",
    "Undone",
    "WrittenOff",
    "refusal",
    "run",
]
