"""The AsyncAPI 3.1 document: topics as channels, with what a Kafka client needs to know of them; who sends and who receives.

Schemas of values stand under ``components/schemas``, each class once: AsyncAPI resolves references from the document's root.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from loanstream.contract.consumers import consumers
from loanstream.contract.headers import headers
from loanstream.contract.json_schemas import Schema, json_schema, message_types
from loanstream.contract.outcomes import OUTCOME, OUTCOMES, identity_schema, outcome_schema
from loanstream.eventlog.identity import IDENTITY_KEY, IDENTITY_TYPE
from schemas import envelope
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import MessageType
from schemas.topics import CONTEXTS, Role, TopicSpec, context_of, topic, topic_specs

PARTITIONS = 24
"""Of a production installation (DESIGN section 3); every installation states its own in the first record of a partition."""

_BINDING_VERSION = "0.5.0"


def asyncapi() -> dict[str, Any]:
    """The document."""
    events = [message for message in message_types() if message.kind == "event"]
    specs = [spec for spec in topic_specs(PARTITIONS) if _public(spec)]
    return {
        "asyncapi": "3.1.0",
        "id": "urn:loanstream",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {spec.name: _channel(spec, events) for spec in specs},
        "operations": {**_sending(specs), **_receiving(events)},
        "components": _components(events),
    }


def _public(spec: TopicSpec) -> bool:
    return spec.name.split(".")[2] in (Role.EVENTS, Role.OUTCOMES)


def _info() -> dict[str, Any]:
    return {
        "title": "Loanstream",
        "version": version("loanstream"),
        "description": (
            "Events of the loan lifecycle, and the outcome of every command. CloudEvents 1.0 in binary mode: attributes are"
            " Kafka headers, the value is JSON, the key is the id of the aggregate. Read with isolation.level=read_committed."
            " Pass over types and fields that you do not know."
        ),
        "license": {"name": "See the repository"},
        "tags": [{"name": context} for context in CONTEXTS],
    }


def _server() -> dict[str, Any]:
    return {
        "host": "localhost:9092",
        "protocol": "kafka",
        "description": "Bootstrap address; every installation has its own.",
        "bindings": {"kafka": {"bindingVersion": _BINDING_VERSION}},
    }


def _channel(spec: TopicSpec, events: Iterable[MessageType]) -> dict[str, Any]:
    context = context_of(spec.name)
    own = [message.ce_type for message in events if message.context == context]
    is_events = spec.name == topic(context, Role.EVENTS)
    types = [*(own if is_events else OUTCOMES), IDENTITY_TYPE]
    return {
        "address": spec.name,
        "title": f"{'Events' if is_events else 'Outcomes'} of {context}",
        "description": _CHANNELS[is_events],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "tags": [{"name": context}],
        "bindings": {
            "kafka": {
                "topic": spec.name,
                "partitions": spec.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


_CHANNELS = {
    True: (
        "What happened, the only truth, kept for ever. The order of an aggregate is the order of its partition; no order holds"
        " between partitions or topics. The first record of a partition names installation, topic and partition count: its type"
        " is `loanstream.topic.identity.v1`; pass over it."
    ),
    False: "What became of every command, refusals with code, rule and limit included; kept for ever.",
}


def _sending(specs: Iterable[TopicSpec]) -> dict[str, Any]:
    return {
        f"{context_of(spec.name)}.sends.{spec.name.split('.')[2]}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{spec.name}"},
            "summary": f"{context_of(spec.name)} writes; nobody else may.",
            "tags": [{"name": context_of(spec.name)}],
        }
        for spec in specs
    }


def _receiving(events: Iterable[MessageType]) -> dict[str, Any]:
    """What each of our services reads of another's; of an event topic only the types that it does something with."""
    read: dict[tuple[str, str], list[str]] = {}
    for message in events:
        for service in consumers().get(message.ce_type, ()):
            if service != message.context:
                read.setdefault((service, topic(message.context, Role.EVENTS)), []).append(message.ce_type)
    return {
        f"{service}.receives.{context_of(name)}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"{service} reacts to these or keeps them in its read models.",
            "tags": [{"name": service}],
            "messages": [{"$ref": f"#/channels/{name}/messages/{ce_type}"} for ce_type in types],
        }
        for (service, name), types in sorted(read.items())
    }


def _components(events: Iterable[MessageType]) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = dict(headers())
    for message in events:
        _add_schema(schemas, message.ce_type, json_schema(message))
        messages[message.ce_type] = _message(message)
    _add_schema(schemas, OUTCOME, outcome_schema())
    messages |= {name: _outcome(name, summary) for name, summary in OUTCOMES.items()}
    _add_schema(schemas, IDENTITY_TYPE, identity_schema())
    messages[IDENTITY_TYPE] = _identity()
    return {"messages": messages, "schemas": schemas}


def _add_schema(schemas: dict[str, Any], name: str, schema: Schema) -> None:
    """Add a schema, and beside it the definitions that it has of its own."""
    shared = {name: _from_root(each) for name, each in schema.pop("$defs", {}).items()}
    for shared_name, each in shared.items():
        if schemas.setdefault(shared_name, each) != each:
            raise ValueError(f"two classes of the contract are called {shared_name}: give one another name")
    schemas[name] = _from_root(schema)


def _message(message: MessageType) -> dict[str, Any]:
    emitter = "the partition itself" if message.aggregate == PARTITION_AGGREGATE else message.aggregate
    return {
        "name": message.ce_type,
        "title": message.name,
        "summary": (message.cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/EventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{message.ce_type}"},
        "correlationId": {"location": f"$message.header#/{envelope.CORRELATION}"},
        "tags": [{"name": message.context}],
        "bindings": _key({"type": "string", "description": f"Id of the aggregate that decided: {emitter}."}),
    }


def _outcome(name: str, summary: str) -> dict[str, Any]:
    status = name.split(".")[2]
    return {
        "name": name,
        "title": f"Outcome: {status}",
        "summary": summary,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/OutcomeHeaders"},
        "payload": {"$ref": f"#/components/schemas/{OUTCOME}"},
        "correlationId": {"location": "$message.payload#/correlation"},
        "bindings": _key({"type": "string", "description": "Id of the aggregate that the command was for."}),
    }


def _identity() -> dict[str, Any]:
    return {
        "name": IDENTITY_TYPE,
        "title": "Identity of a topic",
        "summary": "The first record of each partition: what the topic belongs to.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/IdentityHeaders"},
        "payload": {"$ref": f"#/components/schemas/{IDENTITY_TYPE}"},
        "bindings": _key({"type": "string", "const": IDENTITY_KEY}),
    }


def _key(schema: Schema) -> dict[str, Any]:
    return {"kafka": {"key": schema, "bindingVersion": _BINDING_VERSION}}


def _from_root(value: Any) -> Any:
    """A schema whose references lead to the document's components, without what belongs to a document of its own."""
    if isinstance(value, dict):
        kept = {key: _from_root(each) for key, each in value.items() if key not in ("$schema", "$id")}
        if isinstance(kept.get("$ref"), str):
            kept["$ref"] = kept["$ref"].replace("#/$defs/", "#/components/schemas/")
        return kept
    return [_from_root(each) for each in value] if isinstance(value, list) else value
