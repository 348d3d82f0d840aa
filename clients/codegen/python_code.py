"""Python modules of typed events: one for each context, one for the values that they share, and the list of all."""

import keyword
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clients.codegen.contract import (
    Contract,
    Enumeration,
    Field,
    Kind,
    ListOf,
    Named,
    NotInTheContract,
    OneOf,
    OrNull,
    Plain,
    Shape,
    named_in,
)

_LINE = 120
_WIDTH = 100
_PLAIN = {"text": "str", "integer": "int", "boolean": "bool", "decimal": "decimal.Decimal", "date": "datetime.date"}
_MADE = "Made from the contract by `make contract`; do not edit."


def modules(contract: Contract) -> Mapping[str, str]:
    """Source text by file name."""
    contexts = {event.context for event in contract.events}
    made = {f"{context}.py": _context(contract, context) for context in sorted(contexts)}
    return {"__init__.py": _index(contract), "values.py": _values(contract), **made}


def _context(contract: Contract, context: str) -> str:
    shapes = [event.shape for event in contract.events if event.context == context]
    shared = sorted(set().union(*(named_in(shape) for shape in shapes)))
    values = _from("loanstream_client.events.values", shared) if shared else []
    head = [f'"""Events of {context}. {_MADE}"""', "", *_modules_used(shapes)]
    imports = [*values, "from loanstream_client.payload import Payload"]
    return _text([*head, *imports, *_classes(shapes)])


def _values(contract: Contract) -> str:
    shapes = [value for value in contract.values if isinstance(value, Shape)]
    head = [f'"""Values that events share. {_MADE}"""', "", *_modules_used(shapes, always_literal=True)]
    enumerations = [
        line for value in contract.values if isinstance(value, Enumeration) for line in ("", *_enumeration(value))
    ]
    return _text([*head, "from loanstream_client.payload import Payload", *enumerations, *_classes(shapes)])


def _index(contract: Contract) -> str:
    contexts = sorted({event.context for event in contract.events})
    lines = [
        f'"""Every event type of the contract with its class, and the topics. {_MADE}"""',
        "",
        "from collections.abc import Mapping",
        "",
        *_from("loanstream_client.events", contexts),
        "from loanstream_client.payload import Payload",
        "",
        "TOPICS: Mapping[str, str] = {",
        *(f'    "{context}": "{topic}",' for context, topic in contract.topics.items()),
        "}",
        '"""Topic of events of each context."""',
        "",
        "EVENTS: Mapping[str, type[Payload]] = {",
        *(f'    "{event.ce_type}": {event.context}.{event.shape.name},' for event in contract.events),
        "}",
        '"""Class of each event type."""',
    ]
    return _text(lines)


def _classes(shapes: Iterable[Shape]) -> Iterator[str]:
    for shape in shapes:
        yield from (
            "",
            "",
            f"class {shape.name}(Payload, frozen=True, kw_only=True):",
            *_docstring(shape.doc or shape.name, "    "),
        )
        if shape.fields:
            yield ""
        for field in shape.fields:
            yield from _field(shape, field)


def _field(shape: Shape, field: Field) -> Iterator[str]:
    if keyword.iskeyword(field.name) or field.name.startswith("_"):
        raise NotInTheContract(f"{shape.name}.{field.name} cannot be a name in Python")
    default = "" if field.required else f" = {_default(shape, field)}"
    kind = _annotation(field.kind)
    if not field.required and field.default is None and not isinstance(field.kind, OrNull):
        kind += " | None"
    if isinstance(field.kind, OneOf):
        yield from _literal(f"{field.name}: ", field.kind.values, kind.partition("]")[2] + default, "    ")
    else:
        yield f"    {field.name}: {kind}{default}"
    if field.doc:
        yield from _docstring(field.doc, "    ")


def _default(shape: Shape, field: Field) -> str:
    match field.default:
        case None | bool() | int():
            return repr(field.default)
        case str() as text if field.kind == Plain("text") or isinstance(field.kind, Named):
            return _quoted(text)
        case []:
            return "()"
    raise NotInTheContract(f"{shape.name}.{field.name}: no word for the default {field.default!r}")


def _annotation(kind: Kind) -> str:
    match kind:
        case Plain(name):
            return _PLAIN[name]
        case Named(name):
            return name
        case OneOf(values):
            return f"Literal[{', '.join(map(_quoted, values))}]"
        case ListOf(item):
            return f"tuple[{_annotation(item)}, ...]"
        case OrNull(inner):
            return f"{_annotation(inner)} | None"


def _enumeration(value: Enumeration) -> Iterator[str]:
    yield from _literal(f"{value.name} = ", value.values, "", "")
    yield from _docstring(value.doc or value.name, "")


def _literal(before: str, values: tuple[str, ...], after: str, indent: str) -> list[str]:
    quoted = [_quoted(value) for value in values]
    one_line = f"{indent}{before}Literal[{', '.join(quoted)}]{after}"
    if len(one_line) <= _LINE:
        return [one_line]
    return [f"{indent}{before}Literal[", *(f"{indent}    {value}," for value in quoted), f"{indent}]{after}"]


def _modules_used(shapes: Iterable[Shape], *, always_literal: bool = False) -> list[str]:
    kinds = " ".join(_annotation(field.kind) for shape in shapes for field in shape.fields)
    imports = [f"import {module}" for module in ("datetime", "decimal") if f"{module}." in kinds]
    literal = ["from typing import Literal"] if "Literal[" in kinds or always_literal else []
    return [*imports, *literal, ""] if imports or literal else []


def _from(module: str, names: list[str]) -> list[str]:
    one_line = f"from {module} import {', '.join(names)}"
    return [one_line] if len(one_line) <= _LINE else [f"from {module} import (", *(f"    {n}," for n in names), ")"]


def _docstring(text: str, indent: str) -> list[str]:
    paragraphs = text.replace("\\", "\\\\").split("\n\n")
    wrapped = [textwrap.fill(" ".join(part.split()), _WIDTH, break_long_words=False) for part in paragraphs]
    body = "\n\n".join(wrapped)
    if "\n" not in body:
        return [f'{indent}"""{body}"""']
    lines = f'"""{body}\n"""'.split("\n")
    return [f"{indent}{line}" if line else "" for line in lines]


def _quoted(value: Any) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
