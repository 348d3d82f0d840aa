"""What may change between two releases, on a contract of its own: two majors, and every kind of break."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loanstream.cli import contract as cli
from loanstream.contract import released
from loanstream.contract.compatibility import FOR_READERS_ONLY, Contract, Kind, breaks

EVENT = "loanstream.testing.LoanMoved.v1"
NEXT = "loanstream.testing.LoanMoved.v2"
COMMAND = "loanstream.testing.MoveLoan.v1"

MESSAGE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "loan_id": {"type": "string"},
        "months": {"type": "integer", "minimum": 1, "maximum": 360},
        "bucket": {"enum": ["M0", "M1", "M2"], "type": "string"},
        "reason": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "note": {"type": "string", "default": ""},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "required": ["loan_id", "months", "bucket", "parts"],
    "$defs": {
        "Part": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"number": {"type": "integer"}, "text": {"type": "string", "maxLength": 10}},
            "required": ["number", "text"],
        }
    },
}

Change = Callable[[dict[str, Any]], None]


def contract(schema: dict[str, Any] | None = None, **more: Any) -> Contract:
    """A contract of one event and one command of the same shape."""
    shape = MESSAGE if schema is None else schema
    return Contract(**({"events": {EVENT: shape}, "commands": {COMMAND: shape}, "read_as": {}} | more))


def changed(change: Change) -> dict[str, Any]:
    """The message with something changed."""
    schema = copy.deepcopy(MESSAGE)
    change(schema)
    return schema


def field(name: str, **keywords: Any) -> Change:
    """Sets keywords of a field; ``None`` takes one away."""

    def change(schema: dict[str, Any]) -> None:
        properties = schema["properties"].setdefault(name, {})
        properties.update(keywords)
        for keyword in [key for key, value in keywords.items() if value is None]:
            del properties[keyword]

    return change


def without(name: str) -> Change:
    """Takes a field away."""

    def change(schema: dict[str, Any]) -> None:
        del schema["properties"][name]
        schema["required"] = [each for each in schema["required"] if each != name]

    return change


def required(*names: str) -> Change:
    """Says which fields are required."""
    return lambda schema: schema.update(required=list(names))


def new_and_required(schema: dict[str, Any]) -> None:
    """Adds a field that nobody has written so far."""
    schema["properties"]["channel"] = {"type": "string"}
    schema["required"].append("channel")


def part(**keywords: Any) -> Change:
    """Changes the text of a part, behind a reference and a list."""
    return lambda schema: schema["$defs"]["Part"]["properties"]["text"].update(keywords)


ALL = ("loan_id", "months", "bucket", "parts")

BREAKS: list[tuple[str, Change, Kind, str]] = [
    ("a field is gone", without("note"), Kind.FIELD_REMOVED, "note"),
    ("a new field is required", new_and_required, Kind.FIELD_REQUIRED, "channel"),
    ("an optional field becomes required", required(*ALL, "note"), Kind.FIELD_REQUIRED, "note"),
    ("a required field becomes optional", required("loan_id", "bucket", "parts"), Kind.FIELD_OPTIONAL, "months"),
    ("a number becomes a text", field("months", type="string"), Kind.KIND_CHANGED, "months"),
    (
        "a field may be null",
        field("note", type=None, anyOf=[{"type": "string"}, {"type": "null"}]),
        Kind.NULL_ADDED,
        "note",
    ),
    ("a field may not be null any more", field("reason", anyOf=None, type="string"), Kind.NULL_REMOVED, "reason"),
    ("a value of a vocabulary is gone", field("bucket", enum=["M0", "M1"]), Kind.VALUE_REMOVED, "bucket"),
    ("a vocabulary has a new value", field("bucket", enum=["M0", "M1", "M2", "M3"]), Kind.VALUE_ADDED, "bucket"),
    ("a vocabulary is opened", field("bucket", enum=None), Kind.VALUE_ADDED, "bucket"),
    ("a text becomes a vocabulary", field("note", enum=["a"]), Kind.VALUE_REMOVED, "note"),
    ("a maximum is lower", field("months", maximum=120), Kind.CONSTRAINT_TIGHTENED, "months"),
    ("a maximum is higher", field("months", maximum=480), Kind.CONSTRAINT_LOOSENED, "months"),
    ("a minimum is higher", field("months", minimum=2), Kind.CONSTRAINT_TIGHTENED, "months"),
    ("a minimum is gone", field("months", minimum=None), Kind.CONSTRAINT_LOOSENED, "months"),
    ("a text must look like something", field("loan_id", pattern="^[0-9]+$"), Kind.CONSTRAINT_TIGHTENED, "loan_id"),
    ("a text inside a list is shorter", part(maxLength=5), Kind.CONSTRAINT_TIGHTENED, "parts[].text"),
    ("a text inside a list is longer", part(maxLength=50), Kind.CONSTRAINT_LOOSENED, "parts[].text"),
    ("the schema is opened", lambda schema: schema.update(additionalProperties=True), Kind.OPENED, ""),
]


@pytest.mark.parametrize(("change", "kind", "where"), [each[1:] for each in BREAKS], ids=[each[0] for each in BREAKS])
def test_a_break_is_found_where_it_is_and_says_what_to_do(change: Change, kind: Kind, where: str) -> None:
    found = breaks(contract(), contract(changed(change)))
    [of_event] = [each for each in found if each.ce_type == EVENT]
    assert (of_event.kind, of_event.where) == (kind, where)
    assert str(of_event).startswith(f"{kind}: {EVENT}")
    assert "new major" in str(of_event)
    # older readers of a command there are none: what is only wider than before breaks nobody
    of_command = [each.kind for each in found if each.ce_type == COMMAND]
    assert of_command == ([] if kind in FOR_READERS_ONLY else [kind])


def test_every_kind_of_break_is_shown_here() -> None:
    elsewhere = {Kind.TYPE_REMOVED, Kind.UPCASTER_MISSING}
    assert {kind for _, _, kind, _ in BREAKS} | elsewhere == set(Kind)


@pytest.mark.parametrize(
    "change",
    [
        field("channel", type="string", default=""),
        field("note", description="said anew", examples=["x"], title="Note"),
        lambda schema: schema["properties"].update(reversed(list(schema["properties"].items()))),
        lambda schema: schema["$defs"].update(Unused={"type": "string"}),
    ],
    ids=["an optional field is added", "words change", "the order changes", "a definition is added"],
)
def test_what_nobody_has_to_know_is_no_break(change: Change) -> None:
    assert breaks(contract(), contract(changed(change))) == []


def test_a_released_type_that_is_gone_is_a_break() -> None:
    found = breaks(contract(), contract(events={}))
    assert [(each.kind, each.ce_type) for each in found] == [(Kind.TYPE_REMOVED, EVENT)]


def test_a_second_major_needs_the_way_from_the_first() -> None:
    both = {EVENT: MESSAGE, NEXT: changed(new_and_required)}
    found = breaks(contract(), contract(events=both))
    assert [(each.kind, each.ce_type) for each in found] == [(Kind.UPCASTER_MISSING, NEXT)]
    assert breaks(contract(), contract(events=both, read_as={EVENT: NEXT})) == []


def test_with_an_upcaster_the_class_of_the_first_major_may_go() -> None:
    second = contract(events={NEXT: changed(new_and_required)}, read_as={EVENT: NEXT})
    assert breaks(contract(), second) == []
    # and what lies in the logs must be readable in every later release, too
    forgotten = breaks(second, contract(events={NEXT: changed(new_and_required)}))
    assert {each.kind for each in forgotten} == {Kind.UPCASTER_MISSING}


def test_the_command_ends_with_one_sentence_a_break(tmp_path: Path) -> None:
    now = released.current()
    some = next(iter(now.events))
    older = Contract({**now.events, "loanstream.testing.Gone.v1": MESSAGE}, now.commands, {})
    file = tmp_path / "contract.json"
    file.write_text(json.dumps(released.as_document(older, "0.0.1")), encoding="utf-8")
    said = Console(record=True, width=400, file=open("/dev/null", "w"))  # noqa: SIM115
    assert cli.check(file, said, said) == 1
    text = said.export_text()
    assert "type-removed: loanstream.testing.Gone.v1: it was released and is gone; keep the class" in text
    assert "1 breaks with what was released" in text
    assert some not in text


def test_nothing_breaks_the_last_release() -> None:
    assert [str(each) for each in breaks(released.released(), released.current())] == []


def test_the_stored_release_holds_no_words_and_all_that_counts() -> None:
    stored = released.as_document(contract(changed(field("note", description="d", examples=["x"]))), "1")
    assert stored["events"][EVENT] == MESSAGE
    described = changed(field("description", type="string"))
    kept = released.as_document(contract(described), "1")["events"][EVENT]
    assert "description" in kept["properties"], "a field may be called so"
