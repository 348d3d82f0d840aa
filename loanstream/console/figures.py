"""Figures as people read them: money, rates, moments 数字的写法. From text to text: no float ever holds an amount."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

MINUS = "\u2212"
"""The sign of a negative amount: as wide as a digit, never broken off at the end of a line."""

ABSENT = "–"
"""What stands where there is no value."""

_DECIMAL = re.compile(r"([+-]?)([0-9]+)(\.[0-9]+)?")
_THREE_FROM_THE_RIGHT = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")


def grouped(number: str | int) -> str:
    """A decimal with thousands separators: ``-1234567.80`` is ``−1,234,567.80``.

    All digits stay as they are. Text that is no plain decimal is given back untouched.
    """
    text = str(number)
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return text
    sign, whole, fraction = found.groups()
    return (MINUS if sign == "-" else "") + _THREE_FROM_THE_RIGHT.sub(",", whole) + (fraction or "")


def amount(money: Mapping[str, Any] | None) -> str:
    """The amount of the contract's money without its currency, for columns that name it in their heading."""
    return ABSENT if money is None else grouped(str(money["amount"]))


def with_currency(money: Mapping[str, Any] | None) -> str:
    """Amount and currency: ``1,234.50 CNY``."""
    return ABSENT if money is None else f"{amount(money)}\u00a0{money['currency']}"


def is_zero(money: Mapping[str, Any]) -> bool:
    """Whether the amount is nothing."""
    return not str(money["amount"]).strip("-+0.")


def is_money(value: Any) -> bool:
    """Whether a value of an event is the contract's money."""
    return isinstance(value, Mapping) and value.keys() == {"amount", "currency"}


def total(components: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The sum of an amount's components, which are of one currency."""
    parts = list(components.values())
    added = sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    return {"amount": str(added), "currency": parts[0]["currency"]}


def percent(rate: Any) -> str:
    """A rate as a fraction in percent: ``0.144`` is ``14.4 %``; never rounded. What is no plain decimal stays as it is."""
    if rate is None:
        return ABSENT
    text = str(rate)
    return f"{Decimal(text).scaleb(2).normalize():f}\u00a0%" if _DECIMAL.fullmatch(text) else text


def moment(instant: str | None, zone: ZoneInfo) -> str:
    """A recorded time to the second in the installation's zone; text that is no instant is given back untouched."""
    if not instant:
        return ABSENT
    try:
        return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return instant


def brief(identifier: str | None) -> str:
    """The first characters of an id, enough to recognise it in a column."""
    return ABSENT if not identifier else identifier if len(identifier) <= 12 else f"{identifier[:8]}…"


def seconds(value: float) -> str:
    """A lag in seconds: one decimal below a minute, then minutes and hours."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(int(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
