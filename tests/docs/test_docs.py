"""What the documentation shows can be run: commands parse, snippets execute, links lead somewhere, tables are the code's."""

import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from msgspec import structs

from loanstream.cli.main import app
from loanstream.contract.openapi import document as openapi_document
from loanstream.eventlog.port import Record
from schemas import chain
from schemas.envelope import EventMeta, event_headers
from services.notify.ports.webhook import signature
from tests.docs.error_codes import error_codes
from tests.docs.pages import PAGES, ROOT, anchors, blocks, command_lines, links, named, spans, text_of
from tests.docs.tables import TABLES, explained_errors, marked, with_tables

every_page = pytest.mark.parametrize("page", PAGES, ids=named)


@pytest.fixture(scope="module")
def paths() -> list[re.Pattern[str]]:
    """The paths of the API, as patterns that fit a concrete path as well as its template."""
    found = [re.sub(r"\{\w+\}", "PART", path) for path in openapi_document()["paths"]]
    found += [path.replace("/api/servicing/", "/api/<service>/") for path in found]
    return [re.compile(re.escape(path).replace("PART", r"[^/\s?]+")) for path in found]


@every_page
def test_every_command_line_of_a_page_parses(page: Path) -> None:
    for line, complete in command_lines(page, "loanstream"):
        _parse(line, complete)


@every_page
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.M))
    for line, _ in command_lines(page, "make"):
        assert line.split()[1] in targets, f"{named(page)}: {line}"


@every_page
def test_every_address_of_the_api_that_a_page_names_exists(page: Path, paths: list[re.Pattern[str]]) -> None:
    for span in spans(page):
        for path in re.findall(r"(/api/[\w<>{}/.-]+)", span):
            known = path == "/api/openapi.json" or any(pattern.fullmatch(path) for pattern in paths)
            assert known, f"{named(page)}: no route {path}"


@every_page
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{named(page)}: {link}"
        assert not anchor or anchor in anchors(target), f"{named(page)}: {link} has no such heading"


@every_page
def test_tables_of_a_page_are_what_the_code_says(page: Path) -> None:
    assert with_tables(text_of(page)) == text_of(page), "run `make docs-tables`, and look at the difference"


@every_page
def test_python_of_a_page_runs(page: Path) -> None:
    for block in blocks(page, "python"):
        _run(block.text)


@every_page
def test_a_page_names_nothing_outside_the_repository(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(work|tmp|home|root)/", text_of(page))


def test_every_table_stands_on_some_page() -> None:
    assert {name for page in PAGES for name in marked(text_of(page))} == TABLES.keys()


def test_every_code_of_a_refusal_or_problem_is_explained_and_no_other() -> None:
    assert explained_errors().keys() == error_codes().keys()
    for code, said in explained_errors().items():
        assert said["means"].endswith("."), code
        assert said["do"].endswith("."), code


def test_a_code_is_found_however_it_is_given() -> None:
    given = {
        "as a text": ("stale", [412]),
        "as a constant": ("invalid-input", [400]),
        "through a helper": ("currency-not-allowed", [409]),
        "by parts, as a refusal and as an answer to a query": ("unknown-application", [404, 409]),
        "by a state": ("loan-written-off", [409]),
    }
    for how, (code, statuses) in given.items():
        assert sorted(error_codes()[code].statuses) == statuses, how


def test_the_envelope_that_subscribers_read_about_is_the_one_that_is_written() -> None:
    table = dict(re.findall(r"^\| `((?:ce_|ls_|trace)\w+)` \|.*\| (yes|) ?\|$", text_of(_SUBSCRIBERS), re.M))
    assert list(table) == list(event_headers(structs.replace(_meta(1), trace="00-1-1-01", hops=2), "chain"))
    assert {name for name, hashed in table.items() if hashed} == set(chain.PROTECTED)


def test_the_snippet_for_subscribers_finds_the_first_change_in_a_chain() -> None:
    first_break = _run(blocks(_SUBSCRIBERS, "python")[0].text)["first_break"]
    records = _chained(4)
    assert first_break(records) is None
    changed = [*records[:2], structs.replace(records[2], value=b'{"n":9}'), records[3]]
    assert first_break(changed) is changed[2]
    assert first_break(records[:1] + records[2:]) is records[2]


def test_the_snippet_for_webhooks_knows_a_genuine_call() -> None:
    is_genuine = _run(blocks(ROOT / "docs/reference/notifications.md", "python")[0].text)["is_genuine"]
    header = signature(("a-secret-of-length",), b"{}", datetime.fromtimestamp(1_700_000_000, UTC))
    assert is_genuine(header, b"{}", "a-secret-of-length", 1_700_000_010.0)
    assert not is_genuine(header, b"{ }", "a-secret-of-length", 1_700_000_010.0)
    assert not is_genuine(header, b"{}", "a-secret-of-length", 1_700_009_999.0)


_SUBSCRIBERS = ROOT / "docs/subscribers.md"


def _parse(line: str, complete: bool) -> None:
    """Parse a command line as the program would, without running it. A sentence may name a command without its arguments."""
    command: Any = typer.main.get_command(app)
    arguments = shlex.split(re.sub(r"\bN\b", "1", line))[1:]
    while arguments and (known := getattr(command, "commands", None)):
        assert arguments[0] in known, f"{line}: no command {arguments[0]}"
        command, arguments = known[arguments[0]], arguments[1:]
    if hasattr(command, "commands"):
        assert not complete, f"{line}: needs a subcommand"
        return
    try:
        command.make_context(command.name, arguments)
    except Exception as error:
        if complete or type(error).__name__ != "MissingParameter":
            pytest.fail(f"{line}: {error}")


def _run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(source, "page", "exec"), names)
    return names


def _meta(sequence: int) -> EventMeta:
    return EventMeta(
        id=f"event-{sequence}",
        type="loanstream.servicing.PaymentReceived.v1",
        context="servicing",
        subject="loan-1",
        sequence=sequence,
        partition=0,
        partitionseq=sequence,
        time=datetime(2025, 1, 6, tzinfo=UTC),
        business_date=date(2025, 1, 6),
        correlation="request-1",
        causation=f"command-{sequence}",
        actor="user:operations-officer",
    )


def _chained(count: int) -> list[Record]:
    """Records of one aggregate as a decider writes them."""
    records: list[Record] = []
    digest = chain.GENESIS
    for number in range(1, count + 1):
        meta, value = _meta(number), b'{"n":%d}' % number
        digest = chain.link(digest, meta.type, event_headers(meta, ""), value)
        headers = event_headers(meta, chain.chain_text(digest))
        topic = "loanstream.servicing.events.v1"
        records.append(Record(topic, 0, number, meta.subject, meta.type, headers, value, meta.time))
    return records
