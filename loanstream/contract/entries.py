"""What the catalogue says of each event, as data: its pages, Markdown and HTML, are made from it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loanstream.contract.consumers import consumers, triggers
from loanstream.contract.field_notes import plain
from loanstream.contract.golden import GoldenEvent, golden_events
from loanstream.contract.json_schemas import Schema, json_schema, message_types
from loanstream.contract.outcomes import outcome_schema
from loanstream.contract.released import RELEASED
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import MessageType
from schemas.topics import CONTEXTS
from schemas.upcasting import upcasts

MONEY = "money"

_DECIMALS = ("^-?[0-9]+", "^(?!^[-+.]*$)[+-]?0*")
"""How the patterns of decimals begin: ours, and pydantic's for a decimal without one."""
_UNITS = {
    MONEY: "major units, ISO 4217",
    "date": "YYYY-MM-DD",
    "date-time": "RFC 3339, UTC",
}
_MISSING = object()


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One field of an event, or of an object inside it."""

    path: str
    """From the event on: ``schedule[].due_date`` is a field of every member of the list ``schedule``."""
    kind: str
    optional: bool
    meaning: str
    """What its own text says; may be empty."""
    of_kind: str
    """What is said of the class that its values have; may be empty."""
    example: str
    """Its value in the golden example, as JSON; the first one in a list, and nothing for an object with fields below."""

    @property
    def unit(self) -> str:
        """How a value of this kind is written; empty where the meaning says it."""
        return next((unit for kind, unit in _UNITS.items() if self.kind.split(" or ")[0].endswith(kind)), "")


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One event type."""

    message: MessageType
    meaning: str
    """What the source says of it; paragraphs stand apart by an empty line."""
    upon: tuple[str, ...]
    """Names of the commands that can lead to it; none for what the platform itself does."""
    read_by: tuple[str, ...]
    versions: str
    """The version, whether the last release has it, and older ones that are still read."""
    fields: tuple[FieldEntry, ...]
    example: str
    """Its golden example as indented JSON; empty without one."""

    @property
    def summary(self) -> str:
        """The first paragraph of the meaning."""
        return self.meaning.split("\n\n")[0]

    @property
    def is_shared(self) -> bool:
        """Whether every context has it under its own name."""
        return self.message.aggregate == PARTITION_AGGREGATE


def own_events(context: str) -> tuple[EventEntry, ...]:
    """What only this context says."""
    return tuple(each for each in _entries(context) if not each.is_shared)


def shared_events() -> tuple[EventEntry, ...]:
    """What every context says of its partitions, told of the first."""
    return tuple(each for each in _entries(CONTEXTS[0]) if each.is_shared)


def outcome_fields() -> tuple[FieldEntry, ...]:
    """Of what became of a command."""
    schema = outcome_schema()
    return tuple(_fields(schema, schema, "", _MISSING))


def _entries(context: str) -> Iterator[EventEntry]:
    golden = golden_events()
    own = (each for each in message_types() if each.kind == "event" and each.context == context)
    return (_entry(each, golden.get(each.ce_type)) for each in own)


def _entry(message: MessageType, golden: GoldenEvent | None) -> EventEntry:
    schema = json_schema(message)
    return EventEntry(
        message=message,
        meaning=plain(message.cls.__doc__ or ""),
        upon=tuple(each.split(".")[2] for each in triggers().get(message.ce_type, ())),
        read_by=tuple(consumers().get(message.ce_type, ())),
        versions=_versions(message),
        fields=tuple(_fields(schema, schema, "", _MISSING if golden is None else golden.data)),
        example="" if golden is None else json.dumps(golden.data, ensure_ascii=False, indent=2),
    )


def _versions(message: MessageType) -> str:
    contract = json.loads(RELEASED.read_text(encoding="utf-8"))
    known = f"in release {contract['release']}" if message.ce_type in contract["events"] else "not released yet"
    older = [
        each.rpartition(".")[2] for each in sorted(upcasts(), reverse=True) if _stem(each) == _stem(message.ce_type)
    ]
    now = f"v{message.version}"
    return ", ".join([f"{now} ({known})", *(f"{each} (read as {now})" for each in older)])


def _stem(ce_type: str) -> str:
    return ce_type.rpartition(".")[0]


def _fields(schema: Schema, root: Schema, within: str, example: Any) -> Iterator[FieldEntry]:
    """An entry a field, those of a nested object after it."""
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inner, kind = _kind(field, root)
        value = example.get(name, _MISSING) if isinstance(example, Mapping) else _MISSING
        below = {} if inner.get("title") == "Money" else inner
        first = value[0] if isinstance(value, list) and value else value
        yield FieldEntry(
            path=f"{within}{name}",
            kind=kind,
            optional=name not in needed,
            meaning=field.get("description", ""),
            of_kind=inner.get("description", ""),
            example="" if first is _MISSING or "properties" in below else json.dumps(first, ensure_ascii=False),
        )
        yield from _fields(below, root, f"{within}{name}{'[]' if kind.startswith('list') else ''}.", first)


def _kind(field: Schema, root: Schema) -> tuple[Schema, str]:
    """The schema that a field leads to, and what to call it."""
    if "$ref" in field:
        inner = root["$defs"][field["$ref"].rpartition("/")[2]]
        return inner, _called(inner)
    if field.get("type") == "array":
        inner, kind = _kind(field.get("items", {}), root)
        return inner, f"list of {kind}"
    if "anyOf" in field:
        found = [_kind(each, root) for each in field["anyOf"]]
        inner = next((each for each, _ in found if "properties" in each), {})
        return inner, " or ".join(kind for _, kind in found)
    return field, _called(field)


def _called(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("title") == "Money":
        return MONEY
    if schema.get("format") in ("date", "date-time"):
        return str(schema["format"])
    if schema.get("type") == "string" and schema.get("pattern", "").startswith(_DECIMALS):
        return "decimal"
    return {"integer": "whole number", "string": "text", "boolean": "truth value", "number": "decimal"}.get(
        schema.get("type", ""), str(schema.get("type", "anything"))
    )
