"""What the driver knows of its borrowers' applications and loans: read from the system's lists, kept nowhere else.

A demo that was killed therefore goes on from the system's own state: applications are recognised by the file number that
stands in their source of repayment.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from loanstream.demo.behaviour import Step, agenda
from loanstream.demo.borrowers import Borrower
from loanstream.demo.client import Api
from loanstream.demo.options import START

A_DAY = 100
"""Applications that are handed in on one day."""

_STRANGER_DAYS = timedelta(40)
"""From an application to its borrower's payment for a loan that does not exist."""

READER = "operations-officer"
"""In whose name lists are read."""

_FILE = re.compile(r"file (DEMO-\d+-\d{4})$")
_PAGE = 1000
_ENDED = frozenset({"refused", "closed"})
_RUNNING = frozenset({"active", "overdue"})


@dataclass(frozen=True, slots=True)
class Application:
    """One application as the system lists it."""

    borrower: Borrower
    application_id: str
    loan_id: str
    state: str
    opened_on: date

    @property
    def supplemented_on(self) -> date:
        """When the borrower hands in what was left out."""
        return self.opened_on + timedelta(self.borrower.plan.odd.supplement_after)


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan as the system lists it; amounts as text in major units."""

    borrower: Borrower
    loan_id: str
    status: str
    value_date: date
    principal: str
    outstanding: str

    @property
    def running(self) -> bool:
        """Whether something may still be paid on it."""
        return self.status in _RUNNING


class Ledger:
    """Applications and loans of the demo's borrowers, and the calendar of what the borrowers will do."""

    def __init__(self, borrowers: Iterable[Borrower]) -> None:
        self.borrowers = {borrower.file: borrower for borrower in borrowers}
        self.applications: dict[str, Application] = {}
        """By application id."""
        self.loans: dict[str, Loan] = {}
        """By loan id."""
        self.steps: dict[date, list[tuple[str, Step]]] = defaultdict(list)
        """What borrowers will do: loan id and act, by day."""
        self.strangers: dict[date, list[Borrower]] = defaultdict(list)
        """Who pays for a loan that does not exist, by day."""
        for borrower in self.borrowers.values():
            if borrower.plan.odd.pays_stranger:
                self.strangers[applies_on(borrower) + _STRANGER_DAYS].append(borrower)
        self._known_files: set[str] = set()

    async def refresh(self, api: Api) -> None:
        """Read the lists of applications and loans."""
        async for row in pages(api, "/api/origination/applications", "applications"):
            self._application(row)
        await self.refresh_loans(api)

    async def refresh_loans(self, api: Api) -> None:
        """Read the list of loans; one seen for the first time enters its borrower's acts into the calendar."""
        borrowers = {application.loan_id: application.borrower for application in self.applications.values()}
        async for row in pages(api, "/api/servicing/loans", "loans"):
            if row["loan_id"] in borrowers:
                self._loan(row, borrowers[row["loan_id"]])

    def to_apply(self, today: date) -> list[Borrower]:
        """Borrowers who should have applied by ``today`` and of whom the system has no application."""
        return [b for file, b in self.borrowers.items() if file not in self._known_files and applies_on(b) <= today]

    def in_intake(self) -> list[Application]:
        """Applications that have neither ended nor become a loan."""
        return [
            application
            for application in self.applications.values()
            if application.state not in _ENDED and application.loan_id not in self.loans
        ]

    def running(self) -> list[Loan]:
        """Loans on which something may still be paid."""
        return [loan for loan in self.loans.values() if loan.running]

    def next_day(self, today: date) -> date | None:
        """The next day on which somebody does something; ``None`` when nobody ever will."""
        days = self.days_after(today)
        days += [applies_on(b) for file, b in self.borrowers.items() if file not in self._known_files]
        days += [max(a.supplemented_on, today + timedelta(1)) for a in self.in_intake()]
        if self.running():
            days.append(next_statement(today))
        return min((day for day in days if day > today), default=None)

    def days_after(self, today: date) -> list[date]:
        """Days after ``today`` on which borrowers pay."""
        return [day for day in (*self.steps, *self.strangers) if day > today]

    def _application(self, row: Mapping[str, Any]) -> None:
        found = _FILE.search(row["repayment_source"] or "")
        borrower = self.borrowers.get(found[1]) if found else None
        if borrower is None:
            return
        self._known_files.add(borrower.file)
        self.applications[row["application_id"]] = Application(
            borrower=borrower,
            application_id=row["application_id"],
            loan_id=row["loan_id"],
            state=row["state"],
            opened_on=date.fromisoformat(row["opened_on"]),
        )

    def _loan(self, row: Mapping[str, Any], borrower: Borrower) -> None:
        loan = Loan(
            borrower=borrower,
            loan_id=row["loan_id"],
            status=row["status"],
            value_date=date.fromisoformat(row["value_date"]),
            principal=row["principal"]["amount"],
            outstanding=row["outstanding_principal"]["amount"],
        )
        if loan.loan_id not in self.loans:
            for step in agenda(borrower.plan, loan.value_date):
                self.steps[step.day].append((loan.loan_id, step))
        self.loans[loan.loan_id] = loan


def applies_on(borrower: Borrower) -> date:
    """The day on which a borrower applies: so many of them a day, in the order of the data."""
    return START + timedelta(borrower.declared.row // A_DAY)


def next_statement(today: date) -> date:
    """The next first of a month: penalties are posted, reminders go out, and the finance officer writes off."""
    return (today.replace(day=28) + timedelta(4)).replace(day=1)


async def pages(api: Api, path: str, member: str, **filters: str) -> AsyncIterator[Mapping[str, Any]]:
    """Every row of a paged list."""
    after: dict[str, str] = {}
    while True:
        page = await api.get(READER, path, limit=_PAGE, **filters, **after)
        for row in page[member]:
            yield row
        if page["next"] is None:
            return
        after = {"after": page["next"]}
