"""Money as it stands in the public contract: a decimal amount and its currency 金额与币种."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.fields import PLAIN_DECIMAL

MINOR_DIGITS: dict[str, int] = {"CNY": 2, "EUR": 2, "USD": 2, "GBP": 2, "HKD": 2, "JPY": 0}
"""Decimal places of the minor unit by ISO 4217 code (source: ISO 4217 list one)."""

LARGEST_AMOUNT = Decimal(10) ** 15
"""Amounts stay below this many major units, so that minor units fit 64-bit columns and sums of millions of them too."""
_PRECISION = 28


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units with as many decimals as the currency has, and the ISO 4217 code.

    JSON: ``{"amount": "12.34", "currency": "CNY"}``.
    """

    # an edge takes the amount as a string of plain digits only, and gives one with fewer decimals those of its currency;
    # state keeps integer minor units instead
    __pydantic_config__ = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, PLAIN_DECIMAL, Field(description="major units, exact decimal", examples=["12.34"])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217 code", examples=["CNY"])]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Every edge also refuses unknown currencies, too many decimals and amounts no loan can have; 10 becomes 10.00."""
        return core_schema.no_info_after_validator_function(_exact, handler(source))


@lru_cache(maxsize=4096)
def of_minor(units: int, currency: str) -> Money:
    """Money from integer minor units: ``of_minor(1234, "CNY")`` is 12.34 CNY.

    Raises ``ValueError`` for a currency that is not in :data:`MINOR_DIGITS`.
    """
    return Money(Decimal(units).scaleb(-_digits(currency)), currency)


def minor(money: Money) -> int:
    """Integer minor units of ``money``; never rounds.

    Raises ``ValueError`` when the amount has more decimals than the currency.
    """
    scaled = money.amount.scaleb(MINOR_DIGITS.get(money.currency) or _digits(money.currency))
    units = int(scaled)
    if units != scaled:
        raise ValueError(
            f"{money.amount} {money.currency} has more decimals than the {MINOR_DIGITS[money.currency]} of the currency"
        )
    return units


def _exact(money: Money) -> Money:
    """``money`` with exactly the decimals of its currency; raises ``ValueError`` when :func:`minor` cannot take it exactly.

    Size and length come first, by comparison alone: they bound the arithmetic, whose precision is 28 digits.
    """
    if not -LARGEST_AMOUNT < money.amount < LARGEST_AMOUNT:
        raise ValueError(f"the amount must be below {LARGEST_AMOUNT:f} in absolute value")
    _, digits, exponent = money.amount.as_tuple()
    if len(digits) > _PRECISION or (isinstance(exponent, int) and exponent < -_PRECISION):
        raise ValueError(f"the amount must not have more than {_PRECISION} digits")
    return of_minor(minor(money), money.currency)


def _digits(currency: str) -> int:
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency!r}; known: {', '.join(sorted(MINOR_DIGITS))}") from None
