"""Booking a disbursed loan: its terms are frozen and its first schedule is made."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import BookLoan
from schemas.servicing.events import LoanBooked
from schemas.terms import ScheduledInstalment
from services.servicing.domain.loan.money import units
from services.servicing.domain.loan.state import Loan
from services.servicing.domain.rules import RULES, schedule


def book(loan: Loan | None, command: BookLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanBooked``, once; refused for terms that no version of the arithmetic can take."""
    if loan is not None:
        return ()
    terms = command.terms
    rules = RULES.get(terms.rules)
    if rules is None:
        return Refusal(
            "rules-unknown",
            f"Terms ask for the arithmetic {terms.rules!r}; this release has {', '.join(RULES)}.",
            rule="terms.rules",
            limit=", ".join(RULES),
        )
    principal = units(command.amount)
    if principal is None or principal <= 0:
        return Refusal(
            "principal-not-bookable",
            f"The amount disbursed, {command.amount.amount} {command.amount.currency}, is no positive amount of the currency.",
            rule="amount > 0",
        )
    rows = schedule(rules, terms.method, principal, terms.months, terms.annual_rate, command.value_date)
    currency = command.amount.currency
    return [
        LoanBooked(
            loan_id=context.aggregate_id,
            application_id=command.application_id,
            contract_no=command.contract_no,
            party_ref=command.party_ref,
            terms=replace(terms, principal=command.amount),
            value_date=command.value_date,
            maturity=rows[-1].due_date,
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
