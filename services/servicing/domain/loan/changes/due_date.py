"""Due-date change 变更还款日: later instalments fall due on another day of the month."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import ChangeDueDate
from schemas.servicing.events import DueDateChanged
from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.loan.changes.conditions import ended, in_arrears, unfit, without
from services.servicing.domain.loan.changes.rows import revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import half_up, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, terms_of

MOST_DAYS = 31
"""Days by which the next instalment may come later: one period is never skipped."""
LIMIT_SOURCE = "house parameter of 2026-01-01; more is a payment holiday (precise-rules 26)"


def change_due_date(loan: Loan | None, command: ChangeDueDate, context: Context) -> Sequence[Any] | Refusal:
    """``DueDateChanged``: the first period's interest is longer or shorter by its days, the later ones are months."""
    refusal = unfit(loan, context) or without({"supplement": command.supplement})
    if refusal is not None:
        return refusal
    assert loan is not None
    now = running(loan, context.business_date)
    refusal = in_arrears(loan, now.day) or ended(loan, now.free_from)
    if refusal is not None:
        return refusal
    previous = now.free[0].unpaid.due_date
    stand = now.ahead[: now.free_from - now.first]
    earliest = stand[-1].unpaid.due_date if stand else now.day
    latest = previous + timedelta(days=MOST_DAYS)
    if not earliest < command.first <= latest or command.first == previous:
        return Refusal(
            "due-date-out-of-range",
            f"The next instalment can fall due after {earliest} up to {latest}, on another day than {previous}.",
            rule="due-date.first",
            limit=str(latest),
            source=LIMIT_SOURCE,
        )
    draft, terms = Draft(loan, context), terms_of(loan)
    draft.add(
        DueDateChanged(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            previous_first=previous,
            first=command.first,
            supplement=command.supplement,
        )
    )
    numerator, denominator = terms.annual_rate.as_integer_ratio()
    days = (command.first - previous).days
    moved = half_up(now.free_principal * numerator * abs(days), denominator * terms.day_basis)
    earned = 0 if stand else now.earned
    interest = max(earned, now.free[0].asked_interest + (moved if days > 0 else -moved))
    dates = [add_months(command.first, n) for n in range(len(now.free))]
    rows = spread(terms, now.free_principal, dates, interest)
    revise(draft, "due-date", now.day, now.free_from, with_deferred(rows, now.deferred), now.earned)
    return draft.events
