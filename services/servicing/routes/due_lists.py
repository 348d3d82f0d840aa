"""Due lists 到期台账: a month's instalments and maturing loans by unit and officer, collected and outstanding; JSON and CSV."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from loanstream.runtime.kit import Principal, ServiceKit
from schemas.terms import Language
from services.servicing.due_list_file import BOM, heading, line
from services.servicing.routes.queries import READ, Filter, Limit, Record, check_cursor, money, staff_only

Month = Annotated[str, Query(pattern=r"^(20|21)\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM", examples=["2026-12"])]
"""A calendar month."""

After = Annotated[str, Query(max_length=200, description="`next` of an earlier answer: due date/loan id/number")]
"""After which row a page begins."""

_FIGURES = ("due", "collected", "waived", "outstanding")
_PLAIN = ("loan_id", "contract_no", "party_ref", "unit", "officer", "number", "due_date", "maturing", "paid_on")
_BATCH = 1_000

_FROM = """
FROM instalments i JOIN loans l USING (loan_id)
WHERE i.due_date >= $1 AND i.due_date < $2 AND l.status IN ('active', 'overdue', 'settled')
  AND ($3::text IS NULL OR l.unit = $3) AND ($4::text IS NULL OR l.officer = $4)
"""
"""Instalments of loans on the books; those of a loan that was written off or sold are expected from nobody here."""

_COLLECTED = " + ".join(f"i.paid_{name}" for name in ("principal", "interest", "penalty", "compound", "fee", "cost"))
_WAIVED = " + ".join(f"i.waived_{name}" for name in ("principal", "interest", "penalty", "compound", "fee", "cost"))
_SELECTED = f"""
SELECT i.loan_id, i.number, i.due_date, i.paid_on, l.contract_no, l.party_ref, l.unit, l.officer, l.currency,
    i.due_date = l.maturity AS maturing,
    i.principal + i.interest + i.penalty + i.compound + i.fee + i.cost AS due,
    {_COLLECTED} AS collected, {_WAIVED} AS waived, i.unpaid AS outstanding
"""
_ROWS = (
    f"{_SELECTED}{_FROM}"
    " AND (i.due_date, i.loan_id, i.number) > ($5, $6, $7) ORDER BY i.due_date, i.loan_id, i.number LIMIT $8"
)
_TOTALS = (
    "SELECT currency, count(*) AS instalments, count(*) FILTER (WHERE maturing) AS maturing,"
    + ", ".join(f" sum({name})::bigint AS {name}" for name in _FIGURES)
    + f" FROM ({_SELECTED}{_FROM}) rows GROUP BY currency ORDER BY currency"
)
_SEEN = "SELECT 1 FROM instalments WHERE due_date = $1 AND loan_id = $2 AND number = $3"

Place = tuple[date, str, int]
"""Where a page begins: due date, loan and number of the row before it."""


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of due lists."""
    router = APIRouter()
    reader = Depends(kit.require(READ))

    @router.get("/due-lists")
    async def due_list(
        month: Month,
        unit: Filter = None,
        officer: Filter = None,
        after: After = "",
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Instalments that fall due in a month, by due date, with totals over the whole month by currency.

        ``maturing`` rows are a loan's last. Of each row: what it asks for in all, collected, waived, outstanding; penalty
        counts as far as it is posted. Loans that were written off or sold are not on it.
        """
        staff_only(kit, principal)
        first, end = _bounds(month)
        place = await _place(kit, after, first)
        rows = await kit.fetch(_ROWS, first, end, unit, officer, *place, limit + 1)
        shown = rows[:limit]
        return {
            "month": month,
            "totals": [_total(row) for row in await kit.fetch(_TOTALS, first, end, unit, officer)],
            "rows": [_view(row) for row in shown],
            "next": _cursor(shown[-1]) if len(rows) > limit else None,
        }

    @router.get("/due-lists.csv", response_class=StreamingResponse)
    async def due_list_csv(
        month: Month,
        unit: Filter = None,
        officer: Filter = None,
        lang: Language = Language.ZH,
        bom: bool = True,
        principal: Principal = reader,
    ) -> StreamingResponse:
        """The whole month's due list as CSV in UTF-8, headed in Chinese or English.

        ``bom=true`` begins the file with a byte order mark, by which spreadsheets know the encoding.
        """
        staff_only(kit, principal)
        headers = {"Content-Disposition": f'attachment; filename="due-list-{month}.csv"'}
        lines = _lines(kit, month, unit, officer, lang, bom)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    return router


async def _lines(
    kit: ServiceKit, month: str, unit: str | None, officer: str | None, lang: Language, bom: bool
) -> AsyncIterator[str]:
    """Page by page, so that a large month never stands in memory as a whole."""
    first, end = _bounds(month)
    place: Place | None = (first, "", 0)
    yield (BOM if bom else "") + heading(lang)
    while place is not None:
        rows = await kit.fetch(_ROWS, first, end, unit, officer, *place, _BATCH)
        yield "".join(line(row) for row in rows)
        place = (rows[-1]["due_date"], rows[-1]["loan_id"], rows[-1]["number"]) if len(rows) == _BATCH else None


def _bounds(month: str) -> tuple[date, date]:
    """The first day of a month and that of the next."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


async def _place(kit: ServiceKit, after: str, first: date) -> Place:
    day, _, rest = after.partition("/")
    loan_id, _, number = rest.rpartition("/")
    place = (first, loan_id, 0)
    if after:
        place = (_date(day), loan_id, int(number) if number.isdecimal() and len(number) < 9 else 0)
    await check_cursor(kit, _SEEN, after, *place)
    return place


def _date(text: str) -> date:
    """A date that is none is before every row, where no cursor is."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date(1, 1, 1)


def _cursor(row: Record) -> str:
    return f"{row['due_date']}/{row['loan_id']}/{row['number']}"


def _view(row: Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _PLAIN},
        **{name: money(row[name], row["currency"]) for name in _FIGURES},
    }


def _total(row: Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("currency", "instalments", "maturing")},
        **{name: money(row[name], row["currency"]) for name in _FIGURES},
    }
