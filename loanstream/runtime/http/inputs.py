"""What callers may send: types for request bodies and parameters, and the last check of a command before it is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from loanstream.runtime.http.problems import invalid_fields
from schemas.money import Money

MAX_TEXT = 4000
MAX_ITEMS = 10_000
MAX_KEY = 200
_LARGEST_NUMBER = 2**63


def _positive(money: Money) -> Money:
    if money.amount <= 0:
        raise ValueError("the amount must be above zero")
    return money


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        raise ValueError("the amount must not be negative")
    return money


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the text holds a NUL character")
    return text


PositiveMoney = Annotated[Money, AfterValidator(_positive)]
"""An amount above zero."""

NonNegativeMoney = Annotated[Money, AfterValidator(_not_negative)]
"""An amount of zero or more."""

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_clean)]
"""A sentence or several."""

ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
"""A name, a code, a line."""

Reference = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.:/@+-]+$")]
"""An identifier: letters, digits and ``. _ : / @ + -``."""


def check_command(command: Any) -> None:
    """Refuse what no service can mean, whatever its own body types allow: negative money, NUL characters, endless texts,
    numbers that no column holds.

    Raises :class:`~loanstream.runtime.http.problems.Problem` 400 ``invalid-input`` that names every such field.
    """
    errors = list(_errors(command, ""))
    if errors:
        raise invalid_fields(errors)


def _errors(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if "\x00" in value:
            yield path, "holds a NUL character"
        if len(value) > MAX_TEXT:
            yield path, f"has {len(value)} characters, at most {MAX_TEXT} are accepted"
    elif isinstance(value, Money):
        if value.amount < 0:
            yield path, "the amount must not be negative"
    elif isinstance(value, int):
        if not -_LARGEST_NUMBER < value < _LARGEST_NUMBER:
            yield path, "is too large a number"
    elif isinstance(value, Decimal):
        if not value.is_finite():
            yield path, "must be a finite number"
    elif isinstance(value, (tuple, list)):
        if len(value) > MAX_ITEMS:
            yield path, f"has {len(value)} items, at most {MAX_ITEMS} are accepted"
        for index, item in enumerate(value):
            yield from _errors(item, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _errors(item, f"{path}.{name}")
    elif is_dataclass(value):
        cls: Any = type(value)
        for name in _field_names(cls):
            yield from _errors(getattr(value, name), f"{path}.{name}" if path else name)


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))
