"""From application to money on the account: what borrowers and staff do on a day, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from loanstream.demo import staff
from loanstream.demo.borrowers import LATE_DOCUMENT, Borrower, application, document
from loanstream.demo.client import Api, DemoError, for_each
from loanstream.demo.ledger import Application, Ledger, pages
from loanstream.demo.quiet import Quiet
from loanstream.demo.staff import Product

_APPLICATIONS = "/api/origination/applications"


@dataclass(frozen=True, slots=True)
class Intake:
    """Applications on their way."""

    api: Api
    ledger: Ledger
    quiet: Quiet
    product: Product

    async def day(self, today: date) -> None:
        """Everything of a day, until each application has ended, is a loan, or waits for a document."""
        applicants = self.ledger.to_apply(today)
        if not applicants and not self.ledger.in_intake():
            return
        await self.quiet.everywhere()
        await for_each(applicants, self._apply)
        await self._settle()
        late = [a for a in self.ledger.in_intake() if a.state == "returned" and a.supplemented_on <= today]
        if late:
            await for_each(late, self._supplement)
            await self._settle()
        await self._review()
        await self._contracts()
        await self._drawdowns()
        await self._settle()
        self._check(today)

    async def _settle(self) -> None:
        await self.quiet.everywhere()
        await self.ledger.refresh(self.api)

    async def _apply(self, borrower: Borrower) -> None:
        """Somebody else's borrower may bear the same number and have an application open: then there is none here."""
        body = application(borrower, self.product.product_id, self.product.annual_rate)
        await self.api.command(
            "borrower", _APPLICATIONS, f"{borrower.file}/apply", body, expected=("duplicate-application",)
        )

    async def _supplement(self, waiting: Application) -> None:
        body = {"documents": [document(waiting.borrower, LATE_DOCUMENT)]}
        path = f"{_APPLICATIONS}/{waiting.application_id}/supplements"
        await self.api.command("borrower", path, f"{waiting.borrower.file}/supplement", body)

    async def _review(self) -> None:
        async def decide(row: Mapping[str, Any]) -> None:
            await staff.decide(self.api, self._file(row), row, self.product.minimum)

        await for_each(await self._ours(_APPLICATIONS, "applications", "review"), decide)
        await self.quiet.everywhere()

    async def _contracts(self) -> None:
        await for_each(await self._ours("/api/origination/contracts", "contracts", "drafted"), self._answer)
        await self.quiet.everywhere()

    async def _answer(self, contract: Mapping[str, Any]) -> None:
        """Sign the contract, or withdraw."""
        borrower = self.ledger.applications[contract["application_id"]].borrower
        if borrower.plan.odd.withdraws:
            path = f"{_APPLICATIONS}/{contract['application_id']}/withdrawal"
            await self.api.command("borrower", path, f"{borrower.file}/withdraw", {})
        else:
            await staff.sign(self.api, borrower.file, contract)

    async def _drawdowns(self) -> None:
        async def release(row: Mapping[str, Any]) -> None:
            await staff.release(self.api, self._file(row), row)

        for state in ("released", "requested"):
            await for_each(await self._ours("/api/origination/drawdowns", "drawdowns", state), release)

    async def _ours(self, path: str, member: str, state: str) -> list[Mapping[str, Any]]:
        """Rows in a state that belong to the demo's applications."""
        rows = pages(self.api, path, member, state=state)
        return [row async for row in rows if row["application_id"] in self.ledger.applications]

    def _file(self, row: Mapping[str, Any]) -> str:
        return self.ledger.applications[row["application_id"]].borrower.file

    def _check(self, today: date) -> None:
        """Raises :class:`DemoError` for an application that stopped on its way: the day would end without it."""
        for stopped in self.ledger.in_intake():
            if stopped.state != "returned" or stopped.supplemented_on <= today:
                raise DemoError(
                    f"Application {stopped.application_id} ({stopped.borrower.file}) stopped in state {stopped.state} on"
                    f" {today}. See `loanstream events tail --loan {stopped.loan_id}` and `loanstream deadletters list` for"
                    " the cause; once it is mended, call the demo again with the same seed."
                )
