"""The events of postings on instalments in arrears."""

from collections.abc import Iterable
from datetime import date

from schemas.money import of_minor
from schemas.servicing.events import Capped, PenaltyCharged
from services.servicing.domain.cost.caps import Cap
from services.servicing.domain.loan.arrears import accruing
from services.servicing.domain.loan.daily.overdue_interest import Charge
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, terms_of


def penalties(loan: Loan, loan_id: str, balances: Iterable[Balance], until: date) -> list[PenaltyCharged]:
    """Overdue and compound interest to post on these instalments up to ``until``, exclusive."""
    late = list(balances)
    if not late:
        return []
    rules = accruing(loan)
    return posted(loan, loan_id, (charge for balance in late for charge in rules.charges(balance, until)), rules.cap)


def posted(loan: Loan, loan_id: str, charges: Iterable[Charge], cap: Cap | None) -> list[PenaltyCharged]:
    """The events of these postings."""
    currency = terms_of(loan).currency
    return [
        PenaltyCharged(
            loan_id=loan_id,
            party_ref=loan.party_ref,
            number=charge.number,
            amount=of_minor(charge.amount, currency),
            base=of_minor(charge.base, currency),
            annual_rate=charge.annual_rate,
            from_date=charge.from_date,
            to_date=charge.to_date,
            days=charge.days,
            kind=charge.kind,
            capped=capped(charge.capped, cap, currency),
        )
        for charge in charges
    ]


def capped(units: int, cap: Cap | None, currency: str) -> Capped | None:
    """What the cap cut; ``None`` when it cut nothing."""
    if cap is None or units == 0:
        return None
    return Capped(amount=of_minor(units, currency), annual_rate=cap.rate, source=cap.rule.source)
