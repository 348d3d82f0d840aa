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
from loanstream.contract.breaking import FOR_READERS_ONLY, Kind
from loanstream.contract.compatibility import Contract, Route, TopicTerms, breaks
from loanstream.contract.meanings import meanings

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
        "last": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}], "default": None},
        "share": {"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 9}, {"$ref": "#/$defs/Part"}]},
        "tree": {"$ref": "#/$defs/Tree"},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "sums": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["loan_id", "months", "bucket", "parts", "share", "tree", "pair", "sums"],
    "$defs": {
        "Tree": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"leaf": {"type": "string"}, "inner": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
            "required": ["leaf", "inner"],
        },
        "Part": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"number": {"type": "integer"}, "text": {"type": "string", "maxLength": 10, "pattern": "^a"}},
            "required": ["number", "text"],
        },
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


def leaf(**keywords: Any) -> Change:
    """Changes the leaf of a tree, whose definition holds itself."""
    return lambda schema: schema["$defs"]["Tree"]["properties"]["leaf"].update(keywords)


def alternative(number: int, **keywords: Any) -> Change:
    """Changes one of the alternatives of the share."""
    return lambda schema: schema["properties"]["share"]["anyOf"][number].update(keywords)


def choice(schema: dict[str, Any]) -> Change:
    """Adds an alternative to the share."""
    return lambda message: message["properties"]["share"]["anyOf"].append(schema)


ALL = tuple(MESSAGE["required"])

BREAKS: list[tuple[str, Change, Kind, str]] = [
    ("a field is gone", without("note"), Kind.FIELD_REMOVED, "note"),
    ("a new field is required", new_and_required, Kind.FIELD_REQUIRED, "channel"),
    ("an optional field becomes required", required(*ALL, "note"), Kind.FIELD_REQUIRED, "note"),
    (
        "a required field becomes optional",
        required(*(each for each in ALL if each != "months")),
        Kind.FIELD_OPTIONAL,
        "months",
    ),
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
    ("a text must look otherwise", part(pattern="^b"), Kind.CONSTRAINT_CHANGED, "last.text"),
    (
        "a text behind null, in a list and in a choice is shorter",
        part(maxLength=5),
        Kind.CONSTRAINT_TIGHTENED,
        "last.text",
    ),
    (
        "a text behind null, in a list and in a choice is longer",
        part(maxLength=50),
        Kind.CONSTRAINT_LOOSENED,
        "last.text",
    ),
    ("an alternative is tighter", alternative(1, maxLength=5), Kind.CONSTRAINT_TIGHTENED, "share<string>"),
    ("an alternative is of another kind", alternative(1, type="boolean"), Kind.KIND_CHANGED, "share"),
    ("an alternative is new", choice({"type": "boolean"}), Kind.KIND_CHANGED, "share"),
    ("a definition that holds itself changes", leaf(type="integer"), Kind.KIND_CHANGED, "tree.leaf"),
    ("a list becomes a tuple", field("parts", prefixItems=[{"type": "string"}]), Kind.KIND_CHANGED, "parts"),
    (
        "a place of a tuple changes",
        field("pair", prefixItems=[{"type": "string"}, {"type": "string"}]),
        Kind.KIND_CHANGED,
        "pair[1]",
    ),
    ("a tuple may go on", field("pair", items=None), Kind.CONSTRAINT_LOOSENED, "pair"),
    ("a list says no longer what is in it", field("parts", items=None), Kind.CONSTRAINT_LOOSENED, "parts"),
    ("a list of anything holds something", field("sums", items={"type": "string"}), Kind.CONSTRAINT_TIGHTENED, "sums"),
    ("the values of a map change", field("sums", additionalProperties={"type": "string"}), Kind.KIND_CHANGED, "sums.*"),
    ("a map takes nothing any more", field("sums", additionalProperties=False), Kind.CLOSED, "sums"),
    ("a default means something else", field("note", default="none"), Kind.DEFAULT_CHANGED, "note"),
    ("a default of a choice means something else", field("last", default={}), Kind.DEFAULT_CHANGED, "last"),
    ("a default is gone", field("note", default=None), Kind.DEFAULT_CHANGED, "note"),
    ("a keyword that nobody knows", field("sums", minProperties=1), Kind.UNKNOWN_KEYWORD, "sums"),
    ("a keyword that nobody knows, changed", part(dependentRequired={"a": ["b"]}), Kind.UNKNOWN_KEYWORD, "last.text"),
    ("the schema is opened", lambda schema: schema.update(additionalProperties=True), Kind.OPENED, ""),
]


@pytest.mark.parametrize(("change", "kind", "where"), [each[1:] for each in BREAKS], ids=[each[0] for each in BREAKS])
def test_a_break_is_found_where_it_is_and_says_what_to_do(change: Change, kind: Kind, where: str) -> None:
    alone: dict[str, Any] = {"commands": {}}
    [of_event] = breaks(contract(**alone), contract(changed(change), **alone))
    assert (of_event.kind, of_event.where) == (kind, where)
    assert str(of_event).startswith(f"{kind}: ")
    assert EVENT in str(of_event)
    assert "reader" in str(of_event).split("Hurts ")[1].split(". To do: ")[0]
    assert "upcaster from this one" in str(of_event)
    # older readers of a command there are none: what is only wider than before breaks nobody
    alone = {"events": {}}
    of_command = breaks(contract(**alone), contract(changed(change), **alone))
    assert [each.kind for each in of_command] == ([] if kind in FOR_READERS_ONLY else [kind])
    for each in of_command:
        assert "Hurts senders of the last release" in str(each)
        assert "upcaster" not in str(each).split("To do:")[1].split("DESIGN")[0], "a command has none"


def test_every_kind_of_break_is_shown_here() -> None:
    apart = {kind for _, kind, _ in PROMISES}
    elsewhere = {Kind.TYPE_REMOVED, Kind.UPCASTER_MISSING, Kind.MEANING_CHANGED}
    assert {kind for _, _, kind, _ in BREAKS} | apart | elsewhere == set(Kind)


TOPIC, TERMS = "loanstream.testing.events.v1", TopicTerms(None, True, "a=1 b=2")
HEADERS: dict[str, Any] = {
    "type": "object",
    "properties": {"ce_id": {"type": "string"}, "ce_sequence": {"type": "string", "pattern": "^[0-9]+$"}},
    "required": ["ce_id", "ce_sequence"],
}
AROUND: dict[str, Any] = {
    "headers": {"EventHeaders": HEADERS},
    "topics": {TOPIC: TERMS, "loanstream.testing.commands.v1": TopicTerms(7, False, "a=1 b=2")},
    "routes": {EVENT: Route(TOPIC, "loan"), COMMAND: Route("loanstream.testing.commands.v1", "loan")},
    "golden": {"schemas/golden/some.json": "1f"},
}


def around(**changes: Any) -> dict[str, Any]:
    """What is promised around the messages, with something changed; ``None`` takes a thing away."""
    found = copy.deepcopy(AROUND)
    for part_name, change in changes.items():
        for name, value in change.items():
            found[part_name][name] = value
        found[part_name] = {name: value for name, value in found[part_name].items() if value is not None}
    return found


def headers(**properties: Any) -> dict[str, Any]:
    """The headers of an event with some changed."""
    kept = {name: each for name, each in {**HEADERS["properties"], **properties}.items() if each is not None}
    return around(headers={"EventHeaders": HEADERS | {"properties": kept}})


PROMISES: list[tuple[dict[str, Any], Kind, str]] = [
    (around(routes={EVENT: Route(TOPIC, "receipt")}), Kind.KEY_CHANGED, EVENT),
    (around(routes={EVENT: Route("loanstream.testing.commands.v1", "loan")}), Kind.TOPIC_CHANGED, EVENT),
    (
        around(topics={TOPIC: None, f"{TOPIC}2": TERMS}, routes={EVENT: Route(f"{TOPIC}2", "loan")}),
        Kind.TOPIC_CHANGED,
        TOPIC,
    ),
    (around(topics={TOPIC: TopicTerms(None, False, TERMS.keying)}), Kind.TOPIC_CHANGED, TOPIC),
    (around(topics={TOPIC: TopicTerms(None, True, "a=2 b=2")}), Kind.KEY_CHANGED, TOPIC),
    (around(topics={TOPIC: TopicTerms(365, True, TERMS.keying)}), Kind.RETENTION_SHORTENED, TOPIC),
    (headers(ce_sequence=None), Kind.HEADER_REMOVED, "EventHeaders ce_sequence"),
    (headers(ce_sequence={"type": "string"}), Kind.HEADER_CHANGED, "EventHeaders ce_sequence"),
    (
        around(headers={"EventHeaders": HEADERS | {"required": ["ce_id"]}}),
        Kind.HEADER_CHANGED,
        "EventHeaders ce_sequence",
    ),
    (around(golden={"schemas/golden/some.json": "2f"}), Kind.GOLDEN_CHANGED, "schemas/golden/some.json"),
    (around(golden={"schemas/golden/some.json": None}), Kind.GOLDEN_CHANGED, "schemas/golden/some.json"),
]


@pytest.mark.parametrize(("after", "kind", "place"), PROMISES)
def test_what_is_promised_around_the_messages_is_kept_too(after: dict[str, Any], kind: Kind, place: str) -> None:
    [found] = breaks(contract(**AROUND), contract(**after))
    assert (found.kind, found.place) == (kind, place)
    assert all(words in str(found) for words in (place, "Hurts ", "To do: "))


def test_more_than_was_promised_is_no_break() -> None:
    more = around(topics={"loanstream.testing.commands.v1": TopicTerms(30, False, "a=1 b=2"), "new": TERMS})
    more |= {"headers": headers(ls_hops={"type": "string"})["headers"]}
    more |= {"golden": {**AROUND["golden"], "schemas/golden/other.json": "3f"}}
    assert breaks(contract(**AROUND), contract(**more)) == []


def said(change: Change | None = None, **more: Any) -> Contract:
    """The contract with its descriptions."""
    described = changed(part(description="Major units."))
    described["properties"]["loan_id"]["description"] = "The loan."
    if change is not None:
        change(described)
    return contract(described, meanings=meanings({EVENT: described}), **more)


MEANINGS: list[tuple[Change, str]] = [
    (part(description="Minor units."), "Part text"),
    (field("loan_id", description="The receipt."), f"{EVENT} loan_id"),
    (field("loan_id", description=None), f"{EVENT} loan_id"),
]


@pytest.mark.parametrize(("change", "place"), MEANINGS, ids=["in a shared definition", "of a field", "left out"])
def test_other_words_are_a_break_until_it_is_said_that_only_the_words_are_others(change: Change, place: str) -> None:
    [found] = breaks(said(), said(change))
    assert (found.kind, found.place) == (Kind.MEANING_CHANGED, place)
    assert "loanstream schemas reworded" in str(found)
    now = said(change).meanings[found.ce_type][found.where]
    assert breaks(said(), said(change, reworded={place: now})) == []
    [again] = breaks(said(), said(change, reworded={place: "what was said the time before"}))
    assert again.kind is Kind.MEANING_CHANGED


def test_what_had_no_words_may_get_some_and_lines_may_break_elsewhere() -> None:
    assert breaks(said(), said(field("months", description="Months."))) == []
    assert breaks(said(), said(field("loan_id", description="The\n  loan."))) == []


def test_what_one_definition_breaks_is_told_once() -> None:
    shape = changed(part(maxLength=5))
    events = {EVENT: shape, "loanstream.testing.Other.v1": shape}
    before = contract(events=dict.fromkeys(events, MESSAGE))
    [found] = breaks(before, contract(events=events, commands={COMMAND: shape}))
    assert "Part.text (in loanstream.testing.LoanMoved.v1 last.text and 8 more places" in str(found)
    assert "upcaster" in str(found), "events are among them"


def test_a_command_whose_older_major_is_gone_has_no_way_out_but_to_keep_it() -> None:
    [found] = breaks(contract(), contract(commands={}, read_as={COMMAND: EVENT}))
    assert (found.kind, found.ce_type) == (Kind.TYPE_REMOVED, COMMAND)
    assert "keep the class for as long as anybody sends it" in str(found)
    both = {COMMAND: MESSAGE, COMMAND.replace("v1", "v2"): changed(new_and_required)}
    assert breaks(contract(), contract(commands=both)) == []


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
    console = Console(record=True, width=400, file=open("/dev/null", "w"))  # noqa: SIM115
    assert cli.check(file, console, console) == 1
    text = console.export_text()
    assert "type-removed: loanstream.testing.Gone.v1: it was released and is gone. Hurts readers" in text
    assert "breaks with what was released: 1" in text
    assert some not in text


def test_nothing_breaks_the_last_release() -> None:
    assert [str(each) for each in breaks(released.released(), released.current())] == []


def test_the_stored_contract_is_the_one_that_was_stored(tmp_path: Path) -> None:
    now = released.current()
    file = tmp_path / "contract.json"
    file.write_text(json.dumps(released.as_document(now, "0.0.1")), encoding="utf-8")
    again = released.released(file)
    assert breaks(again, now) == [] == breaks(now, again)
    for part_name in ("routes", "topics", "meanings", "golden", "read_as"):
        assert getattr(again, part_name) == getattr(now, part_name)
    assert {"loanstream.outcome.v1", "loanstream.topic.identity.v1"} == set(again.records)


@pytest.mark.parametrize(
    ("wanted", "own", "says"),
    [
        ("0.2.0", "0.3.0", "this code is 0.3.0, not 0.2.0"),
        ("0.1.0", "0.1.0", "0.1.0 is not above it"),
        ("0.0.9", "0.0.9", "0.0.9 is not above it"),
        ("next", "next", "is no version"),
    ],
)
def test_a_release_has_the_version_of_the_code_and_one_above_the_last(
    wanted: str, own: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "contract.json"
    file.write_text(json.dumps({"release": "0.1.0"}), encoding="utf-8")
    with pytest.raises(released.CannotRelease, match=says):
        released.check_version(wanted, file, own)
    released.check_version("0.10.0", file, "0.10.0")
    released.check_version("0.0.1", tmp_path / "none.json", "0.0.1")


def test_a_text_that_was_reworded_passes_until_it_changes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = json.loads(released.RELEASED.read_text(encoding="utf-8"))
    stored["meanings"]["Money"]["amount"] = "what it said before"
    monkeypatch.setattr(released, "RELEASED", tmp_path / "contract.json")
    monkeypatch.setattr(released, "REWORDED", tmp_path / "reworded.json")
    released.RELEASED.write_text(json.dumps(stored), encoding="utf-8")
    told = Console(record=True, width=400, file=open("/dev/null", "w"))  # noqa: SIM115
    assert cli.check(None, told, told) == 1
    assert "meaning-changed: Money amount: " in told.export_text()
    assert cli.reworded("Money", "amount", told, told) == 0
    assert list(json.loads(released.REWORDED.read_text(encoding="utf-8"))) == ["Money amount"]
    assert cli.check(None, told, told) == 0


def test_the_commands_release_nothing_twice_and_reword_nothing_that_is_as_it_was() -> None:
    before = released.RELEASED.read_bytes()
    told = Console(record=True, width=400, file=open("/dev/null", "w"))  # noqa: SIM115
    assert cli.release(json.loads(before)["release"], told, told) == 1
    assert cli.reworded("Money", "amount", told, told) == 1
    assert released.RELEASED.read_bytes() == before
    text = told.export_text()
    assert "is not above it" in text
    assert "the description of Money amount does not differ" in text


def test_the_stored_release_holds_no_words_and_all_that_counts() -> None:
    stored = released.as_document(contract(changed(field("note", description="d", examples=["x"]))), "1")
    assert stored["events"][EVENT] == MESSAGE
    described = changed(field("description", type="string"))
    kept = released.as_document(contract(described), "1")["events"][EVENT]
    assert "description" in kept["properties"], "a field may be called so"
