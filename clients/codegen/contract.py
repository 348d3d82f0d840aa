"""The contract's documents, read into the few kinds of thing that they are made of.

Whatever a document says beyond these kinds is refused, so that no kit quietly means something else than the contract.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
"""Pattern of decimal text: amounts, rates, factors."""


class NotInTheContract(ValueError):
    """A document says something that the kits have no word for; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Plain:
    """``text``, ``integer``, ``boolean``, ``decimal`` (text of a decimal number) or ``date`` (ISO text)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Named:
    """A shape or an enumeration, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Text that is one of some values, without a name."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of one kind."""

    item: "Kind"


@dataclass(frozen=True, slots=True)
class OrNull:
    """One kind, or null."""

    kind: "Kind"


Kind = Plain | Named | OneOf | ListOf | OrNull


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a shape; ``default`` counts where ``required`` is false."""

    name: str
    kind: Kind
    required: bool
    default: Any
    doc: str


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with named fields."""

    name: str
    doc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Text that is one of some values."""

    name: str
    doc: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type with the shape of its value, and its schema as published."""

    ce_type: str
    context: str
    shape: Shape
    schema: Schema


@dataclass(frozen=True, slots=True)
class Contract:
    """What the kits are made from: topics of events by context, event types, and the values that they share."""

    topics: Mapping[str, str]
    events: tuple[EventType, ...]
    values: tuple[Shape | Enumeration, ...]


def read(generated: Path) -> Contract:
    """The contract in the folder of generated documents. Raises :class:`NotInTheContract`."""
    document = json.loads((generated / "asyncapi.json").read_text(encoding="utf-8"))
    channels = {
        name.split(".")[1]: channel for name, channel in document["channels"].items() if name.split(".")[2] == "events"
    }
    events = []
    values: dict[str, Shape | Enumeration] = {}
    for context, channel in channels.items():
        for ce_type in sorted(name for name in channel["messages"] if name.startswith(f"loanstream.{context}.")):
            schema = json.loads((generated / "json" / f"{ce_type}.json").read_text(encoding="utf-8"))
            events.append(EventType(ce_type, context, _shape(class_name(ce_type), schema), schema))
            for value in _definitions(schema):
                if values.setdefault(value.name, value) != value:
                    raise NotInTheContract(f"{ce_type}: {value.name} is another one than elsewhere")
    topics = {context: channel["address"] for context, channel in channels.items()}
    return Contract(topics, tuple(events), tuple(values[name] for name in _in_order(values)))


def class_name(ce_type: str) -> str:
    """Name of an event type's class: that of the event, with the major version from 2 on."""
    name, version = ce_type.rsplit(".", 2)[1:]
    return name if version == "v1" else f"{name}{version.upper()}"


def named_in(shape: Shape | Enumeration) -> set[str]:
    """Names of the values that a shape uses itself."""
    fields = shape.fields if isinstance(shape, Shape) else ()
    return {name for field in fields for name in _names(field.kind)}


def _names(kind: Kind) -> Iterable[str]:
    match kind:
        case Named(name):
            return (name,)
        case ListOf(inner) | OrNull(inner):
            return _names(inner)
        case Plain() | OneOf():
            return ()


def _in_order(values: Mapping[str, Shape | Enumeration]) -> list[str]:
    """Names such that whatever a value uses stands before it."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name not in ordered:
            for used in sorted(named_in(values[name])):
                add(used)
            ordered.append(name)

    for name in sorted(values):
        add(name)
    return ordered


def _definitions(schema: Schema) -> Iterable[Shape | Enumeration]:
    for name, definition in schema.get("$defs", {}).items():
        if "enum" in definition:
            yield Enumeration(name, definition.get("description", ""), tuple(definition["enum"]))
        else:
            yield _shape(name, definition)


def _shape(name: str, schema: Schema) -> Shape:
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        raise NotInTheContract(f"{name} is no closed object")
    required = schema.get("required", [])
    fields = tuple(
        Field(
            field, _kind(f"{name}.{field}", what), field in required, what.get("default"), what.get("description", "")
        )
        for field, what in schema["properties"].items()
    )
    return Shape(name, schema.get("description", ""), fields)


def _kind(where: str, schema: Schema) -> Kind:
    match schema:
        case {"$ref": str(reference)}:
            return Named(reference.removeprefix("#/$defs/"))
        case {"anyOf": [inner, {"type": "null"}]}:
            return OrNull(_kind(where, inner))
        case {"type": "array", "items": item}:
            return ListOf(_kind(where, item))
        case {"type": "string", "format": "date"}:
            return Plain("date")
        case {"type": "string", "pattern": pattern} if pattern == DECIMAL:
            return Plain("decimal")
        case {"type": "string", "enum": [*values]}:
            return OneOf(tuple(values))
        case {"type": "string"} if "format" not in schema:
            return Plain("text")
        case {"type": "integer" | "boolean" as kind} if "enum" not in schema:
            return Plain(kind)
    raise NotInTheContract(f"{where}: no kind for {schema}")
