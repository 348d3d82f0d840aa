"""The end of a loan over HTTP: charge-off, discounted settlement, sale of the claim, and where each of them stands."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime.http.inputs import NonNegativeMoney, PositiveMoney, ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.fields import IsoDate
from schemas.servicing.commands import AgreeSettlement, AssignLoan, ChargeOffLoan, SellClaim
from services.servicing.domain.loan.assignment import PERMISSION as ASSIGN
from services.servicing.domain.loan.ending.charge_off import PERMISSION as CHARGE_OFF
from services.servicing.domain.loan.ending.claim import claim_of
from services.servicing.domain.loan.ending.discount import PERMISSION as AGREE
from services.servicing.domain.loan.ending.sale import PERMISSION as SELL
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Payment
from services.servicing.routes.queries import (
    READ,
    Record,
    References,
    amounts,
    balance,
    business_date,
    conditions,
    money,
    visible_loan,
)

Name = Annotated[str, Field(min_length=1, max_length=200)]

_OPEN_RECEIPTS = (
    "SELECT receipt_id FROM receipts WHERE loan_id = $1"
    " AND (status IN ('received', 'reversal-requested') OR suspended > 0) ORDER BY receipt_id"
)
_SCHEDULE = "SELECT * FROM instalments WHERE loan_id = $1 AND due_date IS NOT NULL ORDER BY number"
_RECOVERIES = (
    "SELECT r.* FROM recoveries r JOIN payments p USING (loan_id, receipt_id)"
    " WHERE loan_id = $1 AND p.reversed_on IS NULL ORDER BY p.sequence, r.number"
)
_PAID_SINCE = (
    "SELECT coalesce(sum(amount), 0)::bigint AS paid FROM payments"
    " WHERE loan_id = $1 AND sequence > $2 AND value_date <= $3 AND reversed_on IS NULL"
)


class ChargeOff(BaseModel):
    """Why the loan counts as lost."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText
    approvals: References = ()


class Settlement(BaseModel):
    """A smaller sum that settles the loan when it is paid by its date."""

    model_config = ConfigDict(extra="forbid")

    amount: PositiveMoney
    by: IsoDate
    """Last value date that counts."""
    reason: ShortText
    maker: Name
    """Who proposed it: another person than the caller."""
    approvals: References


class Sale(BaseModel):
    """To whom the claim goes, and for how much."""

    model_config = ConfigDict(extra="forbid")

    buyer: Name
    """Reference of the buyer."""
    price: NonNegativeMoney
    reason: ShortText
    maker: Name
    """Who proposed it: another person than the caller."""
    approvals: References


class Assignment(BaseModel):
    """Who looks after the loan."""

    model_config = ConfigDict(extra="forbid")

    unit: Annotated[str, Field(max_length=100)] = ""
    officer: Annotated[str, Field(max_length=100)] = ""


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of a loan's end."""
    router = APIRouter()
    _commands(router, kit)
    _query(router, kit)
    return router


def _commands(router: APIRouter, kit: ServiceKit) -> None:
    lossmaker, agreer = Depends(kit.require(CHARGE_OFF)), Depends(kit.require(AGREE))
    seller, assigner = Depends(kit.require(SELL)), Depends(kit.require(ASSIGN))

    @router.post("/loans/{loan_id}/charge-off")
    async def charge_off(request: Request, loan_id: str, body: ChargeOff, principal: Principal = lossmaker) -> Response:
        """Count the loan as lost: it stays on the books and takes payments; income stops."""
        command = ChargeOffLoan(reason=body.reason, approvals=body.approvals)
        return await kit.submit(request, principal, "charge-off", loan_id, command)

    @router.post("/loans/{loan_id}/settlements")
    async def agree(request: Request, loan_id: str, body: Settlement, principal: Principal = agreer) -> Response:
        """Agree a discounted settlement 减免结清: nothing is waived before the sum is paid, and it lapses after its date."""
        command = AgreeSettlement(**body.model_dump(exclude={"amount"}), amount=body.amount)
        return await kit.submit(request, principal, "agree-settlement", loan_id, command)

    @router.post("/loans/{loan_id}/sale")
    async def sell(request: Request, loan_id: str, body: Sale, principal: Principal = seller) -> Response:
        """Sell the claim 债权转让: it leaves the books, and money that still comes is held for its owner."""
        command = SellClaim(**body.model_dump(exclude={"price"}), price=body.price)
        return await kit.submit(request, principal, "sell-claim", loan_id, command)

    @router.post("/loans/{loan_id}/assignment")
    async def assign(request: Request, loan_id: str, body: Assignment, principal: Principal = assigner) -> Response:
        """Name the unit and the officer who look after the loan 管户."""
        command = AssignLoan(unit=body.unit, officer=body.officer)
        return await kit.submit(request, principal, "assign-loan", loan_id, command)


def _query(router: APIRouter, kit: ServiceKit) -> None:
    reader = Depends(kit.require(READ))

    @router.get("/loans/{loan_id}/ending")
    async def ending(request: Request, loan_id: str, principal: Principal = reader) -> dict[str, Any]:
        """How the loan ends or ended: charge-off, agreed settlement, write-off and recoveries, sale, settlement.

        A settlement is ``final`` when no money of the loan is under way or in suspense; ``waits_for`` names the receipts.
        """
        await kit.at_least(request, loan_id)
        row = await visible_loan(kit, principal, loan_id)
        waits_for = [receipt["receipt_id"] for receipt in await kit.fetch(_OPEN_RECEIPTS, loan_id)]
        return {
            "loan_id": loan_id,
            "status": row["status"],
            "charge_off": _charge_off(row),
            "agreed_settlement": await _agreed(kit, row),
            "write_off": await _write_off(kit, row),
            "sale": _sale(row),
            "settlement": _settlement(row, waits_for),
        }


def _charge_off(row: Record) -> dict[str, Any] | None:
    if row["charged_off_on"] is None:
        return None
    return {"on": row["charged_off_on"], "accrual": row["charged_off_accrual"]}


async def _agreed(kit: ServiceKit, row: Record) -> dict[str, Any] | None:
    if row["agreed_amount"] is None:
        return None
    (found,) = await kit.fetch(_PAID_SINCE, row["loan_id"], row["agreed_sequence"], row["agreed_by"])
    return {
        "amount": money(row["agreed_amount"], row["currency"]),
        "by": row["agreed_by"],
        "status": row["agreed_status"],
        "paid": money(found["paid"], row["currency"]),
    }


async def _write_off(kit: ServiceKit, row: Record) -> dict[str, Any] | None:
    currency = row["currency"]
    if not any(row[f"written_off_{name}"] for name in COMPONENT_NAMES):
        return None
    return {
        "written_off": amounts(row, currency, COMPONENT_NAMES, "written_off_"),
        "recovered": {
            **amounts(row, currency, COMPONENT_NAMES, "recovered_"),
            "total": money(row["recovered"], currency),
        },
        "claim": await _claim(kit, row) if row["status"] == "written-off" else None,
    }


async def _claim(kit: ServiceKit, row: Record) -> dict[str, Any] | None:
    """What the debtor owes on the latest business day, memo interest included."""
    day = await business_date(kit)
    if day is None:
        return None
    instalments = await kit.fetch(_SCHEDULE, row["loan_id"])
    starts = {each["number"]: due for each, due in zip(instalments, _starts(row, instalments), strict=True)}
    unpaid = [balance(each) for each in instalments if each["unpaid"]]
    recoveries = [
        Payment(found[0]["value_date"], False, tuple(Allocation(part["number"], **_units(part)) for part in found))
        for found in _by_receipt(await kit.fetch(_RECOVERIES, row["loan_id"]))
    ]
    claim = claim_of(unpaid, starts, recoveries, conditions(row), day)
    units = {name: sum(getattr(part, name) for part in claim) for name in COMPONENT_NAMES}
    return {
        "on": day,
        **{name: money(amount, row["currency"]) for name, amount in units.items()},
        "total": money(sum(units.values()), row["currency"]),
    }


def _starts(row: Record, instalments: Sequence[Record]) -> list[date]:
    return [row["value_date"], *(each["due_date"] for each in instalments)][: len(instalments)]


def _units(part: Record) -> dict[str, int]:
    return {name: part[name] for name in COMPONENT_NAMES}


def _by_receipt(parts: Sequence[Record]) -> list[list[Record]]:
    return [list(found) for _, found in groupby(parts, key=lambda part: part["receipt_id"])]


def _sale(row: Record) -> dict[str, Any] | None:
    if row["sold_on"] is None:
        return None
    currency = row["currency"]
    return {
        "on": row["sold_on"],
        "buyer": row["buyer"],
        "price": money(row["sale_price"], currency),
        "principal": money(row["sold_principal"], currency),
    }


def _settlement(row: Record, waits_for: list[str]) -> dict[str, Any] | None:
    if row["status"] != "settled":
        return None
    return {
        "on": row["ended_on"],
        "kind": row["settlement_kind"],
        "final": not waits_for,
        "waits_for": waits_for,
    }
