"""Money as it stands in the public contract: a decimal amount and its currency 金额与币种."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

MINOR_DIGITS: dict[str, int] = {"CNY": 2, "EUR": 2, "USD": 2, "GBP": 2, "HKD": 2, "JPY": 0}
"""Decimal places of the minor unit by ISO 4217 code (source: ISO 4217 list one)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units with as many decimals as the currency has, and the ISO 4217 code.

    JSON: ``{"amount": "12.34", "currency": "CNY"}``. State keeps integer minor units instead (see :func:`minor`).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(description="major units, exact decimal", examples=["12.34"])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217 code", examples=["CNY"])]


def of_minor(units: int, currency: str) -> Money:
    """Money from integer minor units: ``of_minor(1234, "CNY")`` is 12.34 CNY.

    Raises ``ValueError`` for a currency that is not in :data:`MINOR_DIGITS`.
    """
    return Money(Decimal(units).scaleb(-_digits(currency)), currency)


def minor(money: Money) -> int:
    """Integer minor units of ``money``; never rounds.

    Raises ``ValueError`` when the amount has more decimals than the currency.
    """
    scaled = money.amount.scaleb(_digits(money.currency))
    units = int(scaled)
    if units != scaled:
        raise ValueError(
            f"{money.amount} {money.currency} has more decimals than the {MINOR_DIGITS[money.currency]} of the currency"
        )
    return units


def _digits(currency: str) -> int:
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency!r}; known: {', '.join(sorted(MINOR_DIGITS))}") from None
