"""The schema of outcomes: a struct of ours, which msgspec describes."""

from typing import Any

import msgspec

from loanstream.contract.field_notes import field_notes, plain
from schemas.outcomes import Outcome

OUTCOME = "loanstream.outcome.v1"
"""Name of the schema. A record's type is ``loanstream.outcome.<status>.v1``."""


def _schema() -> dict[str, Any]:
    [reference], definitions = msgspec.json.schema_components([Outcome], ref_template="#/components/schemas/{name}")
    name = reference["$ref"].rpartition("/")[2]
    schema = dict(definitions[name])
    notes = field_notes(Outcome)
    schema["properties"] = {
        field: _resolved(each, definitions) | ({"description": notes[field]} if field in notes else {})
        for field, each in schema["properties"].items()
    }
    schema["description"] = plain(schema.get("description", ""))
    return schema


def _resolved(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _resolved(definitions[value["$ref"].rpartition("/")[2]], definitions)
        return {key: _resolved(each, definitions) for key, each in value.items()}
    return [_resolved(each, definitions) for each in value] if isinstance(value, list) else value


OUTCOME_SCHEMA: dict[str, Any] = _schema()
