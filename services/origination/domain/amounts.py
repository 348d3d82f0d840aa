"""Money of a command as minor units, without raising: what cannot be represented is an answer, not an error."""

from decimal import Decimal

from schemas.money import Money, minor

LARGEST = Decimal(10) ** 15
"""Amounts from here on are taken for typing errors, in any currency."""


def units(money: Money) -> int | None:
    """Minor units of ``money``; ``None`` when the currency is unknown, or the amount is too large or too fine for it."""
    if not money.amount.is_finite() or abs(money.amount) >= LARGEST:
        return None
    try:
        return minor(money)
    except ValueError:
        return None


def units_in(money: Money, currency: str) -> int | None:
    """Minor units of ``money`` when it is in ``currency``, else ``None``."""
    return units(money) if money.currency == currency else None


def text(money: Money) -> str:
    """How an amount stands in a message: ``250.00 CNY``."""
    return f"{money.amount} {money.currency}"
