"""Receipts: money that came in, one by one or as a bank's file, and money that the bank took back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from loanstream.runtime.http.inputs import PositiveMoney, ShortText
from loanstream.runtime.kit import BulkItem, Principal, ServiceKit
from schemas.agreement import PaymentKind
from schemas.fields import IsoDate
from schemas.servicing.commands import RecordReceipt, RefundReceipt, RequestReversal
from services.servicing.domain.receipt.decide import REFUND
from services.servicing.routes.queries import (
    READ,
    Cursor,
    Filter,
    Identifier,
    Limit,
    Record,
    check_cursor,
    money,
    own_party,
    page,
)

RECORD, REVERSE = "servicing:record-receipt", "servicing:reverse-receipt"

MOST_LINES = 1_000
"""Lines of one bank file."""

_RECEIPT_SEEN = (
    "SELECT 1 FROM receipts r LEFT JOIN loans l USING (loan_id) WHERE receipt_id = $1"
    " AND ($2::text IS NULL OR l.party_ref = $2)"
)

Status = Literal["received", "applied", "suspended", "reversal-requested", "reversed", "refunded"]


class NewReceipt(BaseModel):
    """Money that the bank credited. Without a loan, or for a contract nobody knows, it is held in suspense 挂账."""

    model_config = ConfigDict(extra="forbid")

    bank_reference: Identifier
    loan_id: Identifier | None = None
    contract_no: ShortText | None = None
    amount: PositiveMoney
    value_date: IsoDate | None = None
    """From when it counts; the open business day when left out."""
    channel: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["bank-transfer"])] = "manual"
    kind: PaymentKind = PaymentKind.REPAYMENT
    """What the money is: kinds may settle a debt in orders of their own."""

    @model_validator(mode="after")
    def _one_name(self) -> "NewReceipt":
        if self.loan_id is not None and self.contract_no is not None:
            raise ValueError("name the loan by loan_id or by contract_no, not by both")
        return self


class ReceiptFile(BaseModel):
    """A bank's file of receipts. The same file again records nothing twice."""

    model_config = ConfigDict(extra="forbid")

    file_reference: Identifier
    receipts: Annotated[tuple[NewReceipt, ...], Field(min_length=1, max_length=MOST_LINES)]


class Reversal(BaseModel):
    """Why the bank took the money back."""

    model_config = ConfigDict(extra="forbid")

    cause: ShortText


class Refund(BaseModel):
    """Suspended money that was paid back; the payout's own reference makes it count once."""

    model_config = ConfigDict(extra="forbid")

    amount: PositiveMoney
    reason: ShortText
    refund_reference: Identifier


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of receipts."""
    router = APIRouter()
    _commands(router, kit)
    _queries(router, kit)
    return router


def _commands(router: APIRouter, kit: ServiceKit) -> None:
    recorder, reverser = Depends(kit.require(RECORD)), Depends(kit.require(REVERSE))
    refunder = Depends(kit.require(REFUND))

    @router.post("/receipts")
    async def record(request: Request, body: NewReceipt, principal: Principal = recorder) -> Response:
        """Record incoming money; it is then applied to its loan. The same bank reference counts once."""
        (command,) = await _commands_of(kit, [body])
        return await kit.submit(request, principal, "record-receipt", body.bank_reference, command)

    @router.post("/receipt-files")
    async def import_file(request: Request, body: ReceiptFile, principal: Principal = recorder) -> Response:
        """Import a bank's file: each line is recorded or refused by itself."""
        commands = await _commands_of(kit, body.receipts)
        items = [
            BulkItem(f"{body.file_reference}/{number}/{line.bank_reference}", line.bank_reference, command)
            for number, (line, command) in enumerate(zip(body.receipts, commands, strict=True), start=1)
        ]
        return await kit.submit_many(request, principal, "import-receipts", items)

    @router.post("/receipts/{receipt_id}/reversal")
    async def reverse(request: Request, receipt_id: str, body: Reversal, principal: Principal = reverser) -> Response:
        """Undo a receipt 冲正: the loan owes again exactly what it had paid."""
        command = RequestReversal(cause=body.cause)
        return await kit.submit(request, principal, "reverse-receipt", receipt_id, command)

    @router.post("/receipts/{receipt_id}/refunds")
    async def refund(request: Request, receipt_id: str, body: Refund, principal: Principal = refunder) -> Response:
        """State that suspended money was paid back to who paid it 退款; never more than is held."""
        command = RefundReceipt(amount=body.amount, reason=body.reason, refund_reference=body.refund_reference)
        return await kit.submit(request, principal, "refund-receipt", receipt_id, command)


def _queries(router: APIRouter, kit: ServiceKit) -> None:
    reader = Depends(kit.require(READ))

    @router.get("/receipts/{receipt_id}")
    async def receipt(request: Request, receipt_id: str, principal: Principal = reader) -> dict[str, Any]:
        """One receipt: how much of it is applied, held in suspense, reversed."""
        await kit.at_least(request, receipt_id)
        rows = await kit.fetch(
            "SELECT r.*, l.party_ref FROM receipts r LEFT JOIN loans l USING (loan_id) WHERE receipt_id = $1",
            receipt_id,
        )
        if not rows or not kit.owns(principal, rows[0]["party_ref"] or ""):
            detail = f"There is no receipt {receipt_id} that you may see; check the reference."
            raise kit.problem(404, "not-found", detail)
        return _view(rows[0])

    @router.get("/receipts")
    async def receipts(
        status: Status | None = None,
        loan_id: Filter = None,
        after: Cursor = "",
        limit: Limit = 100,
        principal: Principal = reader,
    ) -> dict[str, Any]:
        """Receipts by reference; ``status=suspended`` lists the money that waits for a decision."""
        await check_cursor(kit, _RECEIPT_SEEN, after, after, own_party(principal))
        rows = await kit.fetch(
            "SELECT r.*, l.party_ref FROM receipts r LEFT JOIN loans l USING (loan_id) WHERE receipt_id > $1"
            " AND ($2::text IS NULL OR r.status = $2) AND ($3::text IS NULL OR loan_id = $3)"
            " AND ($4::text IS NULL OR l.party_ref = $4) ORDER BY receipt_id LIMIT $5",
            after,
            status,
            loan_id,
            own_party(principal),
            limit + 1,
        )
        shown, following = page(rows, limit, "receipt_id")
        return {"receipts": [_view(row) for row in shown], "next": following}


async def _commands_of(kit: ServiceKit, receipts: Sequence[NewReceipt]) -> list[RecordReceipt]:
    """The commands of receipts, contract numbers looked up."""
    numbers = sorted({receipt.contract_no for receipt in receipts if receipt.contract_no})
    rows = (
        await kit.fetch("SELECT contract_no, loan_id FROM loans WHERE contract_no = ANY($1::text[])", numbers)
        if numbers
        else []
    )
    loans = {row["contract_no"]: row["loan_id"] for row in rows}
    return [
        RecordReceipt(
            loan_id=receipt.loan_id or loans.get(receipt.contract_no, ""),
            amount=receipt.amount,
            channel=receipt.channel,
            value_date=receipt.value_date,
            kind=receipt.kind,
        )
        for receipt in receipts
    ]


def _view(row: Record) -> dict[str, Any]:
    currency = row["currency"]
    pending = row["amount"] - row["applied"] - row["suspended"] - row["refunded"] - row["reversed"]
    return {
        **{name: row[name] for name in ("receipt_id", "loan_id", "status", "value_date", "channel", "received_on")},
        **{name: money(row[name], currency) for name in ("amount", "applied", "suspended", "refunded", "reversed")},
        "not_yet_applied": money(pending, currency),
        "reason": row["reason"],
        "sequence": row["sequence"],
    }
