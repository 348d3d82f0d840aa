"""The contract as it was released last, and as this checkout has it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemas
from loanstream.contract.compatibility import Contract
from loanstream.contract.json_schemas import Schema, json_schemas, message_types
from schemas import upcasting

HOME = Path(schemas.__file__).parent
RELEASED = HOME / "released" / "contract.json"
"""Schemas of the last release: the older ones are in the history of this file, and every change since the first was checked."""


def current() -> Contract:
    """The contract of this code."""
    events = {each.ce_type: each for each in message_types() if each.kind == "event"}
    every = json_schemas()
    return Contract(
        events={name: every[name] for name in events},
        commands={name: schema for name, schema in every.items() if name not in events},
        read_as=upcasting.upcasts(),
    )


def released(path: Path = RELEASED) -> Contract:
    """The contract of the last release. Raises ``FileNotFoundError`` where nothing was released."""
    stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Contract(stored["events"], stored["commands"], stored["read_as"])


def as_document(contract: Contract, version: str) -> dict[str, Any]:
    """The contract as it is stored; descriptions and examples do not count and are left out."""
    return {
        "release": version,
        "events": {name: _bare(schema) for name, schema in sorted(contract.events.items())},
        "commands": {name: _bare(schema) for name, schema in sorted(contract.commands.items())},
        "read_as": dict(sorted(contract.read_as.items())),
    }


def _bare(schema: Schema) -> Any:
    return _without_words(schema, is_schema=True)


def _without_words(value: Any, *, is_schema: bool) -> Any:
    """``is_schema`` tells a schema's own description from a field that is called so."""
    if isinstance(value, dict):
        return {
            key: _without_words(each, is_schema=key not in ("properties", "$defs") if is_schema else True)
            for key, each in value.items()
            if not (is_schema and key in ("description", "examples", "title", "$schema", "$id"))
        }
    return [_without_words(each, is_schema=True) for each in value] if isinstance(value, list) else value
