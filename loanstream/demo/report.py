"""What came of it: loans and money by state, events by type, the books, and how fast it was."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, repeat
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from loanstream.demo.books import Books
from loanstream.demo.client import Api
from loanstream.demo.ledger import READER, Ledger
from schemas.topics import CONTEXTS

STATES = {
    "active": "正常",
    "overdue": "逾期",
    "settled": "结清",
    "written-off": "核销",
    "refused": "拒绝",
    "withdrawn": "撤回",
    "in-process": "办理中",
}
"""States of a loan on the books, then of applicants without one, each with the Chinese term."""

_APPLICANT_STATES = {"refused": "refused", "closed": "withdrawn"}
"""State of an applicant without a loan by the state of the application; any other is ``in-process``."""

_TERMS = {
    "disbursed": "放款",
    "repaid": "已还本金",
    "outstanding": "余额",
    "written_off": "核销",
    "forgiven": "减免",
    "sold": "转让",
}
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Standing:
    """Applicants in one state, and the money of their loans."""

    count: int = 0
    principal: Decimal = _ZERO
    outstanding: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The summary of a run."""

    standings: Mapping[str, Standing]
    """By the states of :data:`STATES`."""
    events: Mapping[str, int]
    """By type without prefix and version, over all services."""
    books: Books
    events_per_second: float
    """Events of this call ÷ its time."""
    days: int
    """Business days since the first."""
    last_day: date
    finished: bool
    """Whether every loan is closed; else the day of ``--until`` came before."""
    until: date | None = None
    """The day of ``--until``."""

    def as_json(self) -> dict[str, Any]:
        """The object of ``--json``."""
        return {
            "loans": {state: standing.count for state, standing in self.standings.items()},
            "events": dict(self.events),
            "books": self.books.as_json(),
            "events_per_second": self.events_per_second,
            "days": self.days,
        }

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(self._loans(), self._events(), self._books(), sep="\n")
        console.print(
            "Loans are those of this call's applicants; events and books are of the whole system.", style="dim"
        )
        console.print(
            f"{self.days} business days 营业日 to {self.last_day}, {self._end()}. "
            f"{sum(self.events.values()):,} events 事件, {self.events_per_second:,.0f} a second in this call."
        )

    def _end(self) -> str:
        if self.until is not None and self.until < self.last_day:
            return f"which is later than --until {self.until} already: nothing was done; call again with a later one"
        return "every loan is closed" if self.finished else "stopped at --until; call again with a later one to go on"

    def _loans(self) -> Table:
        table = _table("Loans 贷款", "State 状态", "Applicants 人数", "Principal 本金 CNY", "Outstanding 余额 CNY")
        for state, standing in self.standings.items():
            lent = f"{standing.principal:,.2f}" if standing.principal else ""
            left = f"{standing.outstanding:,.2f}" if standing.principal else ""
            table.add_row(f"{state} {STATES[state]}", f"{standing.count:,}", lent, left)
        return table

    def _events(self) -> Table:
        table = _table("Events 事件", "Type 类型", "Count 数量")
        for name, count in self.events.items():
            table.add_row(name, f"{count:,}")
        return table

    def _books(self) -> Table:
        closed = "balanced 平" if self.books.balanced else "NOT BALANCED 不平"
        table = _table(f"Books 账务: {closed}", "Term 科目", "CNY")
        table.add_row(f"disbursed {_TERMS['disbursed']}", f"{self.books.disbursed:,.2f}")
        for sign, (name, amount) in zip(chain("=", repeat("+")), self.books.uses.items(), strict=False):
            table.add_row(f"{sign} {name.replace('_', ' ')} {_TERMS[name]}", f"{amount:,.2f}")
        table.add_row(
            "all custody accounts together (with the bank's mirror) 存管账户合计", f"{self.books.custody:,.2f}"
        )
        table.add_row("in transit 在途", f"{self.books.in_transit:,.2f}")
        return table


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Events of all services."""

    by_name: Mapping[str, int]
    days: int
    """Business days that servicing started."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_name.values())


async def count_events(api: Api) -> EventCounts:
    """Events by type without prefix, over all services: the business days of each count under one name."""
    counts: Counter[str] = Counter()
    days = 0
    for context in CONTEXTS:
        answer = await api.get(READER, f"/api/{context}/events/counts")
        for row in answer["counts"]:
            counts[row["name"]] += row["count"]
            if context == "servicing" and row["name"] == "BusinessDayStarted":
                days = row["count"] // answer["partitions"]
    return EventCounts(dict(sorted(counts.items())), days)


def standings(ledger: Ledger) -> dict[str, Standing]:
    """Applicants and their money by state; every state is there, so that two reports compare line by line."""
    found = dict.fromkeys(STATES, Standing())
    for application in ledger.applications.values():
        loan = ledger.loans.get(application.loan_id)
        state = loan.status if loan else _APPLICANT_STATES.get(application.state, "in-process")
        before = found[state]
        found[state] = Standing(
            before.count + 1,
            before.principal + (Decimal(loan.principal) if loan else _ZERO),
            before.outstanding + (Decimal(loan.outstanding) if loan else _ZERO),
        )
    return found


def _table(title: str, first: str, *others: str) -> Table:
    """A table that needs no colour."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table
