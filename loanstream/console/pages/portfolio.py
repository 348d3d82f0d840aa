"""The first page: loans and money by state, applications, the books, business days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from loanstream.console.api import Json, nothing, together
from loanstream.console.figures import grouped
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit
from loanstream.console.words import Words
from schemas.topics import CONTEXTS

START_DAY = "servicing:start-business-day"
READ_LOANS = "servicing:read"
READ_APPLICATIONS = "origination:read"

_TONES = {"active": "good", "overdue": "bad", "settled": "calm", "written-off": "dark", "sold": "dark"}
_APPLICATION_TONES = {"review": "warn", "returned": "warn", "refused": "dark", "completed": "good", "closed": "dark"}
_BUCKET_TONES = {
    "M0": "good",
    "M1": "warn",
    "M2": "warn",
    "M3": "bad",
    "M4": "bad",
    "M5": "bad",
    "M6": "bad",
    "M7": "bad",
}
_OPEN_APPLICATIONS = ("submitted", "returned", "accepted", "review", "approved", "withdrawing")
_TO_RELEASE = ("requested", "released")
_USES = ("repaid", "outstanding", "written_off", "forgiven", "sold")
_BESIDES = ("interest_received", "penalty_received", "recovered", "sale_proceeds")
_RECEIPT_PARTS = ("not_yet_applied", "applied", "suspended", "refunded", "reversed")
_ACCOUNTS = ("bank", "lender", "loan", "in-transit", "due-back")


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The page, and the part of it that refreshes itself."""
    here = Depends(visitor)

    @routes.get("/")
    async def portfolio(visit: Visit = here) -> Response:
        """The portfolio as it stands."""
        return visit.page("portfolio.html", **await _values(visit))

    @routes.get("/fragments/portfolio")
    async def refreshed(visit: Visit = here) -> Response:
        """The same without what stands around it."""
        return visit.page("portfolio_live.html", **await _values(visit))


async def _values(visit: Visit) -> dict[str, Any]:
    api, may = visit.api, visit.person.may
    found = await together(
        portfolio=api.find("/api/servicing/portfolio") if may(READ_LOANS) else nothing(),
        books=api.find("/api/servicing/books") if may(READ_LOANS) else nothing(),
        custody=api.find("/api/funding/custody") if may("funding:read") else nothing(),
        totals=api.find("/api/origination/totals") if may(READ_APPLICATIONS) else nothing(),
        days=_days(visit),
    )
    groups: Sequence[Json] = found["portfolio"]["portfolio"] if found["portfolio"] else []
    totals: Json = found["totals"] or {"applications": [], "drawdowns": []}
    currency = _main_currency(groups)
    days = found["days"]
    return {
        "sees_loans": found["portfolio"] is not None,
        "sees_applications": found["totals"] is not None,
        "permissions": {"loans": READ_LOANS, "applications": READ_APPLICATIONS},
        "as_of": found["portfolio"]["business_date"] if found["portfolio"] else None,
        "groups": groups,
        "currency": currency,
        "tiles": [
            *_loan_tiles(
                [g for g in groups if g["currency"] == currency], currency, known=found["portfolio"] is not None
            ),
            *_application_tiles(totals, known=found["totals"] is not None),
        ],
        "books": [_book(book) for book in found["books"]["books"]] if found["books"] else [],
        "receipts": [_receipts(line) for line in found["books"]["receipts"]] if found["books"] else [],
        "custody": [_custody(book) for book in found["custody"]["books"]] if found["custody"] else [],
        "accounts": _ACCOUNTS,
        "days": days,
        "may_start": may(START_DAY),
        "next_day": next_day(days),
        "applications": totals["applications"],
        "charts": _charts(groups, totals, currency, visit.words),
    }


async def _days(visit: Visit) -> list[dict[str, Any]]:
    """The latest business day of each context that this person may ask."""
    asked = [c for c in CONTEXTS if visit.person.may("servicing:read" if c == "servicing" else "platform:read-lag")]
    answers = await together(**{context: visit.api.find(f"/api/{context}/business-days", days=1) for context in asked})
    return [{"context": context, **_latest(answer)} for context, answer in answers.items() if answer is not None]


def _latest(answer: Json) -> dict[str, Any]:
    last = answer["days"][-1] if answer["days"] else None
    return {"partitions": answer["partitions"], "day": last}


def next_day(days: Iterable[Mapping[str, Any]]) -> str | None:
    """The day after servicing's latest: it leads, the others follow. ``None`` before the first."""
    for entry in days:
        if entry["context"] == "servicing" and entry["day"]:
            return (date.fromisoformat(entry["day"]["business_date"]) + timedelta(days=1)).isoformat()
    return None


# -- figures -----------------------------------------------------------------------------------------------------------


def _main_currency(groups: Iterable[Json]) -> str:
    """The currency of most loans: the one of tiles and charts. The tables show all."""
    loans: dict[str, int] = {}
    for group in groups:
        loans[group["currency"]] = loans.get(group["currency"], 0) + group["loans"]
    return max(loans, key=lambda currency: loans[currency], default="")


def _loan_tiles(groups: Sequence[Json], currency: str, *, known: bool) -> list[dict[str, Any]]:
    running = [g for g in groups if g["status"] in ("active", "overdue")]
    overdue = [g for g in groups if g["status"] == "overdue"]
    needs = "" if known else READ_LOANS
    return [
        _tile("running", grouped(sum(g["loans"] for g in running)), needs, link="/loans"),
        _tile("outstanding", _sum(running, "outstanding_principal"), needs, unit=currency),
        _tile(
            "overdue",
            grouped(sum(g["loans"] for g in overdue)),
            needs,
            link="/loans?status=overdue",
            alert=bool(overdue),
        ),
        _tile("past-due", _sum(overdue, "past_due"), needs, unit=currency),
    ]


def _application_tiles(totals: Json, *, known: bool) -> list[dict[str, Any]]:
    needs = "" if known else READ_APPLICATIONS
    applications = totals["applications"]
    review = _count(applications, ("review",), "count")
    release = _count(totals["drawdowns"], _TO_RELEASE, "count")
    return [
        _tile(
            "open-applications", grouped(_count(applications, _OPEN_APPLICATIONS, "count")), needs, link="/applications"
        ),
        _tile("worklist", grouped(review + release), needs, link="/worklists", alert=review + release > 0),
    ]


def _tile(name: str, figure: str, needs: str, *, unit: str = "", link: str = "", alert: bool = False) -> dict[str, Any]:
    """``needs`` is the permission without which the figure is not known: it is said instead, never a zero."""
    return {"name": name, "figure": figure, "needs": needs, "unit": unit, "link": link, "alert": alert}


def _count(groups: Iterable[Json], states: Sequence[str], member: str) -> int:
    return sum(group[member] for group in groups if group["state"] in states)


def _total(groups: Iterable[Json], member: str) -> Decimal:
    return sum((Decimal(group[member]["amount"]) for group in groups), Decimal("0.00"))


def _sum(groups: Iterable[Json], member: str) -> str:
    return grouped(str(_total(groups, member)))


def _book(book: Json) -> dict[str, Any]:
    return {
        "currency": book["currency"],
        "whole": book["disbursed"],
        "parts": [(use, book[use]) for use in _USES],
        "besides": [(name, book[name]) for name in _BESIDES],
        "balanced": book["balanced"],
    }


def _receipts(line: Json) -> dict[str, Any]:
    return {
        "currency": line["currency"],
        "whole": line["received"],
        "parts": [(part, line[part]) for part in _RECEIPT_PARTS],
        "balanced": line["balanced"],
    }


def _custody(book: Json) -> dict[str, Any]:
    return {
        "currency": book["currency"],
        "balances": [(kind, book["balances"][kind]) for kind in _ACCOUNTS if kind in book["balances"]],
        "sum": book["sum"],
        "under_way": book["in_transit_accounts"],
        "balanced": book["balanced"],
    }


# -- charts ------------------------------------------------------------------------------------------------------------


def _charts(groups: Sequence[Json], totals: Json, currency: str, words: Words) -> dict[str, Any]:
    """What the script draws: values place the shapes, the texts beside them are what is read."""
    mine = [g for g in groups if g["currency"] == currency]
    return {
        "loans": [_loans_by_state(mine, state, tone, words) for state, tone in _TONES.items()],
        "buckets": [_money_by_bucket(mine, bucket, words) for bucket in _BUCKET_TONES],
        "applications": _applications_by_state(totals["applications"], words),
    }


def _loans_by_state(groups: Sequence[Json], state: str, tone: str, words: Words) -> dict[str, Any]:
    count = sum(g["loans"] for g in groups if g["status"] == state)
    return _shape(words.label("loan-state", state), count, grouped(count), tone)


def _money_by_bucket(groups: Sequence[Json], bucket: str, words: Words) -> dict[str, Any]:
    found = [g for g in groups if g["bucket"] == bucket and g["status"] in ("active", "overdue")]
    total = _total(found, "outstanding_principal")
    text = words("portfolio.bucket-text", amount=grouped(str(total)), loans=grouped(sum(g["loans"] for g in found)))
    return _shape(bucket, total, text if found else "", _BUCKET_TONES[bucket])


def _applications_by_state(groups: Sequence[Json], words: Words) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for group in groups:
        counts[group["state"]] = counts.get(group["state"], 0) + group["count"]
    return [
        _shape(text, counts[state], grouped(counts[state]), _APPLICATION_TONES.get(state, "calm"))
        for state, text in words.group("application-state").items()
        if counts.get(state)
    ]


def _shape(label: str, value: Decimal | int, text: str, tone: str) -> dict[str, Any]:
    return {"label": label, "value": str(value), "text": text, "tone": tone}
