"""Payment holiday 延期还本付息: instalments are skipped; interest runs or not, due at the end, spread or capitalised."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.changes import HolidayDue, HolidayInterest
from schemas.servicing.commands import GrantHoliday
from schemas.servicing.events import HolidayGranted
from services.servicing.domain.loan.changes.conditions import ended, in_arrears, unfit, without
from services.servicing.domain.loan.changes.rows import dates_after, revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import Running, half_up, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, due_date, months_of, terms_of

MOST_INSTALMENTS = 12
LIMIT_SOURCE = "house parameter of 2026-01-01: longer relief is a restructure (precise-rules 24, 26)"


def grant_holiday(loan: Loan | None, command: GrantHoliday, context: Context) -> Sequence[Any] | Refusal:
    """``HolidayGranted``: nothing falls due in it, so days past due stand still; a loan in arrears is restructured instead."""
    refusal = unfit(loan, context) or without({"supplement": command.supplement, "bureau_flag": command.bureau_flag})
    if refusal is not None:
        return refusal
    assert loan is not None
    now = running(loan, context.business_date)
    refusal = in_arrears(loan, now.day) or ended(loan, now.free_from) or _too_long(command, now)
    if refusal is not None:
        return refusal
    draft, terms = Draft(loan, context), terms_of(loan)
    dates = [row.unpaid.due_date for row in now.free[command.instalments :]]
    if command.extends_term:
        dates += dates_after(loan, due_date(loan, months_of(loan)), command.instalments)
    deferred, forgone = _interest(loan, now, command)
    draft.add(
        HolidayGranted(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            from_date=now.day,
            until=dates[0],
            instalments=command.instalments,
            interest=command.interest,
            interest_due=command.interest_due,
            extends_term=command.extends_term,
            deferred_interest=of_minor(deferred, terms.currency),
            forgone_interest=of_minor(forgone, terms.currency),
            bureau_flag=command.bureau_flag,
            supplement=command.supplement,
        )
    )
    capitalised = deferred if command.interest_due is HolidayDue.CAPITALISED else 0
    rows = spread(terms, now.free_principal + capitalised, dates)
    at_end = deferred if command.interest_due is HolidayDue.AT_END else 0
    rows[0] = replace(rows[0], interest=rows[0].interest + at_end)
    spread_out = deferred if command.interest_due is HolidayDue.SPREAD else 0
    rows = with_deferred(rows, now.deferred + spread_out)
    earned = min(now.earned, rows[0].interest) if at_end else 0
    revise(draft, "holiday", now.day, now.free_from, rows, earned, capitalised)
    return draft.events


def _interest(loan: Loan, now: Running, command: GrantHoliday) -> tuple[int, int]:
    """Of the periods skipped: asked for later, and never; what is earned by today is asked for in any case."""
    numerator, denominator = terms_of(loan).annual_rate.as_integer_ratio()
    month = half_up(now.free_principal * numerator, denominator * 12)
    whole = now.free[0].asked_interest + month * (command.instalments - 1)
    if command.interest is HolidayInterest.ACCRUES:
        return whole, 0
    earned = now.earned if now.free_from == now.first else 0
    return earned, whole - earned


def _too_long(command: GrantHoliday, now: Running) -> Refusal | None:
    most = MOST_INSTALMENTS if command.extends_term else min(MOST_INSTALMENTS, len(now.free) - 1)
    if 1 <= command.instalments <= most:
        return None
    return Refusal(
        "holiday-too-long",
        f"Between 1 and {most} instalments can be skipped.",
        rule="holiday.instalments",
        limit=str(most),
        source=LIMIT_SOURCE,
    )
