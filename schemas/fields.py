"""How plain values are read at every edge: one spelling for decimals and dates, closed vocabularies, whole numbers, lines.

These are annotations for pydantic. msgspec passes over them: what a host once wrote to its own topics it can always read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

LONGEST_DECIMAL = 100
"""Characters of a decimal: bounds the work that reading it takes."""

_DECIMAL = r"-?[0-9]+(\.[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True, slots=True)
class Spelled:
    """Only a JSON string that is spelled like ``pattern`` (the whole of it); ``said`` is what the caller is told else.

    Values that are of the type ``given`` already, from our own code, pass.
    """

    pattern: str
    longest: int
    given: type[Any]
    said: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Looks at the text before pydantic reads it, which would also take numbers, exponents and other digits."""
        return core_schema.no_info_before_validator_function(self._checked(), handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A string with the pattern; a format that the type has stays."""
        inner = handler(schema)
        kept = {"format": inner["format"]} if "format" in inner else {}
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": self.longest, **kept}

    def _checked(self) -> Callable[[Any], Any]:
        spelled = re.compile(self.pattern)

        def check(value: Any) -> Any:
            if isinstance(value, self.given):
                return value
            if isinstance(value, str) and len(value) <= self.longest and spelled.fullmatch(value):
                return value
            raise ValueError(self.said)

        return check


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text that is one of ``values``: refused at the edge when it is not, while the type, and what is stored, stays text."""

    values: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """The message of a refusal lists them all, and so does the JSON Schema."""
        return core_schema.literal_schema(list(self.values))


PLAIN_DECIMAL = Spelled(
    _DECIMAL, LONGEST_DECIMAL, Decimal, 'must be a decimal in a JSON string, digits alone: "12.34" or "-0.5"'
)
"""Beside ``Decimal``: ASCII digits with an optional minus and fraction; no exponent, no spaces, no JSON number."""

IsoDate = Annotated[
    date, Spelled(_DATE, 10, date, 'must be a date in a JSON string, "YYYY-MM-DD"'), Field(examples=["2026-01-05"])
]
"""A date as it stands in ISO 8601; no time, no seconds since 1970."""

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
"""A stable code or the name of a kind."""

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
"""Pattern of a text without control characters."""

Line = Annotated[str, Field(max_length=200, pattern=ONE_LINE)]
"""One line of text without control characters; it may be empty."""


def whole(lowest: int, highest: int) -> Any:
    """Beside ``int``: a JSON number without a fraction, in these bounds; no text, no truth value."""
    return Field(strict=True, ge=lowest, le=highest)
