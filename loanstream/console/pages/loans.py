"""Loans: the list, the search, and one loan with schedule, balance and everything that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from starlette.responses import RedirectResponse, Response

from loanstream.console.api import ApiProblem, Json, nothing, together
from loanstream.console.figures import with_currency
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit
from loanstream.console.timeline import Source, sources_of_loan, timeline
from schemas.topics import CONTEXTS

STATUSES = ("active", "overdue", "settled", "written-off", "sold")
BUCKETS = ("M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7")
PAGE = 50

Text = Annotated[str, Query(max_length=200)]
Passed = Annotated[int, Query(ge=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Case:
    """What the services know of one loan; ``None`` for what is not there yet or not for this person."""

    loan_id: str
    loan: Json | None
    application: Json | None
    contract: Json | None
    drawdown: Json | None
    funding: Json | None

    @property
    def sources(self) -> list[Source]:
        """Where its events are found."""
        named = self.loan or self.application
        application_id = named["application_id"] if named else None
        return sources_of_loan(self.loan_id, application_id, self.funding["transfer_id"] if self.funding else None)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The way of the loan: what is done and when, what comes next, and where it ended before its time."""
        return _steps(self)


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The list, the search, the page of a loan and its further events."""
    here = Depends(visitor)

    @routes.get("/loans")
    async def loans(
        visit: Visit = here, status: Text = "", bucket: Text = "", contract_no: Text = "", after: Text = ""
    ) -> Response:
        """Loans on the books by status, bucket or contract number."""
        chosen = {
            "status": status if status in STATUSES else "",
            "bucket": bucket if bucket in BUCKETS else "",
            "contract_no": contract_no.strip(),
        }
        found = await visit.api.get("/api/servicing/loans", **chosen, after=after, limit=PAGE)
        filters = {"statuses": STATUSES, "buckets": BUCKETS, "chosen": chosen, "after": after}
        return visit.page("loans.html", loans=found["loans"], following=found["next"], **filters)

    @routes.get("/search")
    async def search(visit: Visit = here, q: Text = "") -> Response:
        """To the loan with this id or contract number, else to the application, else to the list, which says that it is empty."""
        return RedirectResponse(await _found(visit, q.strip()), 303)

    @routes.get("/loans/{loan_id}")
    async def loan(loan_id: str, visit: Visit = here) -> Response:
        """One loan, from its application to its end."""
        case = await _case(visit, loan_id)
        plan = await _plan(visit, case)
        happened = await _events(visit, case, "", 0)
        if case.loan is None and case.application is None and not (happened and happened.events):
            raise ApiProblem(404, "not-found", "")
        schedule: Sequence[Json] = plan["schedule"]["instalments"] if plan["schedule"] else []
        payments: Sequence[Json] = plan["payments"]["payments"] if plan["payments"] else []
        return visit.page(
            "loan.html",
            case=case,
            schedule=schedule,
            payments=payments,
            changes=plan["changes"]["changes"] if plan["changes"] else [],
            chart=balance_chart(case.loan, schedule, payments) if case.loan else None,
            happened=happened,
            context="",
            more=f"/loans/{quote(loan_id, safe='')}/timeline",
        )

    @routes.get("/loans/{loan_id}/timeline")
    async def events(loan_id: str, visit: Visit = here, context: Text = "", passed: Passed = 0) -> Response:
        """Further events of a loan, or those of one context."""
        chosen = context if context in CONTEXTS else ""
        happened = await _events(visit, await _case(visit, loan_id), chosen, passed)
        more = f"/loans/{quote(loan_id, safe='')}/timeline"
        return visit.page("timeline_part.html", happened=happened, context=chosen, more=more, passed=passed)


async def _case(visit: Visit, loan_id: str) -> Case:
    api, may = visit.api, visit.person.may
    origination = may("origination:read")
    found = await together(
        loan=api.find(f"/api/servicing/loans/{quote(loan_id, safe='')}") if may("servicing:read") else nothing(),
        applications=api.find("/api/origination/applications", loan_id=loan_id) if origination else nothing(),
        contracts=api.find("/api/origination/contracts", loan_id=loan_id) if origination else nothing(),
        drawdowns=api.find("/api/origination/drawdowns", loan_id=loan_id) if origination else nothing(),
    )
    named = found["loan"] or _only(found, "applications")
    funding = None
    if named and may("funding:read"):
        funding = await api.find(f"/api/funding/fundings/{quote(named['application_id'], safe='')}")
    return Case(
        loan_id=loan_id,
        loan=found["loan"],
        application=_only(found, "applications"),
        contract=_only(found, "contracts"),
        drawdown=_only(found, "drawdowns"),
        funding=funding,
    )


def _only(found: dict[str, Any], name: str) -> Json | None:
    """The newest of a loan's applications, contracts or drawdowns; for now it has one of each."""
    rows: Sequence[Json] = found[name][name] if found[name] else []
    return rows[-1] if rows else None


async def _plan(visit: Visit, case: Case) -> dict[str, Any]:
    if case.loan is None:
        return {"schedule": None, "payments": None, "changes": None}
    path = f"/api/servicing/loans/{quote(case.loan_id, safe='')}"
    return await together(
        schedule=visit.api.find(f"{path}/schedule"),
        payments=visit.api.find(f"{path}/payments"),
        changes=visit.api.find(f"{path}/changes"),
    )


async def _events(visit: Visit, case: Case, context: str, passed: int) -> Any:
    if not visit.person.may("platform:read-events"):
        return None
    return await timeline(visit.api, case.sources, context, passed)


async def _found(visit: Visit, asked: str) -> str:
    if not asked:
        return "/loans"
    name = quote(asked, safe="")
    found = await together(
        loan=visit.api.find(f"/api/servicing/loans/{name}"),
        contract=visit.api.find("/api/servicing/loans", contract_no=asked),
        contracts=visit.api.find("/api/origination/applications", loan_id=asked),
        application=visit.api.find(f"/api/origination/applications/{name}"),
    )
    if found["loan"]:
        return f"/loans/{name}"
    if found["contract"] and found["contract"]["loans"]:
        return f"/loans/{quote(found['contract']['loans'][0]['loan_id'], safe='')}"
    if found["contracts"] and found["contracts"]["applications"]:
        return f"/loans/{name}"
    return f"/applications/{name}" if found["application"] else f"/loans?contract_no={name}"


# -- the way of a loan -------------------------------------------------------------------------------------------------

_ENDED_EARLY = ("refused", "closed")


def _steps(case: Case) -> list[dict[str, Any]]:
    loan, application, contract, drawdown = case.loan, case.application, case.contract, case.drawdown
    booked = _of(loan, "booked_on")
    done = {
        "applied": _of(application, "opened_on") or booked,
        "approved": _of(contract, "opened_on") or booked,
        "signed": _of(contract, "effective_date") or booked,
        "funded": _of(drawdown, "opened_on") or booked,
        "disbursed": _of(drawdown, "value_date") or booked,
        "booked": booked,
        "settled": _of(loan, "ended_on"),
    }
    if (ended := _of(loan, "status")) in ("written-off", "sold"):
        done[ended] = done.pop("settled")
    steps = [{"name": name, "day": day, "state": "done" if day else "ahead"} for name, day in done.items()]
    waiting = next((step for step in steps if step["state"] == "ahead"), None)
    if waiting is None:
        return steps
    if application is not None and application["state"] in _ENDED_EARLY:
        waiting |= {"name": application["state"], "day": application["changed_on"], "state": "stopped"}
        return steps[: steps.index(waiting) + 1]
    waiting["state"] = "current"
    return steps


def _of(row: Json | None, member: str) -> str | None:
    """A member of a row that may not be there."""
    found: str | None = row[member] if row else None
    return found


# -- the chart of the balance ------------------------------------------------------------------------------------------


def balance_chart(loan: Json, schedule: Sequence[Json], payments: Sequence[Json]) -> dict[str, Any]:
    """Outstanding principal by day: as the plan has it, and as it was until the latest business day."""
    principal = Decimal(loan["principal"]["amount"])
    currency = loan["currency"]
    planned = [(loan["value_date"], principal)]
    for row in schedule:
        planned.append((row["due_date"], planned[-1][1] - Decimal(row["principal"]["amount"])))
    actual = _actual(loan, principal, payments)
    return {
        "planned": [_point(day, left, currency) for day, left in planned],
        "actual": [_point(day, left, currency) for day, left in actual],
        "today": loan["business_date"],
    }


def _actual(loan: Json, principal: Decimal, payments: Sequence[Json]) -> list[tuple[str, Decimal]]:
    """The balance after each payment and reversal, and what it is now: write-off and waivers show there."""
    steps: list[tuple[str, Decimal]] = []
    for payment in payments:
        paid = Decimal(payment["principal"]["amount"]) if payment.get("principal") else Decimal(0)
        steps.append((payment["booked_on"], -paid))
        if payment["reversed_on"]:
            steps.append((payment["reversed_on"], paid))
    line = [(loan["value_date"], principal)]
    for day, change in sorted(steps, key=lambda step: step[0]):
        line.append((day, line[-1][1] + change))
    last = loan["ended_on"] or loan["business_date"]
    if last and date.fromisoformat(last) >= date.fromisoformat(line[-1][0]):
        line.append((last, Decimal(loan["outstanding_principal"]["amount"])))
    return line


def _point(day: str, left: Decimal, currency: str) -> dict[str, str]:
    return {"day": day, "value": str(left), "text": with_currency({"amount": str(left), "currency": currency})}
