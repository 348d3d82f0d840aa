"""Kinds of break of the contract, whom each hurts, and what to do about it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

RULE = "DESIGN section 8: an additive change keeps the version; anything else is a new major with an upcaster"


class Kind(StrEnum):
    """Kinds of break; stable codes."""

    TYPE_REMOVED = "type-removed"
    UPCASTER_MISSING = "upcaster-missing"
    FIELD_REMOVED = "field-removed"
    FIELD_REQUIRED = "field-required"
    FIELD_OPTIONAL = "field-optional"
    DEFAULT_CHANGED = "default-changed"
    KIND_CHANGED = "kind-changed"
    NULL_ADDED = "null-added"
    NULL_REMOVED = "null-removed"
    VALUE_REMOVED = "value-removed"
    VALUE_ADDED = "value-added"
    CONSTRAINT_TIGHTENED = "constraint-tightened"
    CONSTRAINT_LOOSENED = "constraint-loosened"
    CONSTRAINT_CHANGED = "constraint-changed"
    OPENED = "opened"
    CLOSED = "closed"
    UNKNOWN_KEYWORD = "unknown-keyword"
    MEANING_CHANGED = "meaning-changed"
    KEY_CHANGED = "key-changed"
    TOPIC_CHANGED = "topic-changed"
    RETENTION_SHORTENED = "retention-shortened"
    HEADER_REMOVED = "header-removed"
    HEADER_CHANGED = "header-changed"
    GOLDEN_CHANGED = "golden-changed"


FOR_READERS_ONLY = frozenset(
    {Kind.FIELD_OPTIONAL, Kind.NULL_ADDED, Kind.VALUE_ADDED, Kind.CONSTRAINT_LOOSENED, Kind.OPENED}
)
"""Breaks of what is written, which nobody older reads of a command."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Whom a kind of break hurts, and what to do."""

    hurts: str
    do: str
    new_major: bool = True
    """Whether a new major version is the other way out."""


_MANY = "every reader, and what each has kept"
_OF_EVENTS: Mapping[Kind, Advice] = {
    Kind.TYPE_REMOVED: Advice("readers of what lies in the logs", "keep the class"),
    Kind.UPCASTER_MISSING: Advice(
        "our own services, which stop at what lies in the logs", "register one with @upcaster", new_major=False
    ),
    Kind.FIELD_REMOVED: Advice("readers that use the field", "keep the field"),
    Kind.FIELD_REQUIRED: Advice(
        "readers of older events, which have no such field",
        "give the field a default that means what its absence meant",
    ),
    Kind.FIELD_OPTIONAL: Advice("readers that rely on the field", "keep it required"),
    Kind.DEFAULT_CHANGED: Advice(
        "every reader: all events without the field mean something else now", "keep the default, and write the field"
    ),
    Kind.KIND_CHANGED: Advice("readers that read the old kind", "add a field of the new kind beside it"),
    Kind.NULL_ADDED: Advice("readers that do not expect null", "add a field beside it"),
    Kind.NULL_REMOVED: Advice("readers of older events, which hold null", "keep reading null"),
    Kind.VALUE_REMOVED: Advice("readers of older events, which hold the value", "keep reading the value"),
    Kind.VALUE_ADDED: Advice("readers that do not know the value", "add a field beside it"),
    Kind.CONSTRAINT_TIGHTENED: Advice("readers of older events, which no longer are valid", "keep the constraint"),
    Kind.CONSTRAINT_LOOSENED: Advice("readers that rely on the constraint", "keep the constraint"),
    Kind.CONSTRAINT_CHANGED: Advice(
        "readers that rely on the constraint, and readers of older events", "keep the constraint"
    ),
    Kind.OPENED: Advice("readers that rely on what is described", "keep the schema closed"),
    Kind.CLOSED: Advice("readers of older events, which may hold more", "keep the schema as open as it was"),
    Kind.UNKNOWN_KEYWORD: Advice(
        "perhaps every reader: the comparison does not know what the keyword means",
        "teach it to loanstream/contract/comparing.py, or leave the keyword as it was",
    ),
    Kind.MEANING_CHANGED: Advice(
        "every reader: the same bytes mean something else",
        "keep the meaning; where only the words are others, say so with `loanstream schemas reworded`",
    ),
    Kind.KEY_CHANGED: Advice("readers that rely on the order of a key", "leave the key"),
    Kind.TOPIC_CHANGED: Advice(
        f"{_MANY} of its position", "keep the topic, or write the next major of the topic beside it", new_major=False
    ),
    Kind.RETENTION_SHORTENED: Advice(
        "readers that begin at the first record, or come back late", "keep the retention", new_major=False
    ),
    Kind.HEADER_REMOVED: Advice("readers that use the header", "keep writing the header", new_major=False),
    Kind.HEADER_CHANGED: Advice("readers that use the header", "leave it, and add a header beside it", new_major=False),
    Kind.GOLDEN_CHANGED: Advice(
        "nobody yet: but the file stands for what lies in the logs, and no longer does",
        "put it back, and add a file beside it",
        new_major=False,
    ),
}
_SENDERS = "senders of the last release, and commands that lie in the topic"
_OF_COMMANDS: Mapping[Kind, str] = {
    Kind.TYPE_REMOVED: "keep the class for as long as anybody sends it",
    Kind.FIELD_REMOVED: "keep taking the field",
    Kind.NULL_REMOVED: "keep taking null",
    Kind.VALUE_REMOVED: "keep taking the value",
    Kind.DEFAULT_CHANGED: "keep the default",
}
"""What to do where a command differs from an event. A command has no upcaster: its older major stays beside the newer."""


@dataclass(frozen=True, slots=True)
class Break:
    """One break, where it is, whom it hurts, and what to do."""

    kind: Kind
    ce_type: str
    """What it is in: a type, a topic, a file, or the name of a shared definition."""
    where: str
    """The path of the field, ``terms.principal.amount``; empty for the type itself."""
    detail: str
    shared: str = ""
    """The path from the innermost shared definition on, ``Money.amount``; empty where none is on the way."""
    is_command: bool = False
    also: tuple[str, ...] = ()
    """Further places that the same cause shows at."""

    @property
    def place(self) -> str:
        """The type, and the field inside it."""
        return f"{self.ce_type} {self.where}" if self.where else self.ce_type

    def __str__(self) -> str:
        more = f" and {len(self.also)} more places, such as {self.also[0]}" if self.also else ""
        place = f"{self.shared} (in {self.place}{more})" if self.shared else f"{self.place}{more}"
        advice = _OF_EVENTS[self.kind]
        hurts = _SENDERS if self.is_command else advice.hurts
        do = _OF_COMMANDS.get(self.kind, advice.do) if self.is_command else advice.do
        if advice.new_major and self.is_command:
            do += ", or add a new major and keep this one beside it"
        elif advice.new_major:
            do += ", or make a new major with an upcaster from this one"
        return f"{self.kind}: {place}: {self.detail}. Hurts {hurts}. To do: {do}. {RULE}."


def by_cause(found: Iterable[Break]) -> Iterator[Break]:
    """One break for each cause: what a shared definition breaks in many types is told once, with the first of them."""
    first: dict[tuple[Kind, str, str], Break] = {}
    also: dict[tuple[Kind, str, str], list[str]] = {}
    for each in found:
        cause = (each.kind, each.shared or each.place, each.detail)
        if first.setdefault(cause, each) is not each:
            also.setdefault(cause, []).append(each.place)
    for known, each in first.items():
        yield replace(each, also=tuple(also.get(known, ())))
