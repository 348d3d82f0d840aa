"""An agreed settlement that lapses: the full claim stands again (rule 28)."""

from collections.abc import Sequence
from datetime import date, timedelta

from schemas.decision import Context
from schemas.money import minor, of_minor
from schemas.servicing.events import RestoredInstalment, SettlementLapsed
from services.servicing.domain.loan.money import component_units, components
from services.servicing.domain.loan.packing import Allocation
from services.servicing.domain.loan.state import Agreed, Loan, outstanding_principal, running_agreement, terms_of


def lapse_day(loan: Loan) -> date | None:
    """The day on which the agreement lapses if nothing more is paid."""
    agreed = running_agreement(loan)
    return agreed.by + timedelta(days=1) if agreed else None


def lapse(loan: Loan, context: Context) -> list[SettlementLapsed]:
    """``SettlementLapsed`` when the date has passed."""
    agreed, ends = running_agreement(loan), lapse_day(loan)
    if agreed is None or ends is None or context.business_date < ends:
        return []
    return [lapsed(loan, context, agreed, "unpaid", ())]


def lapsed(
    loan: Loan, context: Context, agreed: Agreed, cause: str, rows: Sequence[RestoredInstalment]
) -> SettlementLapsed:
    """The event; ``rows`` is what was waived and is owed again."""
    currency = terms_of(loan).currency
    again = sum(minor(row.principal) for row in rows)
    return SettlementLapsed(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        lapsed_on=context.business_date,
        cause=cause,
        amount=of_minor(agreed.amount, currency),
        by=agreed.by,
        paid=of_minor(agreed.paid, currency),
        revived=components([Allocation(row.number, **component_units(row)) for row in rows], currency),
        outstanding_principal=of_minor(outstanding_principal(loan) + again, currency),
        instalments=tuple(rows),
    )
