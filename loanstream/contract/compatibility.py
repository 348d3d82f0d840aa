"""What may change in a message between two releases without a new major version, and what is a break.

An event has readers that are older and readers that are newer than what they read: an old event must be valid for a new reader, a
new one must be readable by an old one, who passes over fields that it does not know. A command has one reader, which is never
older than its senders: what it took it must go on taking.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loanstream.contract.json_schemas import Schema

RULE = "DESIGN section 8: an additive change keeps the version; anything else is a new major with an upcaster"

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


class Kind(StrEnum):
    """Kinds of break; stable codes."""

    TYPE_REMOVED = "type-removed"
    UPCASTER_MISSING = "upcaster-missing"
    FIELD_REMOVED = "field-removed"
    FIELD_REQUIRED = "field-required"
    FIELD_OPTIONAL = "field-optional"
    KIND_CHANGED = "kind-changed"
    NULL_ADDED = "null-added"
    NULL_REMOVED = "null-removed"
    VALUE_REMOVED = "value-removed"
    VALUE_ADDED = "value-added"
    CONSTRAINT_TIGHTENED = "constraint-tightened"
    CONSTRAINT_LOOSENED = "constraint-loosened"
    OPENED = "opened"


_WHAT_TO_DO: Mapping[Kind, str] = {
    Kind.TYPE_REMOVED: "keep the class, or add the next major with an upcaster from this one",
    Kind.UPCASTER_MISSING: "register one with @upcaster, so that what lies in the logs can be read",
    Kind.FIELD_REMOVED: "keep the field, or make a new major",
    Kind.FIELD_REQUIRED: "give the field a default that means what its absence meant, or make a new major",
    Kind.FIELD_OPTIONAL: "keep it required: readers rely on it; or make a new major",
    Kind.KIND_CHANGED: "add a field of the new kind beside it, or make a new major",
    Kind.NULL_ADDED: "readers do not expect null: add a field beside it, or make a new major",
    Kind.NULL_REMOVED: "null was written: keep reading it, or make a new major",
    Kind.VALUE_REMOVED: "the value was written: keep reading it, or make a new major",
    Kind.VALUE_ADDED: "readers do not know the value: make a new major, or a field beside it",
    Kind.CONSTRAINT_TIGHTENED: "what was written must stay valid: keep the constraint, or make a new major",
    Kind.CONSTRAINT_LOOSENED: "readers rely on the constraint: keep it, or make a new major",
    Kind.OPENED: "keep the schema closed: what we write is what is described",
}

FOR_READERS_ONLY = frozenset({Kind.FIELD_OPTIONAL, Kind.NULL_ADDED, Kind.VALUE_ADDED, Kind.CONSTRAINT_LOOSENED})
"""Breaks of what is written, which nobody older reads of a command."""


@dataclass(frozen=True, slots=True)
class Break:
    """One break, where it is, and what to do."""

    kind: Kind
    ce_type: str
    where: str
    """The path of the field, ``terms.principal.amount``; empty for the type itself."""
    detail: str

    def __str__(self) -> str:
        place = f"{self.ce_type}{f' {self.where}' if self.where else ''}"
        return f"{self.kind}: {place}: {self.detail}; {_WHAT_TO_DO[self.kind]}. {RULE}."


@dataclass(frozen=True, slots=True)
class Contract:
    """A set of messages as far as compatibility goes."""

    events: Mapping[str, Schema]
    """Schemas by type string."""
    commands: Mapping[str, Schema]
    read_as: Mapping[str, str]
    """Types that have an upcaster, with the type that they are read as."""


def breaks(released: Contract, current: Contract) -> list[Break]:
    """Every break between a released contract and the present one, in order of type and place."""
    found = [
        *_breaks_of(released.events, current.events, current.read_as, frozenset()),
        *_breaks_of(released.commands, current.commands, {}, FOR_READERS_ONLY),
        *_without_upcaster(released, current),
    ]
    return sorted(found, key=lambda each: (each.ce_type, each.where, each.kind))


def _breaks_of(
    before: Mapping[str, Schema], after: Mapping[str, Schema], read_as: Mapping[str, str], allowed: frozenset[Kind]
) -> Iterator[Break]:
    for ce_type, schema in before.items():
        if ce_type in after:
            compared = _Compared(ce_type, schema, after[ce_type])
            yield from (each for each in compared.values("", schema, after[ce_type]) if each.kind not in allowed)
        elif read_as.get(ce_type) not in after:
            yield Break(Kind.TYPE_REMOVED, ce_type, "", "it was released and is gone")


def _without_upcaster(released: Contract, current: Contract) -> Iterator[Break]:
    """A major that follows another needs the way from there, and a way that there was stays: logs are kept for ever."""
    for ce_type in released.read_as:
        if current.read_as.get(ce_type, ce_type) not in current.events:
            yield Break(Kind.UPCASTER_MISSING, ce_type, "", "it was read as a newer version and no longer is")
    for ce_type in current.events:
        name, _, number = ce_type.rpartition(".v")
        older = f"{name}.v{int(number) - 1}"
        if int(number) > 1 and older not in current.read_as:
            yield Break(Kind.UPCASTER_MISSING, ce_type, "", f"nothing reads {older} as this version")


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two schemas of one type, each with the definitions that its references lead to."""

    ce_type: str
    before: Schema
    after: Schema

    def values(self, where: str, before: Schema, after: Schema) -> Iterator[Break]:
        """Breaks between two schemas at one place."""
        before, was_null = _without_null(_resolved(before, self.before))
        after, is_null = _without_null(_resolved(after, self.after))
        if is_null and not was_null:
            yield self._break(Kind.NULL_ADDED, where, "it may be null now")
        if was_null and not is_null:
            yield self._break(Kind.NULL_REMOVED, where, "it may no longer be null")
        if _shape(before) != _shape(after):
            yield self._break(Kind.KIND_CHANGED, where, f"it was {_shape(before)} and is {_shape(after)}")
            return
        yield from self._vocabulary(where, before, after)
        yield from self._constraints(where, before, after)
        yield from self._fields(where, before, after)
        if "items" in before:
            yield from self.values(f"{where}[]", before["items"], after["items"])

    def _vocabulary(self, where: str, before: Schema, after: Schema) -> Iterator[Break]:
        if "enum" not in before or "enum" not in after:
            if ("enum" in before) != ("enum" in after):
                kind = Kind.VALUE_ADDED if "enum" in before else Kind.VALUE_REMOVED
                yield self._break(
                    kind, where, "its values were listed" if "enum" in before else "its values are listed now"
                )
            return
        for value in before["enum"]:
            if value not in after["enum"]:
                yield self._break(Kind.VALUE_REMOVED, where, f"{value!r} is gone")
        for value in after["enum"]:
            if value not in before["enum"]:
                yield self._break(Kind.VALUE_ADDED, where, f"{value!r} is new")

    def _constraints(self, where: str, before: Schema, after: Schema) -> Iterator[Break]:
        for name in _CONSTRAINTS:
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            said = f"{name} was {_told(was)} and is {_told(now)}"
            looser = _is_looser(name, was, now)
            if looser is not False:
                yield self._break(Kind.CONSTRAINT_LOOSENED, where, said)
            if looser is not True:
                yield self._break(Kind.CONSTRAINT_TIGHTENED, where, said)

    def _fields(self, where: str, before: Schema, after: Schema) -> Iterator[Break]:
        was, now = before.get("properties", {}), after.get("properties", {})
        needed_before, needed_now = set(before.get("required", ())), set(after.get("required", ()))
        if before.get("additionalProperties") is False and after.get("additionalProperties") is not False:
            yield self._break(Kind.OPENED, where, "it takes fields that are not described")
        for name in was:
            place = f"{where}.{name}" if where else name
            if name not in now:
                yield self._break(Kind.FIELD_REMOVED, place, "the field is gone")
                continue
            if name in needed_now - needed_before:
                yield self._break(Kind.FIELD_REQUIRED, place, "the field was optional and is required")
            if name in needed_before - needed_now:
                yield self._break(Kind.FIELD_OPTIONAL, place, "the field was required and is optional")
            yield from self.values(place, was[name], now[name])
        for name in now.keys() - was.keys():
            if name in needed_now:
                place = f"{where}.{name}" if where else name
                yield self._break(Kind.FIELD_REQUIRED, place, "the field is new and required")

    def _break(self, kind: Kind, where: str, detail: str) -> Break:
        return Break(kind, self.ce_type, where, detail)


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _without_null(schema: Schema) -> tuple[Schema, bool]:
    """The schema without the alternative of null, and whether there was one."""
    alternatives = schema.get("anyOf")
    if alternatives is None:
        return schema, False
    others = [each for each in alternatives if each.get("type") != "null"]
    null = len(others) < len(alternatives)
    return (others[0] if len(others) == 1 else {"anyOf": others}), null


def _shape(schema: Schema) -> Any:
    """What kind of value it is: a JSON type, or the kinds of its alternatives."""
    if "anyOf" in schema:
        return " or ".join(sorted(str(_shape(each)) for each in schema["anyOf"]))
    if "$ref" in schema:
        return "object"
    return schema.get("type", "anything")


def _is_looser(name: str, was: Any, now: Any) -> bool | None:
    """Whether a constraint lets more pass than before; ``None`` where neither lets all pass that the other does."""
    if now is None:
        return True
    if was is None:
        return False
    if name in _LOWER_IS_LOOSER:
        return bool(now < was)
    if name in _HIGHER_IS_LOOSER:
        return bool(now > was)
    return None


def _told(value: Any) -> str:
    return "absent" if value is None else repr(value)
