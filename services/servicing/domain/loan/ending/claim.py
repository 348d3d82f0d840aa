"""The claim after a write-off 账销案存: what the debtor still owes, with the memo interest 表外利息 that goes on.

The balances stay as the write-off found them. What is owed on a day is those balances, less the recoveries, plus what ran since:
penalty on principal that is past due, and interest of the running rows. Both run on principal not recovered, day by day, so
that a recovery that is undone leaves the claim exactly as if it had never come.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from services.servicing.domain.loan.packing import Balance, Payment, payments
from services.servicing.domain.loan.state import Loan, due_date, schedule_of, terms_of, unpaid
from services.servicing.domain.loan.terms import Conditions


class Recovered(NamedTuple):
    """Principal of one instalment that a recovery paid, and from when."""

    number: int
    value_date: date
    principal: int


def claim_on(loan: Loan, day: date) -> list[Balance]:
    """What is owed on ``day``, row by row, all principal included, because nothing is left to wait for."""
    found = list(unpaid(loan))
    starts = {row.number: due_date(loan, row.number - 1) if row.number > 1 else loan.value_date for row in found}
    return claim_of(found, starts, _recoveries(loan), terms_of(loan), day)


def claim_of(
    found: Sequence[Balance], starts: Mapping[int, date], recoveries: Sequence[Payment], terms: Conditions, day: date
) -> list[Balance]:
    """The same from its parts: the balances of the write-off, from when each row's interest runs, and the recoveries."""
    paid = list(_principal(recoveries, found))
    claim = []
    for index, row in enumerate(found):
        whole = row._replace(
            interest=_interest(found[index:], paid, starts[row.number], day),
            penalty=row.penalty + _penalty(row, paid, terms, day),
        )
        claim.append(_less(whole, paid, _taken(recoveries, row.number)))
    return claim


def extinguished(loan: Loan) -> bool:
    """Whether nothing will ever be owed again: all principal is recovered, and what ran until then."""
    return all(row.total == 0 for row in claim_on(loan, _LAST_DAY))


_LAST_DAY = date(9999, 12, 31)


def _recoveries(loan: Loan) -> list[Payment]:
    found = (payment for _, payment in payments(loan.payments, schedule_of(loan)))
    return [payment for payment in found if any(part.number == 0 for part in payment.allocations)]


def _principal(recoveries: Iterable[Payment], rows: Iterable[Balance]) -> Iterable[Recovered]:
    """Principal recovered by row; one whose parts were not stated counts for the oldest rows."""
    open_rows = {row.number: row.principal for row in rows}
    for payment in recoveries:
        unstated = sum(part.principal for part in payment.allocations if part.number == 0)
        parts = {part.number: part.principal for part in payment.allocations if part.number}
        for number in open_rows:
            more = min(unstated, open_rows[number] - parts.get(number, 0))
            unstated -= more
            amount = parts.get(number, 0) + more
            open_rows[number] -= amount
            if amount:
                yield Recovered(number, payment.value_date, amount)


def _taken(recoveries: Iterable[Payment], number: int) -> dict[str, int]:
    parts = [part for payment in recoveries for part in payment.allocations if part.number == number]
    return {
        name: sum(getattr(part, name) for part in parts) for name in ("interest", "penalty", "compound", "fee", "cost")
    }


def _interest(later: Sequence[Balance], paid: Iterable[Recovered], start: date, day: date) -> int:
    """A row's interest up to ``day``, exclusive: by day, on the principal of it and of the rows after it not recovered."""
    row, base = later[0], sum(each.principal for each in later)
    until, days = min(day, row.due_date), (row.due_date - start).days
    numbers = {each.number for each in later}
    spared = sum(
        each.principal * max((until - max(each.value_date, start)).days, 0) for each in paid if each.number in numbers
    )
    if until == row.due_date and not spared:
        return row.interest
    borne, whole = base * max((until - start).days, 0) - spared, base * days
    return (2 * row.interest * borne + whole) // (2 * whole) if whole else 0


def _penalty(row: Balance, paid: Iterable[Recovered], terms: Conditions, day: date) -> int:
    """Penalty since it was posted last: on each part of the principal until it was recovered, each rounded half-up."""
    if day - row.due_date <= timedelta(days=terms.grace_days):
        return 0
    parts = [(each.principal, min(each.value_date, day)) for each in paid if each.number == row.number]
    parts.append((row.principal - sum(principal for principal, _ in parts), day))
    return sum(
        terms.rules.penalty(principal, terms.penalty_rate, terms.day_basis, (until - row.through).days)
        for principal, until in parts
        if principal and until > row.through
    )


def _less(row: Balance, paid: Iterable[Recovered], taken: dict[str, int]) -> Balance:
    """A recovery dated before an earlier one may leave less owed than was taken: then nothing is owed of it."""
    principal = sum(each.principal for each in paid if each.number == row.number)
    left = {name: max(0, getattr(row, name) - amount) for name, amount in taken.items()}
    return row._replace(principal=row.principal - principal, **left)
