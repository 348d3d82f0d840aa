"""Reading a document: JSON to a closed form, or every reason why not, each with the field it is about."""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from schemas.money import Money, minor

_MONEY = TypeAdapter(Money)
_LARGEST = 2_000_000
"""Characters of a document."""

Form = TypeVar("Form", bound=BaseModel)


class Fault(NamedTuple):
    """One reason to refuse a document."""

    field: str
    """Where it is, e.g. ``charges[0].amount``; empty for the document as a whole."""
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class Unfit(ValueError):
    """A document that cannot be used. Nothing was computed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def parsed(text: str) -> Any:
    """The JSON value of ``text``. Raises :class:`Unfit` with the place of the fault; a key given twice is one."""
    if len(text) > _LARGEST:
        raise Unfit([Fault("", f"the document has more than {_LARGEST} characters")])
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise Unfit([Fault("", "the document is nested too deeply")]) from None
    except ValueError as error:
        raise Unfit([Fault("", f"not JSON: {error}")]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"given twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
    return found


def read(form: type[Form], value: Any) -> Form:
    """``value`` as ``form``. Raises :class:`Unfit` with every fault that its shape has."""
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise Unfit(_fault(one, value) for one in error.errors()) from None


def _fault(error: ErrorDetails, value: Any) -> Fault:
    kind, said = error["type"], error["msg"]
    where = list(_written(error["loc"], value))
    if kind == "union_tag_invalid":
        known = re.findall(r"'([a-z-]+)'", error["ctx"]["expected_tags"])
        return Fault(path(*where, "type"), f"no type {error['ctx']['tag']!r}; there are {', '.join(known)}")
    if kind == "union_tag_not_found":
        return Fault(path(*where, "type"), "is missing")
    reason = _SAID.get(kind, said.removeprefix("Value error, "))
    return Fault(path(*where), reason[:1].lower() + reason[1:])


_SAID = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "tuple_type": "must be a list",
}


def _written(where: tuple[int | str, ...], value: Any) -> Iterator[int | str]:
    """The parts of a place that stand in the document: pydantic names the alternative that was chosen, too."""
    for i, part in enumerate(where):
        inside: Any = part
        if (isinstance(value, dict) and inside in value) or (isinstance(value, list) and isinstance(inside, int)):
            value = value[inside]
        elif i < len(where) - 1:
            continue
        yield part


def path(*parts: int | str) -> str:
    """How a field is named: ``path("charges", 0, "amount")`` is ``charges[0].amount``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


class Amounts:
    """Turns amounts of one currency into minor units, and keeps the faults it meets."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.faults: list[Fault] = []

    def minor(self, amount: Decimal, field: str, *, positive: bool = True) -> int:
        """Minor units of ``amount``; 0, and a fault, where it is none of the currency."""
        try:
            units = minor(_MONEY.validate_python({"amount": amount, "currency": self.currency}))
        except ValidationError as error:
            self.faults.append(Fault(field, error.errors()[0]["msg"].removeprefix("Value error, ")))
            return 0
        if positive and units <= 0:
            self.faults.append(Fault(field, "must be positive"))
        return units

    def optional(self, amount: Decimal | None, field: str) -> int | None:
        """As :meth:`minor`, for an amount that need not be there."""
        return None if amount is None else self.minor(amount, field)
