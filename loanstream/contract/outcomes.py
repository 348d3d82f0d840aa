"""Closed schemas of the records of public topics that are no events: outcomes, which a struct of ours describes, and identities."""

from collections.abc import Mapping
from typing import Any

import msgspec

from loanstream.contract.field_notes import field_notes, plain
from loanstream.contract.json_schemas import DIALECT, Schema
from loanstream.eventlog.identity import IDENTITY_TYPE
from schemas.outcomes import DecidedEvent, Outcome, Status, outcome_type

OUTCOME = "loanstream.outcome.v1"
"""Name of the schema that all outcomes have."""

OUTCOMES: Mapping[str, str] = {
    outcome_type(
        Status.EXECUTED
    ): "The command was decided: `event_count` events of its target, none where nothing had to change.",
    outcome_type(Status.ALREADY_APPLIED): (
        "The command, or the step of a business day, had been applied before; or an operator states the position"
        " (`code` `position-stated`)."
    ),
    outcome_type(
        Status.REFUSED
    ): "A rule forbids it: `code`, `message`, and where they apply `rule`, `limit` and `source`.",
    outcome_type(Status.FAILED): "It could not be decided, and waits among the dead letters: `error_id`.",
    outcome_type(Status.EXPIRED): "It was older than the window in which a repeat is known, and was not decided.",
}
"""Record types of outcomes, with what each says."""


def record_schemas() -> Mapping[str, Schema]:
    """The schemas by name."""
    return {OUTCOME: outcome_schema(), IDENTITY_TYPE: identity_schema()}


def outcome_schema() -> Schema:
    """The schema of an outcome's value."""
    _, definitions = msgspec.json.schema_components([Outcome], ref_template="#/$defs/{name}")
    schema = _closed(Outcome, definitions["Outcome"])
    schema["properties"] |= {
        "status": {**schema["properties"]["status"], "enum": [each.value for each in Status]},
        "time": {**schema["properties"]["time"], "format": "date-time"},
    }
    event = _closed(DecidedEvent, definitions["DecidedEvent"])
    return {"$schema": DIALECT, "$id": f"/schemas/{OUTCOME}.json", **schema, "$defs": {"DecidedEvent": event}}


def identity_schema() -> Schema:
    """The schema of an identity's value."""
    text = {"type": "string"}
    return {
        "$schema": DIALECT,
        "$id": f"/schemas/{IDENTITY_TYPE}.json",
        "description": (
            "What a topic belongs to: the first record of each partition of events and outcomes. Two topics of one name and"
            " different installations are different topics: positions in one say nothing of the other."
        ),
        "type": "object",
        "properties": {
            "installation": {**text, "description": "Id of the installation, made once; a restored one keeps it."},
            "topic": {**text, "description": "The topic's name."},
            "partitions": {
                "type": "integer",
                "minimum": 1,
                "description": "How many partitions the topic has, for ever.",
            },
        },
        "required": ["installation", "topic", "partitions"],
        "additionalProperties": False,
    }


def _closed(cls: type[msgspec.Struct], schema: dict[str, Any]) -> Schema:
    notes = field_notes(cls)
    return {
        **{name: each for name, each in schema.items() if name != "title"},
        "description": plain(schema["description"]),
        "properties": {name: each | {"description": notes[name]} for name, each in schema["properties"].items()},
        "additionalProperties": False,
    }
