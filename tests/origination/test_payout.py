"""The effect ``payout``: the account comes from the vault at the last moment, the answer goes to the drawdown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus, Send
from loanstream.vault.memory import MemoryVault
from schemas.origination.commands import PayoutStatus, RecordPayout
from services.origination.payout import Payout
from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState
from services.origination.ports.sandbox_bank import MemoryLedger, SandboxBank
from tests.origination.samples import DAY, DISBURSED, FAILED, ORDERED, cny

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACCOUNT = "6222020000001234567"


class Scripted:
    """A bank that says what it is told and keeps what it was asked."""

    def __init__(self, *answers: BankAnswer) -> None:
        self.answers = list(answers)
        self.orders: list[PaymentOrder] = []

    async def pay(self, order: PaymentOrder) -> BankAnswer:
        self.orders.append(order)
        return self.answers.pop(0)

    async def ask(self, key: str) -> BankAnswer:
        return self.answers.pop(0)


async def a_row(vault: MemoryVault, account: str = ACCOUNT) -> EffectRow:
    """The payout of ``app-1`` for a person whose account is in the vault."""
    party = await vault.register("110101199003070003", {"bank_account/app-1": account}, by="test")
    payload = {
        "drawdown_id": "draw-1",
        "loan_id": "loan-1",
        "amount": "1200.00",
        "currency": "CNY",
        "payee_ref": f"{party}/bank_account/app-1",
        "value_date": "2026-01-05",
    }
    return EffectRow(
        id="pay-1",
        service="origination",
        source_event="event-1",
        kind="payout",
        recipient=payload["payee_ref"],
        payload=payload,
        status=EffectStatus.SENDING,
        attempts=1,
        created_at=NOW,
        due_at=NOW,
        correlation="c",
    )


async def test_the_order_carries_the_account_from_the_vault_and_the_read_is_recorded() -> None:
    vault, bank = MemoryVault(), Scripted(BankAnswer(PaymentState.SETTLED, "B-1", DAY))
    row = await a_row(vault)
    await Payout(bank, vault).perform(row)
    assert bank.orders == [
        PaymentOrder(key="pay-1", amount=cny("1200.00"), account=ACCOUNT, value_date=DAY, purpose="loan-1")
    ]
    (read,) = await vault.reads(row.payload["payee_ref"].partition("/")[0])
    assert (read.reader, read.purpose) == ("service:origination", "payout")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (BankAnswer(PaymentState.SETTLED, "B-1", DAY), EffectStatus.SUCCEEDED),
        (BankAnswer(PaymentState.REJECTED, reason="closed"), EffectStatus.FAILED),
        (BankAnswer(PaymentState.UNKNOWN), EffectStatus.UNKNOWN),
        (BankAnswer(PaymentState.NOT_SENT), EffectStatus.RETRY),
    ],
)
async def test_every_answer_of_the_bank_has_its_status(answer: BankAnswer, status: EffectStatus) -> None:
    vault = MemoryVault()
    row = await a_row(vault)
    assert (await Payout(Scripted(answer), vault).perform(row)).status is status
    assert (await Payout(Scripted(answer), vault).resolve(row)).status is status


async def test_without_an_account_nothing_is_ordered() -> None:
    vault, bank = MemoryVault(), Scripted()
    row = await a_row(vault)
    await vault.erase(row.payload["payee_ref"].partition("/")[0], by="test", reason="erased")
    result = await Payout(bank, vault).perform(row)
    assert result.status is EffectStatus.FAILED
    assert result.detail["reason"].startswith("payee-unknown")
    assert bank.orders == []


async def test_a_result_becomes_the_command_that_records_it() -> None:
    payout, row = Payout(SandboxBank(MemoryLedger()), MemoryVault()), await a_row(MemoryVault())
    paid = EffectResult(EffectStatus.SUCCEEDED, {"reference": "B-1", "value_date": "2026-01-05"})
    expected = RecordPayout(
        status=PayoutStatus.SUCCEEDED, payment_id="pay-1", bank_reference="B-1", value_date=DAY, reason=""
    )
    assert payout.report(row, paid) == Send("draw-1", expected)
    failed = payout.report(row, EffectResult(EffectStatus.FAILED, {"reason": "closed"}))
    assert failed == Send("draw-1", RecordPayout(status=PayoutStatus.FAILED, payment_id="pay-1", reason="closed"))
    unknown = payout.report(row, EffectResult(EffectStatus.UNKNOWN))
    assert unknown == Send("draw-1", RecordPayout(status=PayoutStatus.UNKNOWN, payment_id="pay-1"))
    assert payout.report(row, EffectResult(EffectStatus.RETRY)) is None


@pytest.mark.parametrize(("event", "payment"), [(DISBURSED, "pay-1"), (FAILED, "pay-1"), (ORDERED, None)])
def test_events_say_which_payment_is_done(event: Any, payment: str | None) -> None:
    assert Payout(SandboxBank(MemoryLedger()), MemoryVault()).recorded(event) == payment
