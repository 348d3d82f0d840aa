"""People's decisions on the class of a loan 分类认定: worse at once, better only when the arrears allow it (precise-rules 20)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import SetAssetClass
from schemas.terms import AssetClass
from services.servicing.domain.loan.arrears import legal_arrears
from services.servicing.domain.loan.daily.ageing import ages_from
from services.servicing.domain.loan.daily.asset_class import (
    TECHNICAL_DAYS,
    class_changed,
    class_floor,
    legal_days,
    table_of,
)
from services.servicing.domain.loan.daily.returning import MONTHS, PERIODS, proven, proven_on
from services.servicing.domain.loan.daily.running import not_running
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.daily.tables import DayTable, worse
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, terms_of

PERMISSION = "servicing:classify"


def set_class(loan: Loan | None, command: SetAssetClass, context: Context) -> Sequence[Any] | Refusal:
    """``AssetClassChanged`` by a person: worse at once, better when the arrears allow it; none when the class is that already."""
    refusal = missing(PERMISSION, context) or not_running(loan, context.aggregate_id, "it has no class any more")
    if refusal is not None:
        return refusal
    assert loan is not None
    table, standing, day = table_of(loan), loan.standing or NONE, context.business_date
    if table is None:
        return Refusal("class-not-kept", "No class is kept for this loan.", rule="agreement.classification")
    if command.asset_class is standing.asset_class:
        return ()
    late = legal_arrears(loan, day)
    excepted = None
    if command.technical:
        refusal = _not_technical(loan, command.asset_class, day, table)
        excepted = ages_from(late, terms_of(loan))
    elif worse(standing.asset_class, command.asset_class):
        refusal = _too_good(loan, command.asset_class, day, table)
    if refusal is not None:
        return refusal
    draft = Draft(loan, context)
    draft.post_penalty(day)
    draft.add(
        class_changed(
            draft.loan,
            context.aggregate_id,
            day,
            command.asset_class,
            "person",
            command.reason,
            table,
            context.actor.subject,
            excepted,
        )
    )
    return draft.events


def _not_technical(loan: Loan, wanted: AssetClass, day: date, table: DayTable) -> Refusal | None:
    days = legal_days(loan, day)
    by_days = not (loan.standing or NONE).by_person
    if wanted is AssetClass.NORMAL and 0 < days <= TECHNICAL_DAYS and by_days:
        return None
    return Refusal(
        "cause-not-technical",
        f"A technical cause excepts arrears of 1 to {TECHNICAL_DAYS} days, back to normal; these are {days} days.",
        rule="class.technical",
        limit=str(TECHNICAL_DAYS),
        source=table.source,
    )


def _too_good(loan: Loan, wanted: AssetClass, day: date, table: DayTable) -> Refusal | None:
    floor = class_floor(loan, day, table)
    if worse(floor, wanted):
        return Refusal(
            "class-below-floor",
            f"{legal_days(loan, day)} days past due allow no better class than {floor.value}.",
            rule="class.floor",
            limit=floor.value,
            source=table.source,
        )
    if proven(loan, day):
        return None
    on = proven_on(loan)
    when = f"from {on} on if payments stay punctual" if on else "after everything that fell due is paid"
    return Refusal(
        "class-too-early",
        f"A better class needs {PERIODS} punctual periods or {MONTHS} months, the longer: {when}.",
        rule="class.return",
        limit=str(on) if on else "",
        source=table.source,
    )
