"""Business days: open one on every partition, and how far they are."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime import calendars
from loanstream.runtime.kit import BulkItem, Principal, ServiceKit
from schemas.fields import IsoDate
from schemas.platform import START_BUSINESS_DAY
from schemas.topics import Role, partition_key, topic
from services.servicing.routes.queries import READ, Limit, Record

START = "servicing:start-business-day"

_COLUMNS = ("business_date", "calendar", "started", "closed", "aggregates", "events", "held")

Days = Annotated[int | None, Query(ge=1, le=1000)]
"""How many days at most."""

LONGEST_JUMP = 400
"""Days that one request may open: missed days run one by one, so a mistyped year would keep the system busy for long."""


class NewBusinessDay(BaseModel):
    """The day to open."""

    model_config = ConfigDict(extra="forbid")

    business_date: Annotated[IsoDate, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
    calendar: Annotated[str, Field(min_length=1, max_length=64, description="version of the calendar")] = (
        calendars.EVERY_DAY
    )


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of business days."""
    router = APIRouter()
    starter = Depends(kit.require(START))

    @router.post("/business-days")
    async def start(request: Request, body: NewBusinessDay, principal: Principal = starter) -> Response:
        """Open a business day 开启营业日 on every partition; missed days run first, in order.

        Refused with ``day-open`` while a partition has not closed its day. The answer comes when the day is open; it is
        closed when ``GET /business-days`` says so.
        """
        partitions = await kit.log.partitions(topic(kit.service, Role.EVENTS))
        _check_calendar(kit, body)
        _check_order(kit, body, await _days(kit, 1), partitions)
        command = START_BUSINESS_DAY[kit.service](business_date=body.business_date, calendar=body.calendar)
        items = [
            BulkItem(f"{body.business_date}/{number}", partition_key(number), command) for number in range(partitions)
        ]
        return await kit.submit_many(request, principal, "start-business-day", items)

    @router.get("/business-days", dependencies=[Depends(kit.require(READ))])
    async def list_days(limit: Limit = 31, days: Days = None) -> dict[str, Any]:
        """Business days over all partitions: ``business_days`` latest first, ``days`` in order as in every service.

        ``limit``, or ``days`` as every service calls it, says how many at most.
        """
        partitions = await kit.log.partitions(topic(kit.service, Role.EVENTS))
        shown = [_view(row, partitions) for row in await _days(kit, days or limit)]
        return {"service": kit.service, "partitions": partitions, "business_days": shown, "days": shown[::-1]}

    return router


async def _days(kit: ServiceKit, limit: int) -> Sequence[Record]:
    return await kit.fetch(
        "SELECT business_date, min(calendar) AS calendar, count(started_at) AS started, count(*) FILTER (WHERE closed) AS closed,"
        " sum(aggregates)::bigint AS aggregates, sum(events)::bigint AS events, sum(held)::bigint AS held"
        " FROM business_days GROUP BY business_date ORDER BY business_date DESC LIMIT $1",
        limit,
    )


def _check_calendar(kit: ServiceKit, body: NewBusinessDay) -> None:
    try:
        known = calendars.is_business_day(body.calendar, body.business_date)
    except (calendars.UnknownCalendar, calendars.CalendarEnds) as error:
        raise _invalid(kit, "calendar", str(error)) from None
    if not known:
        raise _invalid(kit, "business_date", f"{body.business_date} is no business day of calendar {body.calendar}")


def _check_order(kit: ServiceKit, body: NewBusinessDay, latest: Sequence[Record], partitions: int) -> None:
    if not latest:
        return
    last = latest[0]["business_date"]
    if body.business_date > last and latest[0]["closed"] < partitions:
        detail = f"Business day {last} is still open; ask again when it is closed."
        raise kit.problem(409, "day-open", detail, business_date=str(last))
    if (body.business_date - last).days > LONGEST_JUMP:
        detail = f"{body.business_date} is more than {LONGEST_JUMP} days after {last}; open a day in between first."
        raise kit.problem(409, "day-too-far", detail, limit=LONGEST_JUMP)


def _view(row: Record, partitions: int) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _COLUMNS},
        "open": row["closed"] < partitions,
        "is_closed": row["closed"] == partitions,
    }


def _invalid(kit: ServiceKit, field: str, message: str) -> Exception:
    return kit.problem(
        400,
        "invalid-input",
        f"{field}: {message}. Nothing was written.",
        errors=[{"field": field, "message": message}],
    )
