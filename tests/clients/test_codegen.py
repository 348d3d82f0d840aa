"""What the kits are made from, and that they need nothing else of the project."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from clients.codegen import python_code, typescript_code
from clients.codegen.__main__ import GENERATED, differing
from clients.codegen.contract import NotInTheContract, OrNull, Plain, read
from loanstream.contract.golden import golden_events
from loanstream.eventlog import identity
from loanstream_client import Generic
from loanstream_client.chain import first_break, link
from loanstream_client.envelope import IDENTITY_TYPE, data_of
from loanstream_client.events import EVENTS, TOPICS
from loanstream_client.fakes import fake_events, fake_value
from loanstream_client.payload import Payload
from schemas import chain
from schemas.contract import event_types
from schemas.topics import CONTEXTS, Role, topic

ROOT = Path(__file__).parents[2]
GOLDEN = golden_events()


def test_the_kits_are_made_from_the_contract_as_it_is() -> None:
    assert [str(path.relative_to(ROOT)) for path in differing()] == [], "run `make contract`"


def test_the_kit_knows_every_event_and_topic_of_the_contract() -> None:
    assert set(EVENTS) == {each.ce_type for each in event_types() if each.context in CONTEXTS}
    assert dict(TOPICS) == {context: topic(context, Role.EVENTS) for context in CONTEXTS}
    assert IDENTITY_TYPE == identity.IDENTITY_TYPE


def test_the_kit_imports_nothing_of_the_services() -> None:
    modules = ["reading", "cli", "fakes", "fixtures", "idempotency", "chain", "events"]
    code = f"import sys; from loanstream_client import {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.split(".")[0] for name in done.stdout.split()}
    assert tops & {"loanstream", "schemas", "services", "pydantic", "asyncpg"} == set()
    assert "loanstream_client" in tops


@pytest.mark.parametrize("ce_type", sorted(GOLDEN))
def test_every_released_event_is_read_without_losing_anything(ce_type: str) -> None:
    data = data_of(ce_type, GOLDEN[ce_type].value)
    assert type(data) is EVENTS[ce_type]
    assert says(plain(data), GOLDEN[ce_type].data), "what the event says is in the class"


def says(read: Any, said: Any) -> bool:
    """Whether what was read contains all that was said; fields that were added later are its own."""
    if isinstance(said, dict):
        return isinstance(read, dict) and all(name in read and says(read[name], value) for name, value in said.items())
    if isinstance(said, list):
        return isinstance(read, list) and len(read) == len(said) and all(map(says, read, said))
    return bool(read == said)


@pytest.mark.parametrize("ce_type", sorted(EVENTS))
def test_fakes_are_what_the_published_schema_takes(ce_type: str) -> None:
    published = json.loads((GENERATED / "json" / f"{ce_type}.json").read_text(encoding="utf-8"))
    schema = jsonschema_rs.validator_for(published, validate_formats=True)
    for seed in range(20):
        value = fake_value(ce_type, seed)
        schema.validate(value)
        assert not isinstance(data_of(ce_type, json.dumps(value).encode()), Generic)


def test_the_chain_of_the_kit_is_that_of_the_log() -> None:
    events = list(fake_events(200, seed=3))
    assert first_break(events) is None
    for event in events:
        headers = dict(event.record.headers)
        assert link(bytes(32), headers, event.record.value) == chain.link(
            bytes(32), event.type, headers, event.record.value
        )


def test_a_document_that_the_kits_have_no_word_for_is_refused(tmp_path: Path) -> None:
    for change in (
        {"properties": {"at": {"type": "string", "format": "date-time"}}},
        {"properties": {"rate": {"type": "number"}}},
        {"properties": {"loans": {"type": "object", "additionalProperties": {"type": "string"}}}},
        {"additionalProperties": True},
    ):
        with pytest.raises(NotInTheContract):
            read(documents(tmp_path, change))


def test_a_second_major_stands_beside_the_first(tmp_path: Path) -> None:
    folder = documents(tmp_path, {}, "loanstream.risk.RiskAssessed.v2")
    contract = read(folder)
    names = [event.shape.name for event in contract.events]
    assert names == ["RiskAssessed", "RiskAssessedV2"]
    assert "class RiskAssessedV2(Payload" in python_code.modules(contract)["risk.py"]
    assert '"loanstream.risk.RiskAssessed.v2": risk.RiskAssessedV2;' in typescript_code.module(contract)


def test_an_optional_field_is_optional_in_both_kits(tmp_path: Path) -> None:
    added = {"type": "string", "default": "none", "description": "Added in 1.1."}
    later = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
    contract = read(documents(tmp_path, {"properties": {"channel": added, "later": later}, "required": []}))
    assert [field.kind for field in contract.events[0].shape.fields] == [Plain("text"), OrNull(Plain("integer"))]
    source = python_code.modules(contract)["risk.py"]
    assert '    channel: str = "none"\n    """Added in 1.1."""\n    later: int | None = None' in source
    assert "  readonly channel?: string;\n    readonly later?: number | null;" in typescript_code.module(contract)


def documents(folder: Path, change: dict[str, Any], *others: str) -> Path:
    """A folder of documents with one event type, or some; its schema as published, but for the change."""
    first = "loanstream.risk.RiskAssessed.v1"
    schema = json.loads((GENERATED / "json" / f"{first}.json").read_text(encoding="utf-8")) | change
    (folder / "json").mkdir(exist_ok=True)
    for name in (first, *others):
        (folder / "json" / f"{name}.json").write_text(json.dumps(schema))
    channel = {"address": "loanstream.risk.events.v1", "messages": {name: {} for name in (first, *others)}}
    (folder / "asyncapi.json").write_text(json.dumps({"channels": {"loanstream.risk.events.v1": channel}}))
    return folder


def plain(value: Any) -> Any:
    """A payload as JSON would have it."""
    match value:
        case Payload():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case tuple():
            return [plain(each) for each in value]
        case None | bool() | int():
            return value
        case _:
            return str(value)
