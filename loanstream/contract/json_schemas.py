"""Closed JSON Schemas of events, commands and outcomes, with what the source says about each field.

Draft 2020-12. ``additionalProperties`` is false: what we write is what is described, nothing more. Readers pass over fields
that they do not know, because an added optional field is no new version (``docs/subscribers.md``).
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from loanstream.contract.field_notes import dataclasses_in, field_notes, plain
from schemas import codec, registry
from schemas.registry import MessageType
from schemas.topics import CONTEXTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def message_types() -> tuple[MessageType, ...]:
    """Every event and command of the contract, sorted by type string; other contexts than ours are not part of it."""
    for context in CONTEXTS:
        import_module(f"schemas.{context}.events")
        import_module(f"schemas.{context}.commands")
    import_module("schemas.platform")
    return tuple(message for message in registry.all_types() if message.context in CONTEXTS)


def json_schema(message: MessageType) -> Schema:
    """The schema of a message's value: what ``ce_dataschema`` of an event names."""
    found = codec.json_schema(message.cls, "serialization" if message.kind == "event" else "validation")
    described = described_schema(message.cls, found)
    return {"$schema": DIALECT, "$id": f"/schemas/{message.ce_type}.json", **described}


def json_schemas(messages: Iterable[MessageType] | None = None) -> Mapping[str, Schema]:
    """All of them, by type string."""
    return {each.ce_type: json_schema(each) for each in (message_types() if messages is None else messages)}


def described_schema(cls: type[Any], schema: Schema) -> Schema:
    """A dataclass's schema with the descriptions of its classes and fields, and without titles that only repeat names."""
    classes = dataclasses_in(cls)
    definitions = {
        name: _described(classes.get(name), definition) for name, definition in schema.get("$defs", {}).items()
    }
    top = _described(cls, {key: value for key, value in schema.items() if key != "$defs"})
    return {**top, "$defs": definitions} if definitions else top


def _described(cls: type[Any] | None, schema: Schema) -> Schema:
    described = dict(schema)
    if "description" in described:
        described["description"] = plain(described["description"])
    if cls is None or "properties" not in schema:
        return described
    notes = field_notes(cls)
    described["properties"] = {
        name: _with_note({key: value for key, value in field.items() if key != "title"}, notes.get(name))
        for name, field in schema["properties"].items()
    }
    return described


def _with_note(field: Schema, note: str | None) -> Schema:
    if note is None:
        return field
    said = field.get("description")
    return {**field, "description": f"{note} ({said})" if said else note}
