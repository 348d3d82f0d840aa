"""Writes the documents of the contract; the committed ones must be the generated ones."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import schemas
from loanstream.contract import catalogue, diagram, openapi, readable
from loanstream.contract.asyncapi import asyncapi
from loanstream.contract.json_schemas import json_schemas

HOME = Path(schemas.__file__).parent
GENERATED = HOME / "generated"
PAGES = HOME.parent / "docs" / "reference" / "events"
TOPOLOGY = HOME.parent / "docs" / "reference" / "topology.md"
"""Pages are only in a checkout."""


def documents() -> Mapping[Path, str]:
    """Every document by its path, as it must be."""
    return dict(_documents())


def differing() -> list[Path]:
    """Documents that are not as they must be, and files beside them that nothing generates."""
    wanted = documents()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    extra = [path for folder in (GENERATED, PAGES) for path in sorted(folder.rglob("*.*")) if path not in wanted]
    return stale + extra


def write() -> list[Path]:
    """Write what differs, remove what nothing generates; the paths."""
    wanted = documents()
    changed = differing()
    for path in changed:
        if path not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return changed


def _documents() -> Iterator[tuple[Path, str]]:
    for ce_type, schema in json_schemas().items():
        yield GENERATED / "json" / f"{ce_type}.json", as_text(schema)
    yield GENERATED / "asyncapi.json", as_text(asyncapi())
    for service, document in openapi.documents().items():
        yield GENERATED / "openapi" / f"{service}.json", as_text(document)
    yield GENERATED / "catalogue.html", readable.page()
    for name, page in catalogue.pages().items():
        yield PAGES / name, page
    yield TOPOLOGY, diagram.page()


def as_text(document: Any) -> str:
    """JSON for readers: indented, Chinese as it is, one line end at the end."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
