"""The effect ``payout``: a payment order to the bank, once, and the command that records the answer."""

from datetime import date
from decimal import Decimal
from typing import Any

from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus, Send
from loanstream.vault.port import SubjectErased, UnknownSubject, Vault
from schemas.money import Money
from schemas.origination.commands import PayoutStatus, RecordPayout
from schemas.origination.events import Disbursed, DisbursementFailed
from services.origination.identifiers import payee_place
from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState, PayoutBank

READER = "service:origination"
PURPOSE = "payout"

_STATUS = {
    PaymentState.SETTLED: EffectStatus.SUCCEEDED,
    PaymentState.REJECTED: EffectStatus.FAILED,
    PaymentState.UNKNOWN: EffectStatus.UNKNOWN,
    PaymentState.NOT_SENT: EffectStatus.RETRY,
}
_REPORTED = {
    EffectStatus.SUCCEEDED: PayoutStatus.SUCCEEDED,
    EffectStatus.FAILED: PayoutStatus.FAILED,
    EffectStatus.UNKNOWN: PayoutStatus.UNKNOWN,
}


class Payout:
    """Pays loans out through ``bank``. The account number is read from the vault when the order goes out, and kept nowhere."""

    def __init__(self, bank: PayoutBank, vault: Vault) -> None:
        self._bank = bank
        self._vault = vault

    async def perform(self, row: EffectRow) -> EffectResult:
        """Order the payment with the row's id as the bank's idempotency key."""
        payload = row.payload
        subject, field = payee_place(payload["payee_ref"])
        try:
            stored = await self._vault.read(subject, [field], reader=READER, purpose=PURPOSE)
        except (UnknownSubject, SubjectErased):
            stored = {}
        if field not in stored:
            return EffectResult(
                EffectStatus.FAILED, {"reason": "payee-unknown: the vault has no account for the payee"}
            )
        order = PaymentOrder(
            key=row.id,
            amount=Money(Decimal(payload["amount"]), payload["currency"]),
            account=stored[field],
            value_date=date.fromisoformat(payload["value_date"]),
            purpose=payload["loan_id"],
        )
        return _result(await self._bank.pay(order))

    async def resolve(self, row: EffectRow) -> EffectResult:
        """Ask the bank. ``RETRY`` only when it says that it does not have the order."""
        return _result(await self._bank.ask(row.id))

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        """The command that records the answer on the drawdown."""
        status = _REPORTED.get(result.status)
        if status is None:
            return None
        value_date = result.detail.get("value_date")
        command = RecordPayout(
            status=status,
            payment_id=row.id,
            bank_reference=result.detail.get("reference", ""),
            value_date=date.fromisoformat(value_date) if value_date else None,
            reason=result.detail.get("reason", "") or _unsent(result),
        )
        return Send(row.payload["drawdown_id"], command)

    def recorded(self, event: Any) -> str | None:
        """The payment that an event records as final."""
        return event.payment_id if isinstance(event, Disbursed | DisbursementFailed) else None


def _unsent(result: EffectResult) -> str:
    """The sender gives up on an order that the bank certainly does not have."""
    return "not-sent: the bank did not take the order" if "gave-up-after" in result.detail else ""


def _result(answer: BankAnswer) -> EffectResult:
    detail = {
        "reference": answer.reference,
        "value_date": answer.value_date.isoformat() if answer.value_date else "",
        "reason": answer.reason,
    }
    return EffectResult(_STATUS[answer.state], {name: text for name, text in detail.items() if text})
