"""What borrowers pay on a day, sent as one bank file; what the bank takes back; what the finance officer writes off."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from loanstream.demo import staff
from loanstream.demo.behaviour import GRACE_DAYS, Act, Step, part_of, willing
from loanstream.demo.borrowers import Borrower, money
from loanstream.demo.client import Api, DemoError, for_each
from loanstream.demo.ledger import READER, Ledger, Loan, pages
from loanstream.demo.quiet import Quiet
from loanstream.demo.unpaid import Debts, Unpaid
from schemas import ids

OVERPAID = Decimal("20.00")
_LINES = 500
"""Receipts in one bank file."""

_HARMLESS = frozenset({"receipt-differs"})
"""Refusal of a line that was recorded before the demo was stopped, when less was owed afterwards: it is paid already."""

_LETTERS = {Act.PAY_PART: "P", Act.PAY_ARREARS: "A", Act.PAY_AGAIN: "B", Act.RECOVER: "W"}
_CHANNELS = ("bank-transfer", "direct-debit", "wallet")


@dataclass(frozen=True, slots=True)
class Repayments:
    """The running loans."""

    api: Api
    ledger: Ledger
    quiet: Quiet
    debts: Debts
    seed: int

    async def day(self, today: date) -> None:
        """Everything of a day: the bank takes back, borrowers pay; on a month's first day reminders and write-offs."""
        steps = [(self.ledger.loans[loan_id], step) for loan_id, step in self.ledger.steps.pop(today, ())]
        back = [_reference(loan, str(step.number)) for loan, step in steps if step.act is Act.TAKE_BACK]
        await for_each(back, lambda reference: staff.take_back(self.api, reference))
        lines = [line for loan, step in steps for line in await self._line(loan, step, today)]
        lines += [_strangers_line(borrower, today) for borrower in self.ledger.strangers.get(today, ())]
        await self._send(lines, today)
        if today.day == 1 and self.ledger.running():
            await self._month(today)

    async def _line(self, loan: Loan, step: Step, today: date) -> list[dict[str, Any]]:
        """The line of one act in the bank's file; none when nothing is to be paid."""
        if step.act is Act.TAKE_BACK:
            return []
        amount = await self._amount(loan, step, today)
        if amount <= 0:
            return []
        return [_line(loan, _reference(loan, _suffix(step)), amount, today)]

    async def _amount(self, loan: Loan, step: Step, today: date) -> Decimal:
        plan = loan.borrower.plan
        if step.act is Act.RECOVER:
            share = plan.chance.between(5, 20, "recovered percent")
            written_off = loan.status == "written-off"
            return (Decimal(loan.principal) * share / 100).quantize(Decimal("0.01")) if written_off else Decimal(0)
        if not loan.running:
            return Decimal(0)
        if step.act is Act.PAY:
            return _instalment(loan, step, await self.debts.soon(loan, today))
        now = await self.debts.exactly(loan)
        if step.act is Act.PAY_PART:
            return next((part_of(plan, row.scheduled) for row in now if row.number == step.number), Decimal(0))
        return sum((row.total for row in now if row.due_date <= today), Decimal(0))

    async def _send(self, lines: Sequence[dict[str, Any]], today: date) -> None:
        """Send the day's lines as bank files. The same lines make the same file: sent again, they change nothing."""
        for start in range(0, len(lines), _LINES):
            await self._send_file(lines[start : start + _LINES], today)

    async def _send_file(self, lines: Sequence[dict[str, Any]], today: date) -> None:
        digest = sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()[:12]
        reference = f"DEMO-{self.seed}-{today}-{digest}"
        body = {"file_reference": reference, "receipts": lines}
        while True:
            answer = await self.api.command(READER, "/api/servicing/receipt-files", reference, body)
            results: list[Mapping[str, Any]] = answer.body["results"]
            for result in results:
                if result["status"] in ("refused", "failed", "expired") and result.get("code") not in _HARMLESS:
                    raise DemoError(
                        f"Receipt {result['target']} was not recorded ({result['status']} {result.get('code', '')}):"
                        f" {result.get('message', '')} See `loanstream deadletters list`."
                    )
            if all(result["status"] != "pending" for result in results):
                return

    async def _month(self, today: date) -> None:
        """Reminded, willing borrowers pay what is left; loans more than 180 days past due are written off."""
        await self.quiet.ledger()
        await self.ledger.refresh_loans(self.api)
        lines = []
        for loan_id, rows in (await self.debts.due(today)).items():
            loan = self.ledger.loans[loan_id]
            late = any((today - row.due_date).days > GRACE_DAYS for row in rows)
            if late and willing(loan.borrower.plan, loan.value_date, today):
                owed = sum((row.total for row in rows), Decimal(0))
                lines.append(_line(loan, _reference(loan, f"R{today:%Y%m}"), owed, today))
                self.debts.forget(loan_id)
        await self._send(lines, today)
        await self.quiet.ledger()
        bad = [
            row["loan_id"]
            async for row in pages(self.api, "/api/servicing/loans", "loans", bucket="M7", status="overdue")
        ]
        await for_each([i for i in bad if i in self.ledger.loans], lambda loan_id: staff.write_off(self.api, loan_id))
        if bad or lines:
            await self.quiet.ledger()
            await self.ledger.refresh_loans(self.api)


def _instalment(loan: Loan, step: Step, rows: Sequence[Unpaid]) -> Decimal:
    """The instalment and what is left before it; more than that with the last one of those who overpay."""
    amount = sum((row.total for row in rows if row.number <= step.number), Decimal(0))
    plan = loan.borrower.plan
    return amount + OVERPAID if amount and plan.odd.overpays and step.number == plan.months else amount


def _reference(loan: Loan, suffix: str) -> str:
    return f"{loan.borrower.file}-{suffix}"


def _suffix(step: Step) -> str:
    """End of the bank's reference: the instalment, and a letter for what is not a plain payment of it."""
    return f"{step.number}{_LETTERS.get(step.act, '')}"


def _line(loan: Loan, reference: str, amount: Decimal, today: date) -> dict[str, Any]:
    channel = loan.borrower.chance.pick(_CHANNELS, "channel")
    return _receipt(reference, loan.loan_id, amount, channel, today)


def _strangers_line(borrower: Borrower, today: date) -> dict[str, Any]:
    amount = Decimal(borrower.chance.between(100, 900, "stranger's amount"))
    return _receipt(f"{borrower.file}-S", ids.derived("demo-stranger", borrower.file), amount, _CHANNELS[0], today)


def _receipt(reference: str, loan_id: str, amount: Decimal, channel: str, today: date) -> dict[str, Any]:
    return {
        "bank_reference": reference,
        "loan_id": loan_id,
        "amount": money(amount),
        "value_date": today.isoformat(),
        "channel": channel,
    }
