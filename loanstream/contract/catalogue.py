"""The event catalogue: a page for each context, for people; Markdown.

Of each event: what it means, who emits it and upon which commands, who of ours reads it, its fields, an example.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from loanstream.contract.consumers import consumers, triggers
from loanstream.contract.field_notes import plain
from loanstream.contract.golden import golden_events
from loanstream.contract.json_schemas import Schema, json_schema, message_types
from loanstream.contract.released import RELEASED
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import MessageType
from schemas.topics import CONTEXTS, Role, topic
from schemas.upcasting import upcasts

_SHARED = "every-context.md"
_DECIMALS = ("^-?[0-9]+", "^(?!^[-+.]*$)[+-]?0*")
"""How the patterns of decimals begin: ours, and pydantic's for a decimal without one."""
_NOTE = (
    "Generated from the code by `loanstream schemas generate`. How to read a topic, and what is guaranteed:"
    " [for teams that subscribe](../../subscribers.md). Money is an object,"
    ' `{"amount": "12.34", "currency": "CNY"}`: major units with as many decimals as the currency has (ISO 4217), never minor'
    " ones.\n"
)


def pages() -> Mapping[str, str]:
    """Every page by its file name."""
    events = [message for message in message_types() if message.kind == "event"]
    own = {
        f"{context}.md": _page(
            f"Events of {context}",
            f"Topic `{topic(context, Role.EVENTS)}`; key = id of the aggregate.",
            [each for each in events if each.context == context and each.aggregate != PARTITION_AGGREGATE],
        )
        for context in CONTEXTS
    }
    shared = [each for each in events if each.context == CONTEXTS[0] and each.aggregate == PARTITION_AGGREGATE]
    introduction = (
        "Every context has these under its own name: put it where the types below say"
        f" `{CONTEXTS[0]}`. Business days have the key `partition-<n>`, an aggregate on hold has its own."
    )
    return {**own, _SHARED: _page("Events of every context", introduction, shared), "README.md": _contents(events)}


def _contents(events: Iterable[MessageType]) -> str:
    lines = [f"- [{context}]({context}.md)" for context in CONTEXTS]
    listed = [each for each in events if each.aggregate != PARTITION_AGGREGATE]
    rows = [
        f"| [`{each.ce_type}`]({each.context}.md#{_anchor(each)}) | {each.aggregate} | {_cell(_meaning(each))} |"
        for each in listed
    ]
    head = ["| Type | Emitted by | Meaning |", "| --- | --- | --- |"]
    return "\n".join(
        [
            "# Event catalogue",
            "",
            _NOTE,
            *lines,
            f"- [every context]({_SHARED})",
            "",
            "## All events",
            "",
            *head,
            *rows,
            "",
        ]
    )


def _page(title: str, introduction: str, events: Iterable[MessageType]) -> str:
    return "\n".join([f"# {title}", "", _NOTE, introduction, "", *(line for each in events for line in _section(each))])


def _section(message: MessageType) -> Iterator[str]:
    schema = json_schema(message)
    yield from (f"## {message.name} v{message.version}", "", plain(message.cls.__doc__ or ""), "")
    yield from (
        f"- Type: `{message.ce_type}`",
        f"- Emitted by: {message.aggregate}",
        f"- Upon: {_named(triggers().get(message.ce_type, ()))}",
        f"- Read by: {', '.join(consumers().get(message.ce_type, ())) or 'none of our services'}",
        f"- Versions: {_versions(message)}",
        f"- Schema: [`{message.ce_type}.json`](../../../schemas/generated/json/{message.ce_type}.json)",
        "",
    )
    yield from ("| Field | Kind | Meaning |", "| --- | --- | --- |")
    yield from _fields(schema, schema, "")
    yield ""
    example = golden_events().get(message.ce_type)
    if example is not None:
        yield from ("```json", json.dumps(example.data, ensure_ascii=False, indent=2), "```", "")


def _versions(message: MessageType) -> str:
    """The version, whether the last release has it, and older ones that are still read."""
    contract = json.loads(RELEASED.read_text(encoding="utf-8"))
    known = f"in release {contract['release']}" if message.ce_type in contract["events"] else "not released yet"
    older = [
        each.rpartition(".")[2] for each in sorted(upcasts(), reverse=True) if _stem(each) == _stem(message.ce_type)
    ]
    now = f"v{message.version}"
    return ", ".join([f"{now} ({known})", *(f"{each} (read as {now})" for each in older)])


def _stem(ce_type: str) -> str:
    return ce_type.rpartition(".")[0]


def _fields(schema: Schema, root: Schema, within: str) -> Iterator[str]:
    """A row a field, those of a nested object below it."""
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inner, kind = _kind(field, root)
        optional = "" if name in needed else ", optional"
        meaning = field.get("description") or inner.get("description") or ""
        yield f"| `{within}{name}` | {kind}{optional} | {_cell(meaning)} |"
        if inner.get("title") != "Money":
            yield from _fields(inner, root, f"{within}{name}{'[]' if kind.startswith('list') else ''}.")


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
        return "money"
    if schema.get("format") in ("date", "date-time"):
        return str(schema["format"])
    if schema.get("type") == "string" and schema.get("pattern", "").startswith(_DECIMALS):
        return "decimal"
    return {"integer": "whole number", "string": "text", "boolean": "truth value", "number": "decimal"}.get(
        schema.get("type", ""), str(schema.get("type", "anything"))
    )


def _meaning(message: MessageType) -> str:
    return plain(message.cls.__doc__ or "").split("\n\n")[0]


def _named(types: Iterable[str]) -> str:
    return ", ".join(f"`{each.split('.')[2]}`" for each in types) or "what the platform itself does"


def _anchor(message: MessageType) -> str:
    return f"{message.name.lower()}-v{message.version}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
