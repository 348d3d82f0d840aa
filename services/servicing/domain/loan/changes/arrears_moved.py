"""Arrears that go into later rows: what of each row that is due stays as paid, and what moves."""

from datetime import date
from typing import NamedTuple

from services.servicing.domain.loan.changes.rows import NewRow, standing
from services.servicing.domain.loan.changes.running import Ahead, Running
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, balance, schedule_of, unpaid


class Moved(NamedTuple):
    """What moves, minor units, and the rows that stay behind."""

    from_number: int
    rows: list[NewRow]
    """The rows from there to the first free one: due ones with what was paid of them, paid ahead ones as they stand."""
    parts: tuple[Balance, ...]

    @property
    def principal(self) -> int:
        """Of rows that are due."""
        return sum(part.principal for part in self.parts)

    @property
    def interest(self) -> int:
        """Of rows that are due."""
        return sum(part.interest for part in self.parts)


def moved(loan: Loan, now: Running) -> Moved:
    """Unpaid principal and interest of every row that is due, out of its row."""
    parts = tuple(row for row in unpaid(loan) if row.number < now.first)
    begin = parts[0].number if parts else now.free_from
    return Moved(begin, [_left(loan, n, now.first) for n in range(begin, now.free_from)], parts)


def oldest_breach(parts: tuple[Balance, ...], known: date | None) -> date | None:
    """The oldest due date that was missed, of arrears that were moved before or now."""
    dates = [part.due_date for part in parts]
    return min([known, *dates] if known else dates, default=None)


def _left(loan: Loan, number: int, first: int) -> NewRow:
    schedule, row = schedule_of(loan), balance(loan, number)
    as_is = Ahead(schedule.principal[number - 1], schedule.interest[number - 1], row)
    if number >= first:
        return standing(as_is)
    return NewRow(
        due=row.due_date,
        settled_principal=as_is.settled_principal,
        settled_interest=as_is.settled_interest,
        through=row.through,
    )
