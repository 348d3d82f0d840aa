"""The due list: a month's instalments by unit and officer, what is collected of them and what is not."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit

PAGE = 100
_MONTH = re.compile(r"^(20|21)\d\d-(0[1-9]|1[0-2])$")

Text = Annotated[str, Query(max_length=200)]


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The page."""
    here = Depends(visitor)

    @routes.get("/due-list")
    async def due_list(
        visit: Visit = here, month: Text = "", unit: Text = "", officer: Text = "", after: Text = ""
    ) -> Response:
        """A month's due list; the month of the latest business day when none is chosen."""
        chosen = {
            "month": month.strip() or await _latest_month(visit),
            "unit": unit.strip(),
            "officer": officer.strip(),
        }
        if not _MONTH.match(chosen["month"]):
            return visit.page("due_list.html", chosen=chosen, found=None, address="", after="")
        found = await visit.api.get("/api/servicing/due-lists", **chosen, after=after, limit=PAGE)
        address = urlencode({name: value for name, value in chosen.items() if value})
        return visit.page("due_list.html", chosen=chosen, found=found, address=address, after=after)


async def _latest_month(visit: Visit) -> str:
    """Empty before the first business day."""
    portfolio = await visit.api.get("/api/servicing/portfolio")
    return str(portfolio["business_date"] or "")[:7]
