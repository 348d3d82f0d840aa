"""Adds a golden event for each event type that has none yet: from the history kept beside this file, else made up field by field.

``make golden`` calls it. An example that stands is never changed: it is what lies in the logs.
"""

import json
from collections.abc import Mapping
from typing import Any

from loanstream.contract.generate import as_text
from loanstream.contract.golden import GOLDEN, golden_events
from loanstream.contract.json_schemas import Schema, json_schema, message_types
from tests.golden.folds import EVENTS

_ID = "c27f230c-3ece-53ea-a964-bd063fcea61e"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def regenerate() -> None:
    """Add what is missing."""
    standing = golden_events()
    history = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    first = {stored["type"]: stored for stored in reversed(history)}
    known = {name: value for stored in reversed(history) for name, value in stored["data"].items()}
    for message in message_types():
        if message.kind == "event" and message.ce_type not in standing:
            stored = first.get(message.ce_type) or _made_up(message.ce_type, json_schema(message), known)
            path = GOLDEN / f"{message.ce_type}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(as_text(stored), encoding="utf-8")


def _made_up(ce_type: str, schema: Schema, known: Mapping[str, Any]) -> dict[str, Any]:
    data = _value(schema, schema, "", known)
    subject = next((data[name] for name in data if name.endswith("_id")), _ID)
    return {"type": ce_type, "subject": subject, "data": data}


def _value(schema: Schema, root: Schema, name: str, known: Mapping[str, Any]) -> Any:
    """A value that the schema takes; of a field that the history has, the value it has there."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], root, name, known)
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return {field: _value(each, root, field, known) for field, each in schema["properties"].items()}
    if kind == "array":
        return [_value(schema["items"], root, name, known)]
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "string" and isinstance(known.get(name), str):
        return known[name]
    if kind == "integer":
        return schema.get("minimum", 1)
    return {"string": _text(schema, name), "boolean": False}.get(str(kind))


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") == "date":
        return "2026-01-05"
    if schema.get("examples"):
        return str(schema["examples"][0])
    if "64" in schema.get("pattern", "") or name.endswith("digest"):
        return _DIGEST
    if "[0-9]+" in schema.get("pattern", "") or name.endswith(("_rate", "index")):
        return "0.144"
    return _ID if name.endswith("_id") else name.replace("_", "-")
