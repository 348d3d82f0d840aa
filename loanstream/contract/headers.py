"""Headers of the public topics' records: what each is called, what it looks like, and what it says."""

from collections.abc import Mapping

from loanstream.contract.json_schemas import Schema
from schemas import envelope

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "string", "pattern": "^[0-9]+$"}

Headers = Mapping[str, tuple[Schema, str]]

_EVENT: Headers = {
    envelope.ID: (_TEXT, "Id of the event, the same however often it is read: drop what you have seen."),
    envelope.SPEC: ({"type": "string", "const": envelope.SPEC_VERSION}, "CloudEvents version."),
    "ce_type": (_TEXT, "Type string with its major version; branch on it."),
    envelope.SOURCE: (_TEXT, "`/loanstream/<context>` of the emitter."),
    envelope.SUBJECT: (_TEXT, "Id of the aggregate that decided; the record's key."),
    envelope.TIME: ({"type": "string", "format": "date-time"}, "When it was recorded, UTC."),
    envelope.DATASCHEMA: (_TEXT, "Path of the JSON Schema of the value, on any API process."),
    envelope.SEQUENCE: (_NUMBER, "Gapless from 1 for each aggregate."),
    envelope.PARTITION_SEQUENCE: (
        _NUMBER,
        "Gapless from 1 for each partition: the position to keep. Kafka offsets are hints.",
    ),
    envelope.CORRELATION: (_TEXT, "One value for everything that follows from one request."),
    envelope.CAUSATION: (_TEXT, "Id of the command that was decided."),
    envelope.BUSINESS_DATE: (_TEXT, "The business day that was open 营业日, YYYY-MM-DD; empty before the first."),
    envelope.ACTOR: (_TEXT, "Who caused it: a subject, or `service:<name>`."),
    envelope.CHAIN: (_TEXT, "SHA-256 over the previous event's chain, the protected headers and the value."),
}
_EVENT_OPTIONAL: Headers = {
    envelope.TRACE: (_TEXT, "W3C trace context, where tracing is on."),
    envelope.HOPS: (_NUMBER, "How many reactions lie between it and a request; absent for none."),
}
_OUTCOME: Headers = {
    "ce_type": (_TEXT, "`loanstream.outcome.<status>.v1`."),
    envelope.ID: (
        _TEXT,
        "Id of the command; of a stated position, an id of its own. A replayed command has a second outcome.",
    ),
}
_IDENTITY: Headers = {"ce_type": (_TEXT, "`loanstream.topic.identity.v1`.")}


def headers() -> Mapping[str, Schema]:
    """The schema of each kind of record's headers, by its name in the documents."""
    return {
        "EventHeaders": _schema("CloudEvents 1.0 attributes, UTF-8 text each.", _EVENT, _EVENT_OPTIONAL),
        "OutcomeHeaders": _schema("What an outcome says outside its value; UTF-8 text each.", _OUTCOME, {}),
        "IdentityHeaders": _schema("What an identity says outside its value; UTF-8 text.", _IDENTITY, {}),
    }


def _schema(description: str, required: Headers, optional: Headers) -> Schema:
    both = {**required, **optional}
    return {
        "type": "object",
        "description": description,
        "properties": {name: {**schema, "description": text} for name, (schema, text) in both.items()},
        "required": list(required),
    }
