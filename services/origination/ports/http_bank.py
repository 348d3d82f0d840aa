"""A bank behind HTTP: the place where an installation's own payment gateway goes.

What the gateway must offer: ``POST /payments`` with header ``Idempotency-Key`` and body ``{"amount", "currency", "account",
"value_date", "purpose"}``, and ``GET /payments/{key}``. Both answer ``{"state": "accepted" | "settled" | "rejected" |
"returned", "reference", "value_date", "reason"}``; 404 to the second says that the bank does not have the order.
"""

from datetime import date
from typing import Any
from urllib.parse import quote

import httpx

from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState

_FINALLY_NOT_PAID = frozenset({"rejected", "returned"})
_REFUSED = frozenset({400, 422})
"""Answers to an order by which the gateway says that it did not take it; any other failure leaves it open."""
_NOT_TAKEN = frozenset({401, 403, 404, 429, 503})
"""Turned away at the door: nothing was ordered, and later it may work."""


class HttpBank:
    """The adapter over an ``httpx`` client with the gateway's address, credentials and timeout."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def pay(self, order: PaymentOrder) -> BankAnswer:
        """See :class:`~services.origination.ports.bank.PayoutBank`. A timeout after sending is unknown, never a failure."""
        body = {
            "amount": str(order.amount.amount),
            "currency": order.amount.currency,
            "account": order.account,
            "value_date": order.value_date.isoformat(),
            "purpose": order.purpose,
        }
        try:
            response = await self._client.post("/payments", json=body, headers={"Idempotency-Key": order.key})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return BankAnswer(PaymentState.NOT_SENT, reason="the bank cannot be reached")
        except httpx.HTTPError as error:
            return BankAnswer(PaymentState.UNKNOWN, reason=type(error).__name__)
        if response.is_success:
            return _read(response)
        if response.status_code in _REFUSED:
            return BankAnswer(PaymentState.REJECTED, reason=_reason(response))
        state = PaymentState.NOT_SENT if response.status_code in _NOT_TAKEN else PaymentState.UNKNOWN
        return BankAnswer(state, reason=f"HTTP {response.status_code}")

    async def ask(self, key: str) -> BankAnswer:
        """See :class:`~services.origination.ports.bank.PayoutBank`."""
        try:
            response = await self._client.get(f"/payments/{quote(key, safe='')}")
        except httpx.HTTPError as error:
            return BankAnswer(PaymentState.UNKNOWN, reason=type(error).__name__)
        if response.status_code == 404:
            return BankAnswer(PaymentState.NOT_SENT)
        if not response.is_success:
            return BankAnswer(PaymentState.UNKNOWN, reason=f"HTTP {response.status_code}")
        return _read(response)

    async def aclose(self) -> None:
        """Close the client's connections."""
        await self._client.aclose()


def _read(response: httpx.Response) -> BankAnswer:
    """The answer in a body; what cannot be read is unknown, because money may have moved."""
    try:
        data: dict[str, Any] = response.json()
        state = data["state"]
        if state == "settled":
            value_date = date.fromisoformat(data["value_date"])
            return BankAnswer(PaymentState.SETTLED, str(data["reference"]), value_date)
        if state in _FINALLY_NOT_PAID:
            return BankAnswer(PaymentState.REJECTED, reason=f"{state}: {data.get('reason', '')}")
    except (ValueError, KeyError, TypeError) as error:
        return BankAnswer(PaymentState.UNKNOWN, reason=f"unreadable answer: {type(error).__name__}")
    return BankAnswer(PaymentState.UNKNOWN, reason=f"state {state}")


def _reason(response: httpx.Response) -> str:
    try:
        reason = response.json().get("reason", "")
    except (ValueError, AttributeError):
        reason = ""
    return f"HTTP {response.status_code}: {reason}".removesuffix(": ")
