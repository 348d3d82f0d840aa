"""Payout port 付款: what origination asks of a bank, and the adapter that an installation uses.

A bank recognises a payment by its key: the same order twice pays once, and anybody can ask what became of it.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from schemas.money import Money


class PaymentState(StrEnum):
    """What a bank says about a payment (precise rule 39)."""

    SETTLED = "settled"
    """Paid, with its value date."""
    REJECTED = "rejected"
    """Finally not paid: refused, or returned 退汇."""
    UNKNOWN = "unknown"
    """Not known yet: ask later, never order again."""
    NOT_SENT = "not-sent"
    """The bank certainly does not have the order."""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment to a borrower's account. ``account`` is personal data: it goes to the bank and nowhere else."""

    key: str
    """Idempotency key, for ever."""
    amount: Money
    account: str = field(repr=False)
    value_date: date
    """Business date of the order: the value date that is asked for."""
    purpose: str
    """Reference on the bank statement."""


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """What the bank says; ``reference`` and ``value_date`` are set when it settled, ``reason`` when it was rejected."""

    state: PaymentState
    reference: str = ""
    value_date: date | None = None
    reason: str = ""


class PayoutBank(Protocol):
    """A bank that pays loans out. No method raises: what went wrong on the way is part of the answer."""

    async def pay(self, order: PaymentOrder) -> BankAnswer:
        """Order a payment; with a key that the bank knows, the answer to the first order."""
        ...

    async def ask(self, key: str) -> BankAnswer:
        """What became of the payment with this key."""
        ...
