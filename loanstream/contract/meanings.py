"""What the contract says in words, as digests: a field whose text changed may mean something else, though no byte looks different.

A text that only says the same better is named in ``schemas/released/reworded.json``, which ``loanstream schemas reworded`` writes.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from loanstream.contract.breaking import Break, Kind
from loanstream.contract.json_schemas import Schema

Meanings = Mapping[str, Mapping[str, str]]
"""Digests by type or shared definition, then by path inside it (empty for itself); empty for what has no text."""

_LENGTH = 16


def meanings(schemas: Mapping[str, Schema]) -> Meanings:
    """The meanings of schemas, shared definitions once. Raises ``ValueError`` where two of one name say different things."""
    found: dict[str, dict[str, str]] = {}
    for ce_type, schema in schemas.items():
        for name, each in ((ce_type, schema), *schema.get("$defs", {}).items()):
            told = {path: _digest(text) for path, text in _texts("", each)}
            if found.setdefault(name, told) != told:
                raise ValueError(f"two classes of the contract are called {name} and say different things")
    return found


def changed_meanings(before: Meanings, after: Meanings, reworded: Mapping[str, str]) -> Iterator[Break]:
    """What is said in other words than before, unless the words are ones that were said to mean the same."""
    for name, texts in before.items():
        for path, digest in texts.items():
            now = after.get(name, {}).get(path)
            if digest and now is not None and now != digest and reworded.get(place(name, path)) != now:
                said = "its description says something else" if now else "its description is gone"
                yield Break(Kind.MEANING_CHANGED, name, path, said)


def place(name: str, path: str) -> str:
    """How a meaning is named: ``Money amount``, as in the message of the break."""
    return f"{name} {path}" if path else name


def _texts(path: str, schema: Any) -> Iterator[tuple[str, str]]:
    """Every place of a schema with what is said there."""
    if not isinstance(schema, dict):
        return
    yield path, schema.get("description", "")
    for name, field in schema.get("properties", {}).items():
        yield from _texts(f"{path}.{name}" if path else name, field)
    for mark, each in _inside(schema):
        if isinstance(each, dict) and "$ref" not in each:
            yield from ((where, text) for where, text in _texts(f"{path}{mark}", each) if text)


def _inside(schema: Schema) -> Iterable[tuple[str, Any]]:
    yield "[]", schema.get("items")
    yield "*", schema.get("additionalProperties")
    yield from ((f"[{number}]", each) for number, each in enumerate(schema.get("prefixItems", ())))
    yield from ((f"<{number}>", each) for number, each in enumerate(schema.get("anyOf", ())))


def _digest(text: str) -> str:
    return sha256(" ".join(text.split()).encode()).hexdigest()[:_LENGTH] if text else ""
