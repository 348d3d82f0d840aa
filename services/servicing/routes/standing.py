"""How a loan stood: on any value date, as it was known at any time; and its statement."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from loanstream.runtime.http.events import EventPlace, read_places
from loanstream.runtime.kit import Principal, ServiceKit
from loanstream.runtime.messages import read_event
from schemas.fields import IsoDate
from services.servicing.domain.loan.as_of import AsOf, Known, Line, as_of
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Status, terms_of
from services.servicing.routes.queries import READ, business_date, money, visible_loan

ValueDate = Annotated[IsoDate | None, Query(description="how it stood at the end of this day; today when left out")]
KnownAt = Annotated[
    AwareDatetime | None,
    Query(
        description="as it was known at this time, with its zone; now when left out", examples=["2026-03-01T09:00:00Z"]
    ),
]
FirstDay = Annotated[IsoDate | None, Query(description="first day of the statement; the disbursement when left out")]

_RECORDED = (
    "SELECT partition, log_offset FROM event_index WHERE subject = $1 AND ($2::timestamptz IS NULL OR time <= $2)"
    " ORDER BY sequence"
)


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of past and present standings."""
    router = APIRouter()
    reader = Depends(kit.require(READ))

    @router.get("/loans/{loan_id}/standing")
    async def stood(
        request: Request,
        loan_id: str,
        value_date: ValueDate = None,
        known_at: KnownAt = None,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """State and schedule on a value date, as known at a time: what came later and counts from before is in it.

        With ``known_at`` only what was recorded by then counts.
        """
        found = await _standing(kit, request, principal, loan_id, value_date, known_at)
        return {"loan_id": loan_id, "known_at": known_at, **_view(found)}

    @router.get("/loans/{loan_id}/statement")
    async def statement(
        request: Request,
        loan_id: str,
        from_date: FirstDay = None,
        value_date: ValueDate = None,
        known_at: KnownAt = None,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Statement 对账单 up to a value date: what was charged, paid and waived, with the principal outstanding after each."""
        found = await _standing(kit, request, principal, loan_id, value_date, known_at)
        shown = [line for line in found.lines if from_date is None or line.day >= from_date]
        currency = terms_of(found.loan).currency
        return {
            "loan_id": loan_id,
            "known_at": known_at,
            "from_date": from_date,
            "value_date": found.day,
            "lines": [_line(line, currency) for line in shown],
            "outstanding_principal": money(found.outstanding, currency),
        }

    return router


async def _standing(
    kit: ServiceKit,
    request: Request,
    principal: Principal,
    loan_id: str,
    value_date: date | None,
    known_at: datetime | None,
) -> AsOf:
    await kit.at_least(request, loan_id)
    await visible_loan(kit, principal, loan_id)
    today = await business_date(kit)
    if value_date is not None and today is not None and value_date > today:
        raise kit.problem(400, "value-date-to-come", f"The open business day is {today}; ask for it or an earlier one.")
    rows = await kit.fetch(_RECORDED, loan_id, known_at)
    places = [EventPlace(row["partition"], row["log_offset"], "") for row in rows]
    read = [read_event(record) for record in await read_places(kit.log, kit.service, places)]
    known = [Known(event, meta.business_date) for event, meta in read if meta.business_date is not None]
    day = value_date or today
    found = as_of(known, loan_id, day) if day else None
    if found is None:
        at = f" as known at {known_at.isoformat()}" if known_at else ""
        raise kit.problem(404, "not-disbursed-yet", f"Loan {loan_id} was not disbursed on {day}{at}.")
    return found


def _view(found: AsOf) -> Mapping[str, Any]:
    loan, currency = found.loan, terms_of(found.loan).currency
    late = found.late
    not_posted = sum(found.not_posted(balance) for balance in late)
    owed = sum(balance.total for balance in found.balances) if loan.status is Status.ACTIVE else 0
    return {
        "value_date": found.day,
        "status": loan.status.value,
        "bucket": loan.bucket.value,
        "days_past_due": found.days_past_due,
        "principal": money(loan.principal, currency),
        "outstanding_principal": money(found.outstanding, currency),
        "past_due": {
            **{name: money(sum(getattr(balance, name) for balance in late), currency) for name in COMPONENT_NAMES},
            "penalty_not_posted": money(not_posted, currency),
        },
        "settlement_amount": money(owed + not_posted, currency),
        "instalments": [_row(found, balance, currency) for balance in found.balances],
    }


def _row(found: AsOf, balance: Balance, currency: str) -> dict[str, Any]:
    return {
        "number": balance.number,
        "due_date": balance.due_date,
        "unpaid": {name: money(getattr(balance, name), currency) for name in COMPONENT_NAMES},
        "penalty_not_posted": money(found.not_posted(balance), currency),
    }


def _line(line: Line, currency: str) -> dict[str, Any]:
    amounts = {name: money(getattr(line.amounts, name), currency) for name in COMPONENT_NAMES}
    return {
        "day": line.day,
        "kind": line.kind,
        "number": line.number,
        **amounts,
        "total": money(line.amounts.total, currency),
        "outstanding_principal": money(line.outstanding, currency),
    }
