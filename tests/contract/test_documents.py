"""The committed documents are those of the code, closed, complete, and accepted by the tools that others will use on them."""

import asyncio
import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from markupsafe import escape

from loanstream.console.words import LANGUAGES, catalogue
from loanstream.contract import generate, readable
from loanstream.contract.asyncapi import asyncapi
from loanstream.contract.consumers import consumers
from loanstream.contract.entries import own_events, shared_events
from loanstream.contract.golden import golden_events
from loanstream.contract.headers import headers
from loanstream.contract.json_schemas import json_schemas, message_types
from loanstream.contract.openapi import documents
from loanstream.contract.outcomes import OUTCOME, OUTCOMES, record_schemas
from loanstream.eventlog.identity import IDENTITY_KEY, IDENTITY_TYPE
from loanstream.eventlog.port import Record, TopicPartition
from loanstream.simulation.faults import NO_FAULTS
from loanstream.simulation.histories import live
from loanstream.simulation.planting import Planted
from schemas import envelope, upcasting
from schemas.outcomes import Outcome, Status, outcome_type
from schemas.platform import PARTITION_AGGREGATE
from schemas.topics import CONTEXTS, Role, topic

ROOT = Path(__file__).parents[2]
CHECKER = ROOT / "tools" / "asyncapi"
EVENTS = [message for message in message_types() if message.kind == "event"]


def objects_in(value: Any) -> list[dict[str, Any]]:
    """Every schema of an object with fields inside a schema."""
    if isinstance(value, list):
        return [found for each in value for found in objects_in(each)]
    if not isinstance(value, dict):
        return []
    inner = [found for each in value.values() for found in objects_in(each)]
    return [value, *inner] if value.get("type") == "object" and "properties" in value else inner


def test_the_committed_documents_are_those_of_the_code() -> None:
    assert [str(path.relative_to(ROOT)) for path in generate.differing()] == [], "run `make contract`"


def test_every_object_of_every_schema_is_closed() -> None:
    for ce_type, schema in json_schemas().items():
        assert all(each["additionalProperties"] is False for each in objects_in(schema)), ce_type


def test_every_message_says_what_it_is() -> None:
    for ce_type, schema in json_schemas().items():
        assert len(schema["description"]) > 15, ce_type
        assert ":func:" not in json.dumps(schema), ce_type


def test_every_event_has_a_golden_example_that_its_schema_takes_and_that_can_be_read() -> None:
    golden = golden_events()
    assert golden.keys() >= {message.ce_type for message in EVENTS}
    schemas = json_schemas()
    for ce_type, event in golden.items():
        assert upcasting.decode(ce_type, event.value) is not None
        if ce_type in schemas:
            jsonschema_rs.validate(schemas[ce_type], event.data)


@pytest.fixture(scope="module")
def simulated() -> list[Record]:
    """Every record of the public topics of one simulated history."""
    return asyncio.run(public_records())


async def public_records() -> list[Record]:
    """The records, when the history is at rest."""
    world, history = await live(7, Planted.NOTHING, NO_FAULTS)
    assert history.holds
    roles = (Role.EVENTS, Role.OUTCOMES)
    places = [TopicPartition(topic(c, role), n) for c in CONTEXTS for role in roles for n in range(world.partitions)]
    return [record for place in places for record in await world.log.read({place: 0}, 1_000_000)]


def test_every_event_of_a_simulated_history_is_valid_by_its_schema(simulated: list[Record]) -> None:
    schemas = json_schemas()
    validators = {ce_type: jsonschema_rs.validator_for(schema) for ce_type, schema in schemas.items()}
    in_head = jsonschema_rs.validator_for(headers()["EventHeaders"])
    records = [record for record in simulated if record.type in schemas]
    assert len(records) > 200
    for record in records:
        errors = [str(error) for error in validators[record.type].iter_errors(json.loads(record.value))]
        assert errors == [], record.type
        in_head.validate({**record.headers, "ce_type": record.type})
        assert record.headers[envelope.DATASCHEMA] == schemas[record.type]["$id"]


def test_every_outcome_of_a_simulated_history_is_valid_by_its_schema(simulated: list[Record]) -> None:
    schemas = json_schemas()
    validator = jsonschema_rs.validator_for(record_schemas()[OUTCOME], validate_formats=True)
    in_head = jsonschema_rs.validator_for(headers()["OutcomeHeaders"])
    records = [record for record in simulated if record.type in OUTCOMES]
    assert {record.type for record in simulated} <= OUTCOMES.keys() | schemas.keys() | {IDENTITY_TYPE}
    assert len(records) > 200
    assert {json.loads(record.value)["status"] for record in records} >= {Status.EXECUTED, Status.REFUSED}
    for record in records:
        value = json.loads(record.value)
        assert [str(error) for error in validator.iter_errors(value)] == []
        assert record.type == outcome_type(Status(value["status"]))
        assert record.key == value["target"]
        in_head.validate({**record.headers, "ce_type": record.type})
        for event in value.get("events", ()):
            jsonschema_rs.validate(schemas[event["type"]], event["data"])


def test_every_partition_begins_with_an_identity_that_is_valid_by_its_schema(simulated: list[Record]) -> None:
    first = [record for record in simulated if record.offset == 0]
    assert len(first) == len({(record.topic, record.partition) for record in simulated})
    for record in first:
        assert (record.type, record.key) == (IDENTITY_TYPE, IDENTITY_KEY)
        jsonschema_rs.validate(record_schemas()[IDENTITY_TYPE], json.loads(record.value))


def test_asyncapi_has_a_channel_for_every_public_topic_and_a_message_for_every_event() -> None:
    document = asyncapi()
    roles = (Role.EVENTS, Role.OUTCOMES)
    assert set(document["channels"]) == {topic(context, role) for context in CONTEXTS for role in roles}
    listed = {name for channel in document["channels"].values() for name in channel["messages"]}
    assert {message.ce_type for message in EVENTS} <= listed
    for role, own in (
        (Role.EVENTS, {each.ce_type for each in EVENTS}),
        (Role.OUTCOMES, set(map(outcome_type, Status))),
    ):
        channels = [document["channels"][topic(context, role)]["messages"] for context in CONTEXTS]
        assert {name for messages in channels for name in messages} == own | {IDENTITY_TYPE}
        assert all(IDENTITY_TYPE in messages for messages in channels)
    for name, message in document["components"]["messages"].items():
        assert {"headers", "payload", "bindings"} <= message.keys(), name


def test_outcomes_and_identities_are_closed_and_every_field_is_described() -> None:
    for name, schema in record_schemas().items():
        for each in objects_in(schema):
            assert each["additionalProperties"] is False, name
            assert all(len(field["description"]) > 10 for field in each["properties"].values()), name
    properties = record_schemas()[OUTCOME]["properties"]
    assert set(properties) == set(Outcome.__struct_fields__)
    assert properties["status"]["enum"] == [status.value for status in Status]
    assert set(OUTCOMES) == set(map(outcome_type, Status))


def test_a_field_too_many_or_an_unknown_status_is_no_outcome() -> None:
    good = {
        "command_id": "c",
        "command_type": "t",
        "target": "a",
        "status": "executed",
        "position": 1,
        "actor": "system",
    }
    good |= {"cause": "", "time": "2026-01-05T09:00:00.000000Z", "body": {}}
    jsonschema_rs.validate(record_schemas()[OUTCOME], good)
    for wrong in ({"extra": 1}, {"status": "done"}, {"position": "1"}, {"events": [{"id": "e"}]}):
        assert not jsonschema_rs.is_valid(record_schemas()[OUTCOME], good | wrong), wrong


@pytest.mark.skipif(
    shutil.which("node") is None or not (CHECKER / "node_modules").is_dir(),
    reason="needs node and `npm ci` in tools/asyncapi",
)
def test_the_official_parser_accepts_the_asyncapi_document() -> None:
    done = subprocess.run(
        ["node", "check.mjs", str(generate.GENERATED / "asyncapi.json")],
        cwd=CHECKER,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "AsyncAPI 3.1.0" in done.stdout


def test_the_diagram_has_every_service_and_a_line_for_every_foreign_event_that_one_reads() -> None:
    text = generate.TOPOLOGY.read_text(encoding="utf-8")
    for ce_type, readers in consumers().items():
        _, source, name, _ = ce_type.split(".")
        for reader in readers:
            assert reader == source or f"{source}_events --> {reader}" in text
            assert reader == source or f"`{name}`" in text
    assert all(f"  {context} ==> {context}_events" in text for context in CONTEXTS)


def test_every_service_has_an_openapi_document_with_its_own_routes() -> None:
    for service, document in documents().items():
        assert document["openapi"] == "3.1.0"
        own = [path for path in document["paths"] if path.startswith(f"/api/{service}/")]
        assert len(own) > 5
        others = [context for context in CONTEXTS if context != service]
        assert not [path for path in document["paths"] if path.startswith(tuple(f"/api/{each}/" for each in others))]


def test_the_catalogue_has_a_section_and_an_example_for_every_event() -> None:
    pages = "".join((generate.PAGES / f"{context}.md").read_text(encoding="utf-8") for context in CONTEXTS)
    for message in EVENTS:
        if message.aggregate != PARTITION_AGGREGATE:
            assert f"- Type: `{message.ce_type}`" in pages
    assert pages.count("```json") == len([each for each in EVENTS if each.aggregate != PARTITION_AGGREGATE])


class _Page(HTMLParser):
    """What a browser would be told to fetch, the ids, and the rows of each event's table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.rows: dict[str, int] = {}
        self._event = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.fetched += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        self.fetched += [given["href"]] if tag == "link" else []
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a":
            self.links.add(given["href"])
        if tag == "section":
            self._event = given.get("id", "")
        if tag == "tr":
            self.rows[self._event] = self.rows.get(self._event, 0) + 1


def test_the_readable_catalogue_has_every_event_and_field_and_asks_for_nothing_from_elsewhere() -> None:
    text = readable.page()
    page = _Page(text)
    assert page.fetched == []
    assert "url(" not in text
    assert "@import" not in text
    assert len(page.ids) == len(set(page.ids))
    assert len(text.encode()) < 1_500_000
    shown = [*shared_events(), *(event for context in CONTEXTS for event in own_events(context))]
    for event in shown:
        assert f"#{event.message.ce_type}" in page.links
        assert page.rows[event.message.ce_type] == 1 + len(event.fields)
    assert {event.message.name for event in shown} == {message.name for message in EVENTS}
    assert all(link.removeprefix("#") in page.ids for link in page.links)


def test_a_field_of_the_catalogue_has_its_unit_its_meaning_and_its_value_in_the_example() -> None:
    events = {event.message.name: event for event in own_events("servicing")}
    fields = {field.path: field for field in events["LoanBooked"].fields}
    golden = golden_events()["loanstream.servicing.LoanBooked.v1"].data
    assert json.loads(fields["terms.principal"].example) == golden["terms"]["principal"]
    assert json.loads(fields["schedule[].due_date"].example) == golden["schedule"][0]["due_date"]
    assert fields["terms.principal"].unit == "major units, ISO 4217"
    assert fields["value_date"].unit == "YYYY-MM-DD"
    assert "inclusive 起息日" in fields["value_date"].meaning
    assert fields["schedule"].example == ""


def test_the_readable_catalogue_names_every_event_in_both_languages() -> None:
    text = readable.page()
    for message in EVENTS:
        for language in LANGUAGES:
            assert escape(catalogue(language)[f"event.{message.name}"]) in text


def test_what_is_put_into_the_readable_catalogue_is_escaped() -> None:
    assert readable.prose("`<context>` & <b>") == "<code>&lt;context&gt;</code> &amp; &lt;b&gt;"
