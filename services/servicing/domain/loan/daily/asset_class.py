"""The five-category class 五级分类 of a loan by its legal days past due (precise-rules 20)."""

from datetime import date, timedelta

from schemas.servicing.events import AssetClassChanged
from schemas.terms import AssetClass
from services.servicing.domain.loan.arrears import days_past_due, legal_arrears
from services.servicing.domain.loan.daily.ageing import ages_from
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.daily.tables import TABLES, DayTable, worse
from services.servicing.domain.loan.state import Loan, terms_of

TECHNICAL_DAYS = 7
"""Days past due up to which a technical cause can be excepted by decision (measures of 2023)."""


def table_of(loan: Loan) -> DayTable | None:
    """The table of days of the contract; ``None`` when no class is kept."""
    name = terms_of(loan).agreement.classification
    return TABLES[name] if name else None


def legal_days(loan: Loan, day: date) -> int:
    """Legal days past due: a grace that is not in the contract does not count."""
    return days_past_due(legal_arrears(loan, day), terms_of(loan), day)


def class_floor(loan: Loan, day: date, table: DayTable) -> AssetClass:
    """The best class that the arrears allow on ``day``."""
    late = legal_arrears(loan, day)
    days, standing = days_past_due(late, terms_of(loan), day), loan.standing or NONE
    excepted = days <= TECHNICAL_DAYS and standing.excepted is not None
    if excepted and standing.excepted == ages_from(late, terms_of(loan)):
        return AssetClass.NORMAL
    return table.floor(days)


def next_class_day(loan: Loan, since: date) -> date | None:
    """The first day on which arrears that count from ``since`` make the class worse; ``None`` after the last one."""
    table, standing = table_of(loan), loan.standing or NONE
    start = table.next_start(standing.asset_class) if table else None
    if start is None:
        return None
    return since + timedelta(days=max(start, TECHNICAL_DAYS + 1) if standing.excepted == since else start)


def class_by_days(loan: Loan, loan_id: str, day: date) -> AssetClassChanged | None:
    """The change that days past due bring about on ``day``; ``None`` when the class stands."""
    table, standing = table_of(loan), loan.standing or NONE
    if table is None:
        return None
    floor = class_floor(loan, day, table)
    if worse(floor, standing.asset_class):
        return class_changed(loan, loan_id, day, floor, "floor", "days past due", table)
    back = table.returns_when_cured and not standing.by_person and worse(standing.asset_class, floor)
    if back and legal_days(loan, day) == 0:
        return class_changed(loan, loan_id, day, floor, "cured", "nothing is past due", table)
    return None


def class_changed(
    loan: Loan,
    loan_id: str,
    day: date,
    asset_class: AssetClass,
    by: str,
    reason: str,
    table: DayTable,
    authority: str = "system",
    excepted: date | None = None,
) -> AssetClassChanged:
    """The event of a change on ``day``."""
    return AssetClassChanged(
        loan_id=loan_id,
        party_ref=loan.party_ref,
        effective=day,
        previous=(loan.standing or NONE).asset_class,
        asset_class=asset_class,
        days_past_due=legal_days(loan, day),
        by=by,
        reason=reason,
        source=table.source,
        authority=authority,
        excepted_since=excepted,
    )
