"""Loans: how one stands, its schedule and payments, lists, waivers and write-off."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from loanstream.runtime.http.inputs import NonNegativeMoney, ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.fields import IsoDate
from schemas.money import Money, of_minor
from schemas.servicing.commands import AdoptRules, WaiveAmount, WriteOffLoan
from schemas.terms import Bucket, Components
from services.servicing.domain.loan.adoption import PERMISSION as ADOPT
from services.servicing.domain.loan.impairment import PERMISSION as WRITE_OFF
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.waiver import PERMISSION as WAIVE
from services.servicing.routes.queries import (
    READ,
    Cursor,
    Filter,
    Limit,
    Record,
    accrued_penalty,
    amounts,
    business_date,
    check_cursor,
    conditions,
    money,
    own_party,
    page,
    visible_loan,
)

Status = Literal["active", "overdue", "settled", "written-off"]

_PLAIN = (
    "loan_id",
    "application_id",
    "contract_no",
    "party_ref",
    "status",
    "bucket",
    "overdue_since",
    "value_date",
    "maturity",
    "booked_on",
    "ended_on",
    "settlement_kind",
    "sequence",
)
_TERMS = ("product_id", "product_version", "rules", "method", "months", "day_basis", "grace_days")
_LOAN_SEEN = "SELECT 1 FROM loans WHERE loan_id = $1 AND ($2::text IS NULL OR party_ref = $2)"
_INSTALMENT_SEEN = (
    "SELECT 1 FROM instalments JOIN loans USING (loan_id) WHERE loan_id = $1 AND number = $2"
    " AND ($3::text IS NULL OR party_ref = $3)"
)
_PAYMENTS = (
    "SELECT p.*, "
    + ", ".join(f"coalesce(a.{name}, p.{name}) AS {name}_now" for name in COMPONENT_NAMES)
    + ", coalesce(a.credit, 0) AS credit FROM payments p LEFT JOIN allocations a"
    " ON a.loan_id = p.loan_id AND a.number = p.number AND p.number > 0 WHERE p.loan_id = $1 ORDER BY p.sequence"
)
_RUNNING = ("active", "overdue")
_SCHEDULE = "SELECT * FROM instalments WHERE loan_id = $1 AND due_date IS NOT NULL ORDER BY number"


class WriteOff(BaseModel):
    """Why the loan is taken off the balance."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText


class Adoption(BaseModel):
    """A version of the arithmetic, and why the loan takes it over."""

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}/[0-9]{1,4}$", examples=["cn-bank/1"])]
    reason: ShortText


class Waiver(BaseModel):
    """Amounts to waive, by component; what is left out is not waived."""

    model_config = ConfigDict(extra="forbid")

    principal: NonNegativeMoney | None = None
    interest: NonNegativeMoney | None = None
    penalty: NonNegativeMoney | None = None
    compound: NonNegativeMoney | None = None
    fee: NonNegativeMoney | None = None
    cost: NonNegativeMoney | None = None
    reason: ShortText

    @model_validator(mode="after")
    def _something(self) -> "Waiver":
        if not self._named():
            raise ValueError(f"name an amount of {', '.join(COMPONENT_NAMES[:-1])} or {COMPONENT_NAMES[-1]}")
        return self

    def components(self) -> Components:
        """The amounts with zero where none is named."""
        named = self._named()
        zero = of_minor(0, next(iter(named.values())).currency)
        return Components(**({"principal": zero, "interest": zero, "penalty": zero} | named))

    def _named(self) -> dict[str, Money]:
        amounts = {name: getattr(self, name) for name in COMPONENT_NAMES}
        return {name: amount for name, amount in amounts.items() if amount is not None}


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of loans."""
    router = APIRouter()
    _commands(router, kit)
    _one(router, kit)
    _lists(router, kit)
    return router


def _commands(router: APIRouter, kit: ServiceKit) -> None:
    impairer, waiver = Depends(kit.require(WRITE_OFF)), Depends(kit.require(WAIVE))
    adopter = Depends(kit.require(ADOPT))

    @router.post("/loans/{loan_id}/write-off")
    async def write_off(request: Request, loan_id: str, body: WriteOff, principal: Principal = impairer) -> Response:
        """Write the loan off 核销: after long arrears only; the claim is kept and money that still comes is a recovery."""
        return await kit.submit(request, principal, "write-off", loan_id, WriteOffLoan(reason=body.reason))

    @router.post("/loans/{loan_id}/waivers")
    async def waive(request: Request, loan_id: str, body: Waiver, principal: Principal = waiver) -> Response:
        """Waive amounts 减免, oldest instalment first, never more than is owed."""
        command = WaiveAmount(amounts=body.components(), reason=body.reason)
        return await kit.submit(request, principal, "waive", loan_id, command)

    @router.post("/loans/{loan_id}/rules")
    async def rules(request: Request, loan_id: str, body: Adoption, principal: Principal = adopter) -> Response:
        """Let the loan take over another version of the arithmetic 规则升级; what was posted stays as it is."""
        command = AdoptRules(rules=body.rules, reason=body.reason)
        return await kit.submit(request, principal, "adopt-rules", loan_id, command)


def _one(router: APIRouter, kit: ServiceKit) -> None:
    reader = Depends(kit.require(READ))

    @router.get("/loans/{loan_id}")
    async def loan(request: Request, loan_id: str, principal: Principal = reader) -> dict[str, Any]:
        """One loan as of the latest business day: terms, books, what is past due, what would settle it now."""
        await kit.at_least(request, loan_id)
        row = await visible_loan(kit, principal, loan_id)
        instalments = await kit.fetch(_SCHEDULE, loan_id)
        return _loan_view(row, instalments, await business_date(kit))

    @router.get("/loans/{loan_id}/schedule")
    async def schedule(request: Request, loan_id: str, principal: Principal = reader) -> dict[str, Any]:
        """The repayment plan 还款计划, row by row with what is paid, waived and unpaid, as of the latest business day."""
        await kit.at_least(request, loan_id)
        row = await visible_loan(kit, principal, loan_id)
        day = await business_date(kit)
        instalments = await kit.fetch(_SCHEDULE, loan_id)
        return {
            "loan_id": loan_id,
            "business_date": day,
            "instalments": [_instalment_view(instalment, row, day) for instalment in instalments],
        }

    @router.get("/loans/{loan_id}/payments")
    async def payments(request: Request, loan_id: str, principal: Principal = reader) -> dict[str, Any]:
        """Payments and recoveries in the order in which they were booked, with what each pays as the ledger stands now."""
        await kit.at_least(request, loan_id)
        await visible_loan(kit, principal, loan_id)
        rows = await kit.fetch(_PAYMENTS, loan_id)
        return {"loan_id": loan_id, "payments": [_payment_view(row) for row in rows]}


def _lists(router: APIRouter, kit: ServiceKit) -> None:
    reader = Depends(kit.require(READ))

    @router.get("/loans")
    async def loans(
        status: Status | None = None,
        bucket: Bucket | None = None,
        contract_no: Filter = None,
        after: Cursor = "",
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Loans by id; a borrower sees their own."""
        await check_cursor(kit, _LOAN_SEEN, after, after, own_party(principal))
        rows = await kit.fetch(
            "SELECT * FROM loans WHERE loan_id > $1 AND status IS NOT NULL AND ($2::text IS NULL OR status = $2)"
            " AND ($3::text IS NULL OR bucket = $3) AND ($4::text IS NULL OR contract_no = $4)"
            " AND ($5::text IS NULL OR party_ref = $5) ORDER BY loan_id LIMIT $6",
            after,
            status,
            bucket,
            contract_no,
            own_party(principal),
            limit + 1,
        )
        shown, following = page(rows, limit, "loan_id")
        return {"loans": [_summary(row) for row in shown], "next": following}

    @router.get("/due")
    async def due(
        until: IsoDate,
        value_date: IsoDate | None = None,
        after: Annotated[str, Query(max_length=200, description="loan id and instalment number: id/number")] = "",
        limit: Limit = 1000,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Unpaid instalments of running loans that are due on or before ``until`` 到期台账.

        ``total`` is what pays the instalment in full on ``value_date`` (default: the latest business day).
        """
        day = value_date or await business_date(kit)
        loan_id, _, written = after.rpartition("/")
        number = int(written) if written.isdecimal() and len(written) < 9 else 0
        await check_cursor(kit, _INSTALMENT_SEEN, after, loan_id, number, own_party(principal))
        rows = await kit.fetch(
            "SELECT i.*, l.currency, l.rules, l.annual_rate, l.penalty_multiplier, l.day_basis, l.grace_days,"
            " l.allocation_order, l.agreement, l.contract_no, l.party_ref, l.status FROM instalments i JOIN loans l USING (loan_id)"
            " WHERE i.due_date <= $1 AND i.unpaid > 0 AND l.status = ANY($2::text[])"
            " AND (i.loan_id, i.number) > ($3, $4) AND ($5::text IS NULL OR l.party_ref = $5)"
            " ORDER BY i.loan_id, i.number LIMIT $6",
            until,
            list(_RUNNING),
            loan_id,
            number,
            own_party(principal),
            limit + 1,
        )
        shown = rows[:limit]
        following = f"{shown[-1]['loan_id']}/{shown[-1]['number']}" if len(rows) > limit else None
        return {"until": until, "value_date": day, "due": [_due_view(row, day) for row in shown], "next": following}


def _summary(row: Record) -> dict[str, Any]:
    currency = row["currency"]
    names = ("principal", "outstanding_principal", *(f"repaid_{name}" for name in COMPONENT_NAMES))
    return {**{name: row[name] for name in _PLAIN}, "currency": currency, **amounts(row, currency, names)}


def _loan_view(row: Record, instalments: Sequence[Record], day: date | None) -> dict[str, Any]:
    currency, terms = row["currency"], conditions(row)
    running = row["status"] in _RUNNING
    unpaid = [instalment for instalment in instalments if instalment["unpaid"]] if running else []
    late = [i for i in unpaid if day is not None and (day - i["due_date"]).days > terms.grace_days]
    accrued = sum(accrued_penalty(instalment, terms, day) for instalment in late)
    upcoming = next((i for i in unpaid if day is None or i["due_date"] >= day), None)
    past_due = {name: sum(i[f"unpaid_{name}"] for i in late) for name in COMPONENT_NAMES}
    return {
        **_summary(row),
        "business_date": day,
        "terms": {
            **{name: row[name] for name in _TERMS},
            "annual_rate": str(row["annual_rate"]),
            "penalty_multiplier": str(row["penalty_multiplier"]),
            "allocation_order": row["allocation_order"].split(","),
        },
        "waived": {
            "principal": money(row["forgiven_principal"], currency),
            **amounts(row, currency, COMPONENT_NAMES[1:], "waived_"),
        },
        "written_off": amounts(row, currency, COMPONENT_NAMES, "written_off_"),
        "recovered": money(row["recovered"], currency),
        "penalty_charged": money(row["penalty_charged"], currency),
        "days_past_due": (day - late[0]["due_date"]).days if late and day else 0,
        "past_due": {
            **{name: money(units, currency) for name, units in past_due.items()},
            "penalty_not_posted": money(accrued, currency),
            "total": money(sum(past_due.values()) + accrued, currency),
        },
        "settlement_amount": money(sum(i["unpaid"] for i in unpaid) + accrued, currency),
        "next_due": _next_due(upcoming, currency),
    }


def _next_due(instalment: Record | None, currency: str) -> dict[str, Any] | None:
    if instalment is None:
        return None
    return {
        "number": instalment["number"],
        "due_date": instalment["due_date"],
        "amount": money(instalment["unpaid"], currency),
    }


def _instalment_view(instalment: Record, loan: Record, day: date | None) -> dict[str, Any]:
    currency, terms = loan["currency"], conditions(loan)
    running = loan["status"] in _RUNNING
    accrued = accrued_penalty(instalment, terms, day) if running else 0
    return {
        **{name: instalment[name] for name in ("number", "due_date", "paid_on")},
        "status": _instalment_status(instalment, terms.grace_days, day),
        **amounts(instalment, currency, COMPONENT_NAMES),
        "paid": amounts(instalment, currency, COMPONENT_NAMES, "paid_"),
        "waived": amounts(instalment, currency, COMPONENT_NAMES, "waived_"),
        "unpaid": amounts(instalment, currency, COMPONENT_NAMES, "unpaid_"),
        "penalty_not_posted": money(accrued, currency),
    }


def _instalment_status(instalment: Record, grace_days: int, day: date | None) -> str:
    if not instalment["unpaid"]:
        return "paid" if instalment["paid_on"] else "cleared"
    if day is None or instalment["due_date"] > day:
        return "upcoming"
    return "overdue" if (day - instalment["due_date"]).days > grace_days else "due"


def _payment_view(row: Record) -> dict[str, Any]:
    currency = row["currency"]
    plain = ("receipt_id", "kind", "value_date", "booked_on", "channel", "reversed_on", "reversal_cause")
    pays = {name: row[f"{name}_now"] for name in COMPONENT_NAMES} | {name: row[name] for name in ("credit", "surplus")}
    shown = {name: money(units, currency) for name, units in pays.items() if units is not None}
    return {**{name: row[name] for name in plain}, "amount": money(row["amount"], currency), **shown}


def _due_view(row: Record, day: date | None) -> dict[str, Any]:
    currency = row["currency"]
    accrued = accrued_penalty(row, conditions(row), day)
    return {
        **{name: row[name] for name in ("loan_id", "contract_no", "party_ref", "status", "number", "due_date")},
        **amounts(row, currency, COMPONENT_NAMES, "unpaid_"),
        "penalty_not_posted": money(accrued, currency),
        "total": money(row["unpaid"] + accrued, currency),
    }
