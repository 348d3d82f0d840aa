"""New rows for a loan: a schedule over given dates, and the event that puts it in place of the old one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from schemas.money import of_minor
from schemas.servicing.events import RevisedInstalment, ScheduleRevised
from schemas.terms import Components, RepaymentMethod
from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.cost.annuity import NeverAmortises, periods_to_repay
from services.servicing.domain.loan.changes.running import Ahead, Running, charges_of, half_up
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import amounts
from services.servicing.domain.loan.packing import Allocation
from services.servicing.domain.loan.state import (
    Loan,
    balance,
    changes_of,
    due_date,
    months_of,
    outstanding_principal,
    terms_of,
)
from services.servicing.domain.loan.terms import Conditions

_NEARLY_WHOLE = Decimal("1e-12")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A row of a new schedule, minor units: ``principal`` and ``interest`` are unpaid, ``settled`` ones were paid before."""

    due: date
    principal: int = 0
    interest: int = 0
    settled_principal: int = 0
    settled_interest: int = 0
    charges: dict[str, int] = field(default_factory=dict)
    """Other components that stay unpaid on it."""
    fee: int = 0
    """Fee that the change adds."""
    credited: int = 0
    """Of the settled interest, what pays principal from now on."""
    through: date | None = None


def spread(terms: Conditions, principal: int, dates: Sequence[date], first_interest: int | None = None) -> list[NewRow]:
    """``principal`` over these dates by the loan's method and rate; the first row's interest may be another than a month's."""
    parts = terms.rules.amounts(terms.method, principal, len(dates), terms.annual_rate)
    if first_interest is not None:
        parts[0] = (parts[0][0], first_interest)
    return [
        NewRow(due=due, principal=part, interest=interest) for due, (part, interest) in zip(dates, parts, strict=True)
    ]


def in_proportion(terms: Conditions, principal: int, shape: Sequence[Ahead], first_interest: int) -> list[NewRow]:
    """``principal`` over the dates of rows there were, each with its share: no row is later repaid than before."""
    opening, gone = sum(row.asked_principal for row in shape), 0
    numerator, denominator = terms.annual_rate.as_integer_ratio()
    rows, repaid = [], 0
    for index, row in enumerate(shape):
        interest = half_up((principal - repaid) * numerator, denominator * 12) if index else first_interest
        gone += row.asked_principal
        part = half_up(principal * gone, opening) - repaid
        rows.append(NewRow(due=row.unpaid.due_date, principal=part, interest=interest))
        repaid += part
    return rows


def keeping_level(
    terms: Conditions, principal: int, level: int, dates: Sequence[date], first_interest: int
) -> list[NewRow]:
    """``principal`` in rows of ``level``, n' = ceil(n) of them, the last one smaller; never more than there are dates.

    ``level`` is the whole instalment 等额本息 or its principal 等额本金.
    """
    monthly = terms.annual_rate / 12
    equal_instalment = terms.method is RepaymentMethod.EQUAL_INSTALMENT
    count = min(len(dates), _periods(principal, monthly if equal_instalment else Decimal(0), level))
    numerator, denominator = terms.annual_rate.as_integer_ratio()
    rows, left = [], principal
    for index, due in enumerate(dates[:count]):
        interest = half_up(left * numerator, denominator * 12)
        part = min(left, max(0, level - interest) if equal_instalment else level) if index < count - 1 else left
        rows.append(NewRow(due=due, principal=part, interest=interest if index else first_interest))
        left -= part
    return rows


def _periods(principal: int, rate: Decimal, level: int) -> int:
    try:
        exact = periods_to_repay(Decimal(principal), rate, Decimal(level))
    except NeverAmortises:
        return 1 << 16
    return max(1, int((exact - _NEARLY_WHOLE).to_integral_value(ROUND_CEILING)))


def with_deferred(rows: Sequence[NewRow], deferred: int) -> list[NewRow]:
    """These rows with interest of a payment holiday shared out evenly, the last ones a unit more."""
    shared, left = [], deferred
    for index, row in enumerate(rows):
        part = left // (len(rows) - index)
        shared.append(replace(row, interest=row.interest + part) if part else row)
        left -= part
    return shared


def closed(row: Ahead, on: date, credited: int = 0) -> NewRow:
    """A row paid ahead that ends with what was paid of it; its charges fall due."""
    return NewRow(
        due=on,
        settled_principal=row.settled_principal + credited,
        settled_interest=row.settled_interest - credited,
        charges=charges_of(row.unpaid),
        credited=credited,
    )


def closed_ahead(now: Running) -> list[NewRow]:
    """All rows that were paid ahead, the last first to give back what interest of it is not earned."""
    left = now.unused
    rows: list[NewRow] = []
    for row in reversed(now.ahead[: now.free_from - now.first]):
        credited = min(left, row.settled_interest)
        left -= credited
        rows.append(closed(row, now.day, credited))
    return rows[::-1]


def dates_after(loan: Loan, last: date, count: int) -> list[date]:
    """``count`` more monthly due dates after ``last``, on the loan's own day of the month."""
    rules = terms_of(loan).rules
    months = (last.year - loan.value_date.year) * 12 + last.month - loan.value_date.month
    if rules.due_date(loan.value_date, months) == last:
        return [rules.due_date(loan.value_date, months + n) for n in range(1, count + 1)]
    return [add_months(last, n) for n in range(1, count + 1)]


def standing(row: Ahead) -> NewRow:
    """A row that stays as it is."""
    return NewRow(
        due=row.unpaid.due_date,
        principal=row.unpaid.principal,
        interest=row.unpaid.interest,
        settled_principal=row.settled_principal,
        settled_interest=row.settled_interest,
        charges=charges_of(row.unpaid),
        through=row.unpaid.through,
    )


def revise(
    draft: Draft,
    cause: str,
    effective: date,
    from_number: int,
    rows: Sequence[NewRow],
    earned: int = 0,
    capitalised: int = 0,
) -> None:
    """Put ``rows`` in place of those from ``from_number`` on; from the effective day interest accrues by day."""
    replace_rows(draft, cause, effective, from_number, rows, earned, effective, capitalised)


def replace_rows(
    draft: Draft,
    cause: str,
    effective: date,
    from_number: int,
    rows: Sequence[NewRow],
    earned: int,
    accrues_from: date | None,
    capitalised: int,
) -> None:
    """Put ``rows`` in place of those from ``from_number`` on; ``accrues_from`` absent: from the due date before."""
    loan = draft.loan
    currency = terms_of(loan).currency
    replaced = sum(balance(loan, number).principal for number in range(from_number, months_of(loan) + 1))
    outstanding = outstanding_principal(loan) - replaced + sum(row.principal for row in rows)
    event = ScheduleRevised(
        loan_id=draft.context.aggregate_id,
        party_ref=loan.party_ref,
        cause=cause,
        effective=effective,
        from_number=from_number,
        previous_count=months_of(loan),
        rows=tuple(_row(number, row, currency) for number, row in enumerate(rows, start=from_number)),
        maturity=rows[-1].due if rows else due_date(loan, from_number - 1),
        outstanding_principal=of_minor(outstanding, currency),
        earned=of_minor(earned, currency) if earned else None,
        accrues_from=accrues_from,
        booked_months=changes_of(loan).booked_months or months_of(loan),
        capitalised=of_minor(capitalised, currency) if capitalised else None,
    )
    draft.add(event)


def _row(number: int, row: NewRow, currency: str) -> RevisedInstalment:
    charges = {"penalty": 0} | row.charges
    charges["fee"] = charges.get("fee", 0) + row.fee
    unpaid = Allocation(number, **(charges | {"principal": row.principal, "interest": row.interest}))
    return RevisedInstalment(
        number=number,
        due_date=row.due,
        principal=of_minor(row.settled_principal + row.principal, currency),
        interest=of_minor(row.settled_interest + row.interest, currency),
        unpaid=Components(**amounts(unpaid, currency)),
        fee=of_minor(row.fee, currency) if row.fee else None,
        credited=of_minor(row.credited, currency) if row.credited else None,
        penalty_through=row.through if row.through not in (None, row.due) else None,
    )
