"""TypeScript types of the events: values, one interface an event type, and a map from type string to interface."""

import textwrap
from collections.abc import Iterator

from clients.codegen.contract import Contract, Enumeration, Field, Kind, ListOf, Named, OneOf, OrNull, Plain, Shape

_WIDTH = 110
_PLAIN = {"text": "string", "integer": "number", "boolean": "boolean", "decimal": "Decimal", "date": "IsoDate"}
_HEAD = """\
// Made from the contract by `make contract`; do not edit.

/** Decimal text such as "12.34". Never read it as a float: amounts must stay exact. */
export type Decimal = string;

/** A day as ISO text, "2026-05-31". */
export type IsoDate = string;
"""


def module(contract: Contract) -> str:
    """Source text of the module of types."""
    parts = [_HEAD]
    parts += ["\n".join(_value(value)) + "\n" for value in contract.values]
    for context in dict.fromkeys(event.context for event in contract.events):
        shapes = [event.shape for event in contract.events if event.context == context]
        body = "\n".join(f"  {line}".rstrip() for shape in shapes for line in _interface(shape))
        parts.append(f"/** Events of {context}. */\nexport namespace {context} {{\n{body}\n}}\n")
    events = "\n".join(f'  "{each.ce_type}": {each.context}.{each.shape.name};' for each in contract.events)
    parts.append(f"/** The value of each event type. */\nexport interface EventData {{\n{events}\n}}\n")
    topics = "\n".join(f'  {context}: "{topic}",' for context, topic in contract.topics.items())
    parts.append(f"/** Topic of events of each context. */\nexport const TOPICS = {{\n{topics}\n}} as const;\n")
    return "\n".join(parts)


def _value(value: Shape | Enumeration) -> Iterator[str]:
    if isinstance(value, Shape):
        yield from _interface(value)
    else:
        yield from _comment(value.doc, "")
        yield f"export type {value.name} = {_type(OneOf(value.values))};"


def _interface(shape: Shape) -> Iterator[str]:
    yield from _comment(shape.doc, "")
    yield f"export interface {shape.name} {{"
    for field in shape.fields:
        yield from _comment(field.doc, "  ")
        yield f"  readonly {field.name}{_mark(field)}: {_type(field.kind)};"
    yield "}"


def _mark(field: Field) -> str:
    return "" if field.required else "?"


def _type(kind: Kind) -> str:
    match kind:
        case Plain(name):
            return _PLAIN[name]
        case Named(name):
            return name
        case OneOf(values):
            return " | ".join(f'"{each}"' for each in values)
        case ListOf(OneOf() | OrNull() as item):
            return f"readonly ({_type(item)})[]"
        case ListOf(item):
            return f"readonly {_type(item)}[]"
        case OrNull(inner):
            return f"{_type(inner)} | null"


def _comment(text: str, indent: str) -> Iterator[str]:
    if not text:
        return
    paragraphs = [textwrap.wrap(" ".join(part.split()), _WIDTH, break_long_words=False) for part in text.split("\n\n")]
    lines = [
        line.replace("*/", "* /") for number, part in enumerate(paragraphs) for line in ([""] if number else []) + part
    ]
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    yield from (f"{indent} * {line}".rstrip() for line in lines)
    yield f"{indent} */"
