"""Two schemas of one message, keyword by keyword: what a reader of either would stumble over in the other.

A keyword that differs and is not known here is a break: what cannot be judged is not let through.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from loanstream.contract.breaking import Break, Kind
from loanstream.contract.json_schemas import Schema

WORDS = frozenset({"$comment", "$id", "$schema", "description", "examples", "title"})
"""Keywords for people; that a description means the same is looked at apart (``meanings.py``)."""

_CONSTRAINTS = (
    "const",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
)
_LOWER_IS_LOOSER = frozenset({"exclusiveMinimum", "minItems", "minLength", "minimum"})
_HIGHER_IS_LOOSER = frozenset({"exclusiveMaximum", "maxItems", "maxLength", "maximum"})
_WALKED = frozenset(
    {"$defs", "$ref", "additionalProperties", "anyOf", "default", "enum", "items", "prefixItems", "properties"}
    | {"required", "type"}
)
_KNOWN = WORDS | _WALKED | frozenset(_CONSTRAINTS)
_ABSENT: Any = object()


def compared(ce_type: str, before: Schema, after: Schema) -> Iterator[Break]:
    """Every break between two schemas of the type."""
    yield from _Compared(ce_type, before, after).values(_Place(), before, after)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the comparison stands."""

    path: str = ""
    shared: str = ""
    """The path from the innermost definition on that both sides refer to by one name."""
    within: frozenset[tuple[str, str]] = frozenset()
    """Pairs of definitions that it is inside of: a definition that holds itself is compared once."""

    def field(self, name: str) -> "_Place":
        path = f"{self.path}.{name}" if self.path else name
        return replace(self, path=path, shared=f"{self.shared}.{name}" if self.shared else "")

    def item(self, mark: str = "[]") -> "_Place":
        return replace(self, path=f"{self.path}{mark}", shared=f"{self.shared}{mark}" if self.shared else "")

    def inside(self, was: str, now: str) -> "_Place":
        return replace(self, shared=was if was == now else "", within=self.within | {(was, now)})


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two schemas of one type, each with the definitions that its references lead to."""

    ce_type: str
    before: Schema
    after: Schema

    def values(self, place: _Place, before: Any, after: Any) -> Iterator[Break]:
        """Breaks between two schemas at one place."""
        was, now = _Resolved.of(before, self.before), _Resolved.of(after, self.after)
        if was.name and now.name:
            if (was.name, now.name) in place.within:
                return
            outer, place = place, place.inside(was.name, now.name)
        else:
            outer = place
        if now.null and not was.null:
            yield self._break(Kind.NULL_ADDED, outer, "it may be null now")
        if was.null and not now.null:
            yield self._break(Kind.NULL_REMOVED, outer, "it may no longer be null")
        if (shape := was.shape) != now.shape:
            yield self._break(Kind.KIND_CHANGED, place, f"it was {shape} and is {now.shape}")
            return
        yield from self._vocabulary(place, was.schema, now.schema)
        yield from self._constraints(place, was.schema, now.schema)
        yield from self._unknown(place, was.schema, now.schema)
        yield from self._fields(place, was.schema, now.schema)
        yield from self._items(place, was.schema, now.schema)
        for one, other in zip(was.alternatives, now.alternatives, strict=True):
            yield from self.values(place.item(f"<{one.shape}>"), one.written, other.written)

    def _vocabulary(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        if "enum" not in before or "enum" not in after:
            if ("enum" in before) != ("enum" in after):
                kind = Kind.VALUE_ADDED if "enum" in before else Kind.VALUE_REMOVED
                said = "its values were listed" if "enum" in before else "its values are listed now"
                yield self._break(kind, place, said)
            return
        for value in before["enum"]:
            if value not in after["enum"]:
                yield self._break(Kind.VALUE_REMOVED, place, f"{value!r} is gone")
        for value in after["enum"]:
            if value not in before["enum"]:
                yield self._break(Kind.VALUE_ADDED, place, f"{value!r} is new")

    def _constraints(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        for name in _CONSTRAINTS:
            was, now = before.get(name), after.get(name)
            if was != now:
                kind = _change_of(name, was, now)
                yield self._break(kind, place, f"{name} was {_told(was)} and is {_told(now)}")

    def _unknown(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        for name in sorted((before.keys() | after.keys()) - _KNOWN):
            was, now = (each.get(name, _ABSENT) for each in (before, after))
            if _text(_expanded(was, self.before)) != _text(_expanded(now, self.after)):
                said = "differs in what it refers to" if was == now else f"was {_told(was)} and is {_told(now)}"
                yield self._break(Kind.UNKNOWN_KEYWORD, place, f"{name} {said}")

    def _fields(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        was, now = before.get("properties", {}), after.get("properties", {})
        needed_before, needed_now = set(before.get("required", ())), set(after.get("required", ()))
        yield from self._other_fields(place, before, after)
        for name in sorted(needed_now - needed_before):
            said = "the field was optional and is required" if name in was else "the field is new and required"
            yield self._break(Kind.FIELD_REQUIRED, place.field(name), said)
        for name in was:
            if name not in now:
                yield self._break(Kind.FIELD_REMOVED, place.field(name), "the field is gone")
                continue
            if name in needed_before - needed_now:
                yield self._break(Kind.FIELD_OPTIONAL, place.field(name), "the field was required and is optional")
            elif name not in needed_now - needed_before:
                yield from self._default(place.field(name), was[name], now[name])
            yield from self.values(place.field(name), was[name], now[name])

    def _default(self, place: _Place, before: Any, after: Any) -> Iterator[Break]:
        was, now = (each.get("default", _ABSENT) if isinstance(each, dict) else _ABSENT for each in (before, after))
        if _text(was) != _text(now):
            yield self._break(Kind.DEFAULT_CHANGED, place, f"left out it meant {_meant(was)} and means {_meant(now)}")

    def _other_fields(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        """What an object takes besides the fields that it names."""
        was, now = before.get("additionalProperties", True), after.get("additionalProperties", True)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from self.values(place.field("*"), was, now)
        elif now is False and was is not False:
            yield self._break(Kind.CLOSED, place, "it took fields that are not named and takes none now")
        elif was is False and now is not False:
            yield self._break(Kind.OPENED, place, "it takes fields that are not named")
        elif isinstance(was, dict) != isinstance(now, dict):
            kind = Kind.OPENED if isinstance(was, dict) else Kind.CLOSED
            yield self._break(kind, place, "the kind of fields that are not named is another")

    def _items(self, place: _Place, before: Schema, after: Schema) -> Iterator[Break]:
        for number, (was, now) in enumerate(
            zip(*(each.get("prefixItems", ()) for each in (before, after)), strict=True)
        ):
            yield from self.values(place.item(f"[{number}]"), was, now)
        if "items" in before and "items" in after:
            yield from self.values(place.item(), before["items"], after["items"])
        elif "items" in before:
            yield self._break(Kind.CONSTRAINT_LOOSENED, place, "its items were described and are no longer")
        elif "items" in after:
            yield self._break(Kind.CONSTRAINT_TIGHTENED, place, "its items were anything and are described now")

    def _break(self, kind: Kind, place: _Place, detail: str) -> Break:
        return Break(kind, self.ce_type, place.path, detail, place.shared)


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A schema with its reference followed and null taken out of its alternatives."""

    written: Any
    """The schema as it stands there."""
    schema: Schema
    name: str
    """Of the definition that it refers to; empty where it stands in place."""
    null: bool
    alternatives: tuple["_Resolved", ...]
    """Of several, in an order that does not depend on the one they are written in."""

    @staticmethod
    def of(written: Any, root: Schema, within: frozenset[str] = frozenset()) -> "_Resolved":
        found, name = _followed(written, root)
        if name in within:  # an alternative of itself adds nothing
            return _Resolved(written, {}, name, False, ())
        inner = [_Resolved.of(each, root, within | {name} - {""}) for each in found.get("anyOf", [])]
        others = [each for each in inner if each.schema.get("type") != "null"]
        null = len(others) < len(inner) or any(each.null for each in others)
        if len(others) == 1:
            beside = {key: value for key, value in found.items() if key != "anyOf"}
            [only] = others
            return replace(only, schema=only.schema | beside, name=name or only.name, null=null)
        ordered = sorted(others, key=lambda each: (each.shape, each.name, _text(each.written)))
        return _Resolved(written, found, name, null, tuple(ordered))

    @property
    def shape(self) -> str:
        """What kind of value it is: a JSON type, or the kinds of its alternatives."""
        if self.alternatives:
            return " or ".join(each.shape for each in self.alternatives)
        kind = self.schema.get("type", "anything")
        told = kind if isinstance(kind, str) else " or ".join(sorted(kind))
        places = len(self.schema.get("prefixItems", ()))
        return f"{told} of {places} places" if places else told


def _followed(schema: Any, root: Schema) -> tuple[Schema, str]:
    """The schema that references lead to, with what stands beside them, and the name of the last definition."""
    if isinstance(schema, bool):
        return ({} if schema else {"not": {}}), ""
    name, passed = "", set[str]()
    while "$ref" in schema and schema["$ref"] not in passed:
        passed.add(schema["$ref"])
        name = schema["$ref"].rpartition("/")[2]
        schema = root.get("$defs", {})[name] | {key: value for key, value in schema.items() if key != "$ref"}
    return schema, name


def _expanded(value: Any, root: Schema, within: frozenset[str] = frozenset()) -> Any:
    """A keyword's value with its references followed, so that two can be compared as they stand."""
    if isinstance(value, list):
        return [_expanded(each, root, within) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        schema, name = _followed(value, root)
        return {"$ref": name} if name in within else _expanded(schema, root, within | {name})
    return {key: _expanded(each, root, within) for key, each in value.items() if key not in WORDS}


def _change_of(name: str, was: Any, now: Any) -> Kind:
    """Whether a constraint lets more pass than before, or less, or each what the other does not."""
    if now is None:
        return Kind.CONSTRAINT_LOOSENED
    if was is None:
        return Kind.CONSTRAINT_TIGHTENED
    if name in _LOWER_IS_LOOSER:
        return Kind.CONSTRAINT_LOOSENED if now < was else Kind.CONSTRAINT_TIGHTENED
    if name in _HIGHER_IS_LOOSER:
        return Kind.CONSTRAINT_LOOSENED if now > was else Kind.CONSTRAINT_TIGHTENED
    return Kind.CONSTRAINT_CHANGED


def _text(value: Any) -> str:
    """One text for equal JSON: ``True`` is not 1 there."""
    return "absent" if value is _ABSENT else json.dumps(value, sort_keys=True)


def _told(value: Any) -> str:
    return "absent" if value is None or value is _ABSENT else repr(value)


def _meant(default: Any) -> str:
    return "nothing that is stated" if default is _ABSENT else json.dumps(default, ensure_ascii=False)
