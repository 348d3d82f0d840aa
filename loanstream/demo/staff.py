"""What the demo's staff do: each in the name of the one user who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from hashlib import sha256
from typing import Any

from loanstream.demo.borrowers import CURRENCY, money
from loanstream.demo.client import Api, DemoError
from loanstream.demo.ledger import READER

PRODUCT = "consumer-credit"
CAPITAL_ACCOUNT = f"own-capital-{CURRENCY}"
CAPITAL = Decimal(10_000_000)
"""Deposited once per seed: three times what all 1,000 applicants ask for."""

_ORIGINATION = "/api/origination"
_FUNDING = "/api/funding"
_SERVICING = "/api/servicing"
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Product:
    """The product that the borrowers apply for."""

    product_id: str
    annual_rate: Decimal
    minimum: Decimal


async def product_on_sale(api: Api) -> Product:
    """The shipped consumer credit, proposed by its maker and published by the checker where it is not on sale yet."""
    published = await _versions(api, state="published")
    if not published:
        version = await _proposed(api)
        path = f"{_ORIGINATION}/products/{PRODUCT}/versions/{version}/publication"
        await api.command("product-checker", path, f"demo-publish-{PRODUCT}-{version}", {})
        published = await _versions(api, state="published", at_least=version + 1)
    terms = published[0]["terms"]
    return Product(PRODUCT, Decimal(terms["annual_rate"]), Decimal(terms["minimum"]["amount"]))


async def _proposed(api: Api) -> int:
    """The version to publish: one that somebody proposed, else a new one with the shipped terms."""
    proposed = await _versions(api, state="proposed")
    if proposed:
        return int(proposed[0]["version"])
    shipped = await api.get("product-maker", f"{_ORIGINATION}/products/shipped")
    terms = next((p["terms"] for p in shipped["products"] if p["product_id"] == PRODUCT), None)
    if terms is None:
        raise DemoError(f"The system ships no product {PRODUCT}: propose and publish one, then call the demo again.")
    number = len(await _versions(api)) + 1
    body = {"product_id": PRODUCT, "terms": terms}
    await api.command("product-maker", f"{_ORIGINATION}/products", f"demo-propose-{PRODUCT}-{number}", body)
    return number


async def _versions(api: Api, at_least: int = 0, **filters: str) -> list[Mapping[str, Any]]:
    """Versions of the product, newest first."""
    waiting = {"at-least": at_least} if at_least else {}
    found = await api.get(READER, f"{_ORIGINATION}/products", product_id=PRODUCT, **filters, **waiting)
    versions: list[Mapping[str, Any]] = found["products"]
    return versions


async def provide_capital(api: Api, seed: int) -> None:
    """Open the lender's custody account and deposit the capital of this seed, once."""
    account = {"account_id": CAPITAL_ACCOUNT, "owner": "own-capital", "currency": CURRENCY}
    await api.command("finance-officer", f"{_FUNDING}/accounts", "demo-open-capital", account)
    deposit = {"amount": money(CAPITAL), "bank_reference": f"DEMO-{seed}-CAPITAL"}
    path = f"{_FUNDING}/accounts/{CAPITAL_ACCOUNT}/deposits"
    await api.command("finance-officer", path, f"demo-{seed}-capital", deposit)


async def decide(api: Api, file: str, row: Mapping[str, Any], minimum: Decimal) -> None:
    """Decide an application that the rules referred, by the limit of the assessment.

    A limit of at least three times the amount: approved as asked. A limit that covers the amount: three quarters of it, in
    whole hundreds. Below: refused.
    """
    amount, limit = Decimal(row["amount"]["amount"]), Decimal(row["review_limit"]["amount"])
    body: dict[str, Any] = {"verdict": "approve"}
    if limit < amount:
        reason = "The limit of the assessment does not cover the amount asked for."
        body = {"verdict": "refuse", "reasons": [{"code": "limit-too-low", "message": reason, "rule": "review/1"}]}
    elif limit < 3 * amount:
        reduced = (amount * 3 / 4 / _HUNDRED).quantize(Decimal(1), ROUND_DOWN) * _HUNDRED
        body["amount"] = money(max(reduced, minimum))
    path = f"{_ORIGINATION}/applications/{row['application_id']}/decision"
    await api.command("credit-officer", path, f"{file}/decision", body)


async def sign(api: Api, file: str, contract: Mapping[str, Any]) -> None:
    """Both sides sign the digest of the text that the borrower has read."""
    path = f"{_ORIGINATION}/contracts/{contract['contract_id']}"
    digest = sha256(await api.read("borrower", f"{path}/text")).hexdigest()
    if digest != contract["digest"]:
        raise DemoError(
            f"Contract {contract['contract_no']}: its text has the digest {digest}, not the one to be signed."
        )
    for side, user in (("borrower", "borrower"), ("lender", "lender-signatory")):
        await api.command(user, f"{path}/signatures", f"{file}/sign-{side}", {"side": side, "digest": digest})


async def release(api: Api, file: str, drawdown: Mapping[str, Any]) -> None:
    """Two people release the payout, one after the other; somebody may have done so in the console before."""
    path = f"{_ORIGINATION}/drawdowns/{drawdown['drawdown_id']}/releases"
    done_before = ("releaser-is-the-same", "already-ordered")
    for user in ("releaser-1", "releaser-2"):
        await api.command(user, path, f"{file}/{user}", {}, expected=done_before)


async def current_day(api: Api) -> date | None:
    """The latest business day that was opened; ``None`` before the first."""
    days = (await api.get(READER, f"{_SERVICING}/business-days", limit=1))["business_days"]
    return date.fromisoformat(days[0]["business_date"]) if days else None


async def start_day(api: Api, seed: int, day: date) -> None:
    """Open a business day, and the missed ones before it."""
    path = f"{_SERVICING}/business-days"
    await api.command(READER, path, f"demo-{seed}-day-{day}", {"business_date": day.isoformat()})


async def take_back(api: Api, reference: str) -> None:
    """The bank takes a payment back; there may be none, when nothing was left to be paid that day."""
    path = f"{_SERVICING}/receipts/{reference}/reversal"
    cause = "Returned by the payer's bank: booked to a wrong account."
    await api.command(READER, path, f"{reference}/reversal", {"cause": cause}, expected=("not-found",))


async def write_off(api: Api, loan_id: str) -> None:
    """Take a loan off the balance that is more than 180 days past due."""
    path = f"{_SERVICING}/loans/{loan_id}/write-off"
    body = {"reason": "More than 180 days past due, no payment to be expected."}
    await api.command("finance-officer", path, f"demo-write-off-{loan_id}", body)
