"""What borrowers owe: as the due list says for everybody who is not in arrears, and to the cent for those who are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from loanstream.demo.behaviour import GRACE_DAYS
from loanstream.demo.client import Api
from loanstream.demo.ledger import READER, Ledger, Loan, pages
from loanstream.demo.quiet import Quiet

_WINDOW = timedelta(14)
"""Days ahead for which the due list is read at once: what is not overdue does not change in between."""


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What is unpaid of an instalment."""

    number: int
    due_date: date
    scheduled: Decimal
    """Principal and interest."""
    total: Decimal
    """With penalty up to the day of asking."""


@dataclass(slots=True)
class Debts:
    """Asks the system what is unpaid, seldom where that is enough."""

    api: Api
    ledger: Ledger
    quiet: Quiet
    _listed: dict[str, list[Unpaid]] = field(default_factory=dict)
    """By loan, of the window."""
    _until: date = date.min

    async def soon(self, loan: Loan, today: date) -> list[Unpaid]:
        """Unpaid instalments of a loan that fall due within the window. They are asked for once, because they are paid then."""
        if today + timedelta(GRACE_DAYS) > self._until:
            self._until = today + _WINDOW
            self._listed = await self.due(self._until)
        rows = self._listed.pop(loan.loan_id, None)
        return await self.exactly(loan) if rows is None else rows

    async def exactly(self, loan: Loan) -> list[Unpaid]:
        """Unpaid instalments of a loan as of today, penalty that is not posted yet included."""
        await self.quiet.ledger()
        self.forget(loan.loan_id)
        answer = await self.api.get(READER, f"/api/servicing/loans/{loan.loan_id}/schedule")
        rows = (_unpaid(row, row["unpaid"]) for row in answer["instalments"])
        return [row for row in rows if row.total]

    async def due(self, until: date) -> dict[str, list[Unpaid]]:
        """What is unpaid and due until a day, by loan."""
        await self.quiet.ledger()
        found: dict[str, list[Unpaid]] = {}
        async for row in pages(self.api, "/api/servicing/due", "due", until=until.isoformat()):
            if row["loan_id"] in self.ledger.loans:
                found.setdefault(row["loan_id"], []).append(_unpaid(row, row))
        return found

    def forget(self, loan_id: str) -> None:
        """What the window says of a loan holds no longer: something is paid on it."""
        self._listed.pop(loan_id, None)


def _unpaid(row: Mapping[str, Any], components: Mapping[str, Any]) -> Unpaid:
    """An instalment of a list, with its unpaid components."""
    principal, interest, penalty, accrued = (
        Decimal(amount["amount"])
        for amount in (
            components["principal"],
            components["interest"],
            components["penalty"],
            row["penalty_not_posted"],
        )
    )
    return Unpaid(
        number=row["number"],
        due_date=date.fromisoformat(row["due_date"]),
        scheduled=principal + interest,
        total=principal + interest + penalty + accrued,
    )
