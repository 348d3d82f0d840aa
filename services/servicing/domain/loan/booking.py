"""Booking a disbursed loan: its terms are frozen and its first schedule is made."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import BookLoan
from schemas.servicing.events import LoanBooked
from schemas.terms import ScheduledInstalment
from services.servicing.domain.loan.allocation import unfit_order
from services.servicing.domain.loan.daily.signing import unlawful
from services.servicing.domain.loan.money import units
from services.servicing.domain.loan.state import Loan
from services.servicing.domain.rules import RULES, schedule

LAST_YEAR = 9_000
"""Value dates end here, so that every later date of a loan is one the calendar has."""


def book(loan: Loan | None, command: BookLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanBooked``, once; refused for terms that the arithmetic cannot take."""
    if loan is not None:
        return ()
    principal = units(command.amount)
    refusal = _unbookable(command, principal)
    if refusal is not None:
        return refusal
    assert principal is not None
    terms, currency = command.terms, command.amount.currency
    rows = schedule(RULES[terms.rules], terms.method, principal, terms.months, terms.annual_rate, command.value_date)
    refusal = unlawful(terms, command.value_date, rows)
    if refusal is not None:
        return refusal
    return [
        LoanBooked(
            loan_id=context.aggregate_id,
            application_id=command.application_id,
            contract_no=command.contract_no,
            party_ref=command.party_ref,
            terms=replace(terms, principal=command.amount),
            value_date=command.value_date,
            maturity=rows[-1].due_date,
            unit=command.unit,
            officer=command.officer,
            schedule=tuple(
                ScheduledInstalment(
                    number=row.number,
                    due_date=row.due_date,
                    principal=of_minor(row.principal, currency),
                    interest=of_minor(row.interest, currency),
                )
                for row in rows
            ),
        )
    ]


def _unbookable(command: BookLoan, principal: int | None) -> Refusal | None:
    terms = command.terms
    if terms.rules not in RULES:
        return Refusal(
            "rules-unknown",
            f"The terms ask for the arithmetic {terms.rules!r}; this release has {', '.join(RULES)}.",
            rule="terms.rules",
            limit=", ".join(RULES),
        )
    if principal is None or principal <= 0:
        return Refusal(
            "principal-not-bookable",
            f"The amount disbursed, {command.amount.amount} {command.amount.currency}, is no positive amount of it.",
            rule="amount > 0",
        )
    agreed = command.terms.agreement
    unfit = unfit_order(agreed.allocation) if agreed and agreed.allocation else None
    if unfit is not None:
        return Refusal(
            "allocation-not-bookable",
            f"agreement.allocation: {unfit}; correct the product.",
            rule="terms.agreement.allocation",
            limit="18 slots, or 12 without cost and compound, each once",
            source="signed contract: allocation order",
        )
    broken = next((rule for rule, holds in _TERMS_RULES.items() if not holds(command)), None)
    if broken is not None:
        return Refusal("terms-not-bookable", f"The terms break the rule {broken}; correct the product.", rule=broken)
    return None


_TERMS_RULES: dict[str, Callable[[BookLoan], bool]] = {
    "1 <= months <= 360": lambda command: 1 <= command.terms.months <= 360,
    "annual_rate >= 0": lambda command: command.terms.annual_rate >= 0,
    "penalty_multiplier >= 1": lambda command: command.terms.penalty_multiplier >= 1,
    "day_basis > 0": lambda command: command.terms.day_basis > 0,
    "grace_days >= 0": lambda command: command.terms.grace_days >= 0,
    f"value date up to the year {LAST_YEAR}": lambda command: command.value_date.year <= LAST_YEAR,
}
