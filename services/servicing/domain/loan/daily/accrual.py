"""Accrual 计提: what is earned and not posted, non-accrual status 非应计 and its return, the statement at a month's end."""

from datetime import date

from schemas.agreement import AccrualTerms
from schemas.money import of_minor
from schemas.servicing.events import AccrualStatusChanged, InterestAccrued
from schemas.terms import Components
from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.loan.arrears import accruing, past_due
from services.servicing.domain.loan.daily.asset_class import legal_days
from services.servicing.domain.loan.daily.overdue_interest import COMPOUND
from services.servicing.domain.loan.daily.returning import MONTHS, PERIODS, proven
from services.servicing.domain.loan.daily.running_interest import Ahead, running_interest
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.state import (
    Loan,
    balance,
    due_date,
    months_of,
    schedule_of,
    terms_of,
    unpaid,
)


def accrued(loan: Loan, day: date) -> dict[str, int]:
    """What is computed and not posted on ``day``, by component, minor units: interest of the running period, penalty, compound."""
    amounts = {"interest": _running(loan, day), "penalty": 0, "compound": 0}
    rules = accruing(loan)
    for late in past_due(loan, day):
        for charge in rules.charges(late, day):
            amounts["compound" if charge.kind == COMPOUND else "penalty"] += charge.amount
    return amounts


def month_end_due(loan: Loan) -> date | None:
    """The next first of a month on which accrued interest is stated; ``None`` when nothing of the kind is agreed."""
    agreed = _agreed(loan)
    if agreed is None or not agreed.month_end:
        return None
    before = (loan.standing or NONE).accrued_until or loan.value_date
    return add_months(before.replace(day=1), 1)


def month_end(loan: Loan, loan_id: str, day: date) -> InterestAccrued | None:
    """The statement when a month is over; after missed days the latest one."""
    due = month_end_due(loan)
    if due is None or due > day:
        return None
    until = day.replace(day=1)
    return InterestAccrued(
        loan_id=loan_id,
        party_ref=loan.party_ref,
        until=until,
        accrued=_components(accrued(loan, until), terms_of(loan).currency),
        accruing=(loan.standing or NONE).non_accrual is None,
    )


def status_change(loan: Loan, loan_id: str, day: date) -> AccrualStatusChanged | None:
    """To non-accrual when the arrears are too old, back when the loan has proven itself; ``None`` when the status stands."""
    agreed = _agreed(loan)
    if agreed is None:
        return None
    days, stopped = legal_days(loan, day), (loan.standing or NONE).non_accrual is not None
    if not stopped and days > agreed.days:
        return _changed(loan, loan_id, day, days, _unearned(loan, day), f"more than {agreed.days} days past due")
    if stopped and proven(loan, day):
        reason = f"arrears paid, payments punctual for {PERIODS} periods and {MONTHS} months"
        return _changed(loan, loan_id, day, days, {}, reason)
    return None


def _agreed(loan: Loan) -> AccrualTerms | None:
    return terms_of(loan).agreement.accrual


def _running(loan: Loan, day: date) -> int:
    interest = schedule_of(loan).interest
    count = months_of(loan)
    first = next((number for number in range(1, count + 1) if due_date(loan, number) > day), count + 1)
    start = due_date(loan, first - 1) if first > 1 else loan.value_date
    ahead = (Ahead(balance(loan, number), interest[number - 1]) for number in range(first, count + 1))
    return running_interest(ahead, start, day, terms_of(loan))


def _unearned(loan: Loan, day: date) -> dict[str, int]:
    """Unpaid income, posted or not."""
    amounts = accrued(loan, day)
    for late in unpaid(loan):
        if late.due_date > day:
            break
        for name in amounts:
            amounts[name] += getattr(late, name)
    return amounts


def _changed(
    loan: Loan, loan_id: str, day: date, days: int, reversed_income: dict[str, int], reason: str
) -> AccrualStatusChanged:
    return AccrualStatusChanged(
        loan_id=loan_id,
        party_ref=loan.party_ref,
        accruing=(loan.standing or NONE).non_accrual is not None,
        effective=day,
        days_past_due=days,
        reversed=_components(reversed_income, terms_of(loan).currency),
        reason=reason,
    )


def _components(units: dict[str, int], currency: str) -> Components:
    zero = {"principal": 0, "interest": 0, "penalty": 0}
    present = {name: value for name, value in units.items() if value or name in zero}
    return Components(**{name: of_minor(value, currency) for name, value in (zero | present).items()})
