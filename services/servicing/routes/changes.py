"""Changes of a running loan over HTTP: quotes and early repayment, each change, its preview, undo and the list of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime.http.inputs import PositiveMoney, ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.agreement import LprTenor
from schemas.decision import Actor, Context, Refusal
from schemas.fields import PLAIN_DECIMAL, IsoDate, whole
from schemas.servicing import commands
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from services.servicing.domain.loan.changes.conditions import PERMISSION as CHANGE
from services.servicing.domain.loan.changes.payoff import payoff
from services.servicing.domain.loan.decide import decide
from services.servicing.domain.loan.evolve import evolve
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.state import (
    Loan,
    balance,
    due_date,
    months_of,
    outstanding_principal,
    schedule_of,
    terms_of,
)
from services.servicing.routes.queries import READ, Identifier, Record, business_date, money, visible_loan
from services.servicing.routes.running import loan_of

_SCHEDULE = "SELECT * FROM instalments WHERE loan_id = $1 AND due_date IS NOT NULL ORDER BY number"
_CHANGES = "SELECT * FROM loan_changes WHERE loan_id = $1 ORDER BY sequence"

AnnualRate = Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1, description="a fraction a year", examples=["0.0345"])]


class Body(BaseModel):
    """What a change names."""

    model_config = ConfigDict(extra="forbid")

    asks: ClassVar[type[Any]]
    """The command that it stands for, with the same fields."""

    def command(self) -> Any:
        """The command."""
        return self.asks(**{name: getattr(self, name) for name in type(self).model_fields})


class PayoffQuote(Body):
    """The day that a payoff is quoted for; the open business day when left out."""

    asks = commands.QuotePayoff

    on: IsoDate | None = None


class Prepayment(Body):
    """How money to come repays early 提前还款."""

    asks = commands.Prepay

    mode: PrepaymentMode
    principal: PositiveMoney | None = None
    """Principal to prepay; left out with ``full``."""
    receipt_id: Identifier | Literal[""] = ""
    """The receipt that will bring the money; empty: the first one that suffices."""
    valid_until: IsoDate | None = None
    """Last value date of such money; the open business day when left out."""


class Extension(Body):
    """Maturity is moved 展期; references name the papers."""

    asks = commands.ExtendLoan

    months: Annotated[int, whole(1, 360)]
    asked_on: IsoDate
    supplement: ShortText
    approval: ShortText
    guarantor_consent: ShortText | Literal[""] = ""
    security_consent: ShortText | Literal[""] = ""


class Restructure(Body):
    """Terms are eased in financial difficulty 重组."""

    asks = commands.RestructureLoan

    finding: ShortText
    months: Annotated[int, whole(1, 360)]
    annual_rate: AnnualRate | None = None
    supplement: ShortText
    approval: ShortText


class Reset(Body):
    """The value of the index on the reset day 重定价."""

    asks = commands.ResetRate

    tenor: LprTenor
    index: AnnualRate
    published: IsoDate
    source: ShortText


class DueDate(Body):
    """Another due date for the next instalment; later ones follow month by month."""

    asks = commands.ChangeDueDate

    first: IsoDate
    supplement: ShortText


class Holiday(Body):
    """Instalments to skip 延期还本付息."""

    asks = commands.GrantHoliday

    instalments: Annotated[int, whole(1, 60)]
    interest: HolidayInterest
    interest_due: HolidayDue
    extends_term: bool
    bureau_flag: ShortText
    supplement: ShortText


class ReAging(Body):
    """Arrears go into later instalments."""

    asks = commands.ReAge

    approval: ShortText


class ReAmortisation(Body):
    """What is not due is spread anew over the same dates."""

    asks = commands.ReAmortise

    approval: ShortText


class Undo(Body):
    """Why the last change is taken back."""

    asks = commands.UndoChange

    reason: ShortText


_COMMANDS: dict[str, tuple[type[Body], str]] = {
    "payoff-quotes": (
        PayoffQuote,
        "Quote what settles the loan on a day 结清试算; any other event of the loan makes it void.",
    ),
    "prepayments": (Prepayment, "Let money to come repay early 提前还款; the receipt then carries it out."),
    "extensions": (Extension, "Move maturity 展期, within the legal limits."),
    "restructures": (Restructure, "Ease the terms of a borrower in difficulty 重组; the loan is observed afterwards."),
    "rate-resets": (Reset, "Set a floating rate anew 重定价, on its reset day and as the contract agrees."),
    "due-date-changes": (DueDate, "Let later instalments fall due on another day 变更还款日."),
    "holidays": (Holiday, "Skip instalments 延期还本付息."),
    "re-ages": (ReAging, "Move arrears into later instalments; the legal days past due go on."),
    "re-amortisations": (ReAmortisation, "Spread what is not due anew over the same dates."),
    "undo": (Undo, "Take back the last change of the schedule, on its day."),
}


class Preview(BaseModel):
    """One change, to see what it would do: exactly one of these."""

    model_config = ConfigDict(extra="forbid")

    extension: Extension | None = None
    restructure: Restructure | None = None
    rate_reset: Reset | None = None
    due_date_change: DueDate | None = None
    holiday: Holiday | None = None
    re_age: ReAging | None = None
    re_amortisation: ReAmortisation | None = None
    prepayment: Prepayment | None = None


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of changes."""
    router = APIRouter()
    for path, (body, says) in _COMMANDS.items():
        _command(router, kit, path, body, says)
    _queries(router, kit)
    return router


def _command(router: APIRouter, kit: ServiceKit, path: str, body_type: type[Body], says: str) -> None:
    changer = Depends(kit.require(CHANGE))

    async def submit(request: Request, loan_id: str, body: Any, principal: Principal = changer) -> Response:
        return await kit.submit(request, principal, path, loan_id, body.command())

    submit.__annotations__["body"] = body_type
    submit.__name__, submit.__doc__ = path.replace("-", "_"), says
    router.add_api_route(f"/loans/{{loan_id}}/{path}", submit, methods=["POST"])


def _queries(router: APIRouter, kit: ServiceKit) -> None:
    reader, changer = Depends(kit.require(READ)), Depends(kit.require(CHANGE))

    @router.get("/loans/{loan_id}/payoff")
    async def settle(
        request: Request, loan_id: str, on: IsoDate | None = None, principal: Principal = reader
    ) -> dict[str, Any]:
        """What settles the loan on a day, item by item, without quoting it; the latest business day when left out."""
        loan, day = await _loan(kit, request, principal, loan_id)
        if on is not None and on < day:
            raise kit.problem(422, "day-passed", f"A payoff is for {day} or later, not for {on}.")
        return {"loan_id": loan_id, **_payoff_view(loan, on or day)}

    @router.get("/loans/{loan_id}/changes")
    async def changes(request: Request, loan_id: str, principal: Principal = reader) -> dict[str, Any]:
        """What was quoted, asked for and changed, in order."""
        await kit.at_least(request, loan_id)
        await visible_loan(kit, principal, loan_id)
        return {"loan_id": loan_id, "changes": [_change_view(row) for row in await kit.fetch(_CHANGES, loan_id)]}

    @router.post("/loans/{loan_id}/changes/preview")
    async def preview(request: Request, loan_id: str, body: Preview, principal: Principal = changer) -> dict[str, Any]:
        """The loan before and after one change, by the function that decides it; nothing is decided."""
        named = [value for name in Preview.model_fields if (value := getattr(body, name)) is not None]
        if len(named) != 1:
            raise kit.problem(422, "one-change", "Name exactly one change to preview.")
        loan, day = await _loan(kit, request, principal, loan_id)
        actor = Actor(principal.subject, principal.permissions)
        context = Context(loan_id, day, kit.clock.now(), actor)
        found = previewed(loan, named[0].command(), context)
        if isinstance(found, Refusal):
            raise kit.problem(409, found.code, found.message, rule=found.rule, limit=found.limit, source=found.source)
        return {"loan_id": loan_id, "business_date": day, "before": _view(loan), "after": _view(found)}


def previewed(loan: Loan, command: Any, context: Context) -> Loan | Refusal:
    """The loan as a change would leave it. A prepayment is carried out with exactly the money it takes."""
    decided = decide(loan, command, context)
    if isinstance(decided, Refusal):
        return decided
    after = _folded(loan, decided)
    if isinstance(command, commands.Prepay):
        paying = commands.ApplyPayment(
            receipt_id=command.receipt_id or "preview",
            amount=decided[0].to_pay,
            value_date=context.business_date,
            channel="preview",
        )
        paid = decide(after, paying, context)
        assert not isinstance(paid, Refusal)
        after = _folded(after, paid)
    return after


def _folded(loan: Loan, events: Sequence[Any]) -> Loan:
    for event in events:
        after = evolve(loan, event)
        assert after is not None
        loan = after
    return loan


async def _loan(kit: ServiceKit, request: Request, principal: Principal, loan_id: str) -> tuple[Loan, date]:
    await kit.at_least(request, loan_id)
    row = await visible_loan(kit, principal, loan_id)
    day = await business_date(kit)
    if day is None or row["status"] not in ("active", "overdue"):
        raise kit.problem(
            409, f"loan-{row['status']}", f"The loan is {row['status']}: there is nothing to settle or change."
        )
    return loan_of(row, await kit.fetch(_SCHEDULE, loan_id)), day


def _payoff_view(loan: Loan, day: date) -> dict[str, Any]:
    found, currency = payoff(loan, day), terms_of(loan).currency
    due = {name: value for name, value in asdict(components(found.due, currency)).items() if value is not None}
    parts = {
        "principal": found.principal,
        "interest": found.interest,
        "fee": found.fee,
        "charges": found.now.charges,
        "unused_prepaid": found.now.unused,
        "total": found.total,
    }
    shown = {name: {"amount": str(value["amount"]), "currency": currency} for name, value in due.items()}
    return {"on": day, "due": shown, **{name: money(units, currency) for name, units in parts.items()}}


def _change_view(row: Record) -> dict[str, Any]:
    return {
        "sequence": row["sequence"],
        "kind": row["kind"],
        "changed_on": row["changed_on"],
        "details": json.loads(row["details"]),
    }


def _view(loan: Loan) -> dict[str, Any]:
    """Schedule, instalment, interest in all and to come, maturity."""
    currency, schedule = terms_of(loan).currency, schedule_of(loan)
    numbers = range(1, months_of(loan) + 1)
    unpaid = [balance(loan, number) for number in numbers]
    following = next((row for row in unpaid if row.total and row.number > loan.announced), None)
    return {
        "annual_rate": str(terms_of(loan).annual_rate),
        "maturity": due_date(loan, months_of(loan)),
        "instalments": len(unpaid),
        "next_instalment": money(following.total, currency) if following else None,
        "total_interest": money(sum(schedule.interest), currency),
        "interest_to_come": money(sum(row.interest for row in unpaid), currency),
        "outstanding_principal": money(outstanding_principal(loan), currency),
        "schedule": [
            {
                "number": row.number,
                "due_date": row.due_date,
                "principal": money(schedule.principal[row.number - 1], currency),
                "interest": money(schedule.interest[row.number - 1], currency),
                "unpaid": money(row.total, currency),
            }
            for row in unpaid
        ],
    }
