"""A bank that pays nobody 沙箱银行: deterministic, idempotent, and truthful after a crash.

Accounts that end in 0000 are rejected; those that end in 9999 give no answer at first and settle when asked.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from schemas.money import Money
from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState

REJECTED_SUFFIX = "0000"
SILENT_SUFFIX = "9999"


@dataclass(frozen=True, slots=True)
class Payment:
    """What the sandbox keeps of an order: no account number."""

    key: str
    amount: Money
    value_date: date
    state: PaymentState


class Ledger(Protocol):
    """Where the sandbox keeps its payments."""

    def find(self, key: str) -> Payment | None:
        """The payment with this key."""
        ...

    def put(self, payment: Payment) -> None:
        """Keep a payment before anybody is told of it; the last one with a key counts."""
        ...


class MemoryLedger:
    """Payments for as long as the process lives."""

    def __init__(self) -> None:
        self._payments: dict[str, Payment] = {}

    def find(self, key: str) -> Payment | None:
        """See :class:`Ledger`."""
        return self._payments.get(key)

    def put(self, payment: Payment) -> None:
        """See :class:`Ledger`."""
        self._payments[payment.key] = payment


class FileLedger:
    """Payments in a file of JSON lines, one writer at a time. A line cut short by a crash was never answered: dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memory = MemoryLedger()
        self._read = False

    def find(self, key: str) -> Payment | None:
        """See :class:`Ledger`."""
        self._load()
        return self._memory.find(key)

    def put(self, payment: Payment) -> None:
        """See :class:`Ledger`."""
        self._load()
        with self._path.open("ab") as file:
            file.write(_line(payment))
        self._memory.put(payment)

    def _load(self) -> None:
        if self._read:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._path.write_bytes(whole)
        for line in whole.splitlines():
            self._memory.put(_payment(line))
        self._read = True


class SandboxBank:
    """The sandbox over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def pay(self, order: PaymentOrder) -> BankAnswer:
        """See :class:`~services.origination.ports.bank.PayoutBank`."""
        known = self._ledger.find(order.key)
        if known is not None:
            return _answer(known) if known.amount == order.amount else _reused()
        payment = Payment(order.key, order.amount, order.value_date, _state(order.account))
        self._ledger.put(payment)
        return _answer(payment)

    async def ask(self, key: str) -> BankAnswer:
        """See :class:`~services.origination.ports.bank.PayoutBank`."""
        payment = self._ledger.find(key)
        if payment is None:
            return BankAnswer(PaymentState.NOT_SENT)
        if payment.state is PaymentState.UNKNOWN:
            payment = replace(payment, state=PaymentState.SETTLED)
            self._ledger.put(payment)
        return _answer(payment)


def _state(account: str) -> PaymentState:
    if account.endswith(REJECTED_SUFFIX):
        return PaymentState.REJECTED
    return PaymentState.UNKNOWN if account.endswith(SILENT_SUFFIX) else PaymentState.SETTLED


def _answer(payment: Payment) -> BankAnswer:
    if payment.state is PaymentState.SETTLED:
        reference = f"SBX{sha256(payment.key.encode()).hexdigest()[:16].upper()}"
        return BankAnswer(PaymentState.SETTLED, reference, payment.value_date)
    if payment.state is PaymentState.REJECTED:
        return BankAnswer(PaymentState.REJECTED, reason="account-closed: the payee's bank does not accept the account")
    return BankAnswer(PaymentState.UNKNOWN)


def _reused() -> BankAnswer:
    return BankAnswer(PaymentState.REJECTED, reason="key-reused: another amount was ordered under this key")


def _line(payment: Payment) -> bytes:
    data = {
        "key": payment.key,
        "amount": str(payment.amount.amount),
        "currency": payment.amount.currency,
        "value_date": payment.value_date.isoformat(),
        "state": payment.state.value,
    }
    return json.dumps(data).encode() + b"\n"


def _payment(line: bytes) -> Payment:
    data = json.loads(line)
    return Payment(
        key=data["key"],
        amount=Money(Decimal(data["amount"]), data["currency"]),
        value_date=date.fromisoformat(data["value_date"]),
        state=PaymentState(data["state"]),
    )
