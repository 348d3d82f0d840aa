"""HTTP of funding: custody accounts, deposits, transfers, fundings, and the custody books."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime.http.inputs import PositiveMoney, ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.fields import OneOf
from schemas.funding.commands import Deposit, OpenAccount, OpenTransfer, RetryFunding
from schemas.money import MINOR_DIGITS, of_minor
from services.funding.domain.transfer.decide import BY_A_PERSON
from services.funding.projections import TRANSIT

OPEN_ACCOUNT, DEPOSIT, TRANSFER, READ = (
    "funding:open-account",
    "funding:deposit",
    "funding:transfer",
    "funding:read",
)
"""Permissions of this service."""


Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many rows an answer has."""

Filter = Annotated[str, Query(min_length=1, max_length=200)]
"""An id to filter by."""

AccountId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$",
        description="id of a custody account",
        examples=["own-capital-CNY"],
    ),
]


class NewAccount(BaseModel):
    """A custody account to open."""

    model_config = ConfigDict(extra="forbid")

    account_id: AccountId
    owner: ShortText
    currency: Annotated[str, OneOf(tuple(MINOR_DIGITS)), Field(description="ISO 4217 code")]


class NewDeposit(BaseModel):
    """Money that the custody bank confirmed on an account."""

    model_config = ConfigDict(extra="forbid")

    amount: PositiveMoney
    bank_reference: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S+$")]


class NewTransfer(BaseModel):
    """Money to move between two accounts."""

    model_config = ConfigDict(extra="forbid")

    from_account: AccountId
    to_account: AccountId
    amount: PositiveMoney
    purpose: ShortText
    """What it is for, in a person's words."""


def api(kit: ServiceKit) -> APIRouter:
    """Routes of funding."""
    router = APIRouter(tags=["funding"])
    _account_routes(router, kit)
    _transfer_routes(router, kit)
    _funding_routes(router, kit)
    _book_routes(router, kit)
    return router


def _account_routes(router: APIRouter, kit: ServiceKit) -> None:
    @router.post("/accounts")
    async def open_account(
        request: Request, body: NewAccount, principal: Principal = Depends(kit.require(OPEN_ACCOUNT))
    ) -> Response:
        """Open a custody account 开立存管账户; the same account again does nothing."""
        command = OpenAccount(owner=body.owner, currency=body.currency)
        return await kit.submit(request, principal, "open-account", body.account_id, command)

    @router.post("/accounts/{account_id}/deposits")
    async def deposit(
        request: Request, account_id: str, body: NewDeposit, principal: Principal = Depends(kit.require(DEPOSIT))
    ) -> Response:
        """Book a deposit 充值 that the bank confirmed; a line of its statement counts once, on one account."""
        elsewhere = await kit.fetch(
            "SELECT account_id FROM deposits WHERE bank_reference = $1 AND account_id <> $2",
            body.bank_reference,
            account_id,
        )
        if elsewhere:
            raise kit.problem(
                409,
                "bank-reference-used",
                f"Bank reference {body.bank_reference} is booked on account {elsewhere[0]['account_id']}.",
            )
        command = Deposit(amount=body.amount, bank_reference=body.bank_reference)
        return await kit.submit(request, principal, "deposit", account_id, command)

    @router.get("/accounts", dependencies=[Depends(kit.require(READ))])
    async def accounts(owner: Filter | None = None, limit: Limit = 100) -> dict[str, Any]:
        """Accounts that are not a loan's, or those of one owner (``loan:<loan id>`` for a loan's)."""
        rows = await kit.fetch(
            "SELECT * FROM accounts WHERE CASE WHEN $1::text IS NULL THEN owner NOT LIKE 'loan:%' ELSE owner = $1 END"
            " ORDER BY account_id LIMIT $2",
            owner,
            limit,
        )
        return {"accounts": [_account_view(row) for row in rows]}

    @router.get("/accounts/{account_id}", dependencies=[Depends(kit.require(READ))])
    async def account(request: Request, account_id: str) -> dict[str, Any]:
        """One account: what is available, reserved, and owed."""
        await kit.at_least(request, account_id)
        rows = await kit.fetch("SELECT * FROM accounts WHERE account_id = $1 AND owner IS NOT NULL", account_id)
        return _account_view(_one(kit, rows, f"There is no account {account_id}."))


def _transfer_routes(router: APIRouter, kit: ServiceKit) -> None:
    @router.post("/transfers")
    async def open_transfer(
        request: Request, body: NewTransfer, principal: Principal = Depends(kit.require(TRANSFER))
    ) -> Response:
        """Move money between two accounts 划转. The answer says that it was opened; read it to see how it ended."""
        transfer_id = kit.new_id(request, principal, "open-transfer")
        command = OpenTransfer(
            from_account=body.from_account,
            to_account=body.to_account,
            amount=body.amount,
            purpose=BY_A_PERSON,
            reference=body.purpose,
        )
        extra = {"transfer_id": transfer_id}
        return await kit.submit(request, principal, "open-transfer", transfer_id, command, extra)

    @router.get("/transfers/{transfer_id}", dependencies=[Depends(kit.require(READ))])
    async def transfer(request: Request, transfer_id: str) -> dict[str, Any]:
        """One transfer: how far it came, and what of it stands in transit."""
        await kit.at_least(request, transfer_id)
        rows = await kit.fetch("SELECT * FROM transfers WHERE transfer_id = $1 AND status IS NOT NULL", transfer_id)
        return _transfer_view(_one(kit, rows, f"There is no transfer {transfer_id}."))


def _funding_routes(router: APIRouter, kit: ServiceKit) -> None:
    @router.get("/fundings/{application_id}", dependencies=[Depends(kit.require(READ))])
    async def funding(request: Request, application_id: str) -> dict[str, Any]:
        """The funding of an application: ``requested``, ``funded`` or ``failed`` with its reason."""
        await kit.at_least(request, application_id)
        rows = await kit.fetch("SELECT * FROM fundings WHERE application_id = $1", application_id)
        return _funding_view(_one(kit, rows, f"There is no funding of application {application_id}."))

    @router.post("/fundings/{application_id}/retries")
    async def retry(
        request: Request, application_id: str, principal: Principal = Depends(kit.require(TRANSFER))
    ) -> Response:
        """Ask for the money of a failed funding again, e.g. after a deposit."""
        return await kit.submit(request, principal, "retry-funding", application_id, RetryFunding())

    @router.get("/distributions", dependencies=[Depends(kit.require(READ))])
    async def distributions(loan_id: Filter, limit: Limit = 100) -> dict[str, Any]:
        """How the repayments of a loan were shared out, newest first."""
        rows = await kit.fetch(
            "SELECT * FROM distributions WHERE loan_id = $1 ORDER BY updated_at DESC, distribution_id LIMIT $2",
            loan_id,
            limit,
        )
        shares = await kit.fetch(
            "SELECT * FROM distribution_shares WHERE distribution_id = ANY($1::text[]) ORDER BY account_id",
            [row["distribution_id"] for row in rows],
        )
        return {"distributions": [_distribution_view(row, shares) for row in rows]}


def _book_routes(router: APIRouter, kit: ServiceKit) -> None:
    @router.get("/custody", dependencies=[Depends(kit.require(READ))])
    async def custody() -> dict[str, Any]:
        """The custody books: balances by kind of account per currency. They are balanced when they sum to zero."""
        # One statement, so that all of it is of one moment.
        rows = await kit.fetch(
            "SELECT currency, kind, sum(minor)::bigint AS minor, 0::bigint AS under_way FROM balances GROUP BY currency, kind"
            " UNION ALL SELECT currency, 'in-transit', 0, count(*) FROM (SELECT currency FROM transfers"
            " WHERE in_transit_minor <> 0 UNION ALL SELECT currency FROM distributions WHERE in_transit_minor <> 0) t"
            " GROUP BY currency"
        )
        books = [_book(currency, rows) for currency in sorted({row["currency"] for row in rows if row["currency"]})]
        return {"books": books, "balanced": all(book["balanced"] for book in books)}


def _book(currency: str, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """One currency's books."""
    kinds: dict[str, int] = dict.fromkeys(("bank", "lender", "loan", TRANSIT, "due-back"), 0)
    under_way = 0
    for row in rows:
        if row["currency"] == currency:
            kinds[row["kind"]] += row["minor"]
            under_way += row["under_way"]
    total = sum(kinds.values())
    return {
        "currency": currency,
        "balances": {kind: _money(units, currency) for kind, units in kinds.items()},
        "sum": _money(total, currency),
        "in_transit_total": _money(kinds[TRANSIT], currency),
        "in_transit_accounts": under_way,
        "balanced": total == 0,
    }


def _one(kit: ServiceKit, rows: list[Mapping[str, Any]], missing: str) -> Mapping[str, Any]:
    if not rows:
        raise kit.problem(404, "not-found", missing)
    return rows[0]


def _account_view(row: Mapping[str, Any]) -> dict[str, Any]:
    currency = row["currency"]
    amounts = {name: _money(row[f"{name}_minor"], currency) for name in ("available", "reserved", "due_back")}
    kept = ("account_id", "owner", "currency", "opened_at", "opened_on")
    return {**{name: row[name] for name in kept}, **amounts}


def _transfer_view(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = (
        "transfer_id",
        "from_account",
        "to_account",
        "purpose",
        "reference",
        "status",
        "reason",
        "opened_at",
        "business_date",
        "expires_on",
    )
    amounts = {
        "amount": _money(row["amount_minor"], row["currency"]),
        "in_transit": _money(row["in_transit_minor"], row["currency"]),
    }
    return {**{name: row[name] for name in kept}, **amounts}


def _funding_view(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = (
        "application_id",
        "loan_id",
        "contract_id",
        "transfer_id",
        "lender_account",
        "loan_account",
        "status",
        "reason",
        "attempts",
        "updated_at",
    )
    return {**{name: row[name] for name in kept}, "amount": _money(row["amount_minor"], row["currency"])}


def _distribution_view(row: Mapping[str, Any], shares: list[Mapping[str, Any]]) -> dict[str, Any]:
    currency, mine = row["currency"], row["distribution_id"]
    kept = ("distribution_id", "loan_id", "receipt_id", "kind", "reversal", "status", "updated_at", "business_date")
    names = ("amount", "principal", "interest", "penalty", "in_transit")
    return {
        **{name: row[name] for name in kept},
        **{name: _money(row[f"{name}_minor"], currency) for name in names},
        "shares": [
            {"account_id": share["account_id"], "amount": _money(share["amount_minor"], currency)}
            for share in shares
            if share["distribution_id"] == mine
        ],
    }


def _money(units: int, currency: str) -> dict[str, str]:
    money = of_minor(units, currency)
    return {"amount": str(money.amount), "currency": money.currency}
