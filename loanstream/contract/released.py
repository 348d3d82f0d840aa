"""The contract as it was released last, and as this checkout has it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import schemas
from loanstream.contract.comparing import WORDS
from loanstream.contract.compatibility import Contract, Route, TopicTerms
from loanstream.contract.golden import GOLDEN
from loanstream.contract.headers import headers
from loanstream.contract.json_schemas import Schema, json_schemas, message_types
from loanstream.contract.meanings import meanings
from loanstream.contract.outcomes import record_schemas
from loanstream.eventlog.partitioning import partition_of
from schemas import upcasting
from schemas.registry import MessageType
from schemas.topics import Role, partition_key, topic, topic_specs

HOME = Path(schemas.__file__).parent
RELEASED = HOME / "released" / "contract.json"
"""The contract of the last release: older ones are in the history of this file, and every change since the first was checked."""
REWORDED = RELEASED.with_name("reworded.json")
"""Texts that changed since, and mean the same; a release begins anew."""
HISTORY = HOME.parent / "tests" / "golden" / "folds"
"""Golden histories; they are only in a checkout."""

_SOME_PARTITIONS = 24
_SOME_KEYS = ("", "a", "loan-1", "c27f230c-3ece-53ea-a964-bd063fcea61e", "存管-7", partition_key(5))


def current() -> Contract:
    """The contract of this code."""
    messages = message_types()
    events = {each.ce_type for each in messages if each.kind == "event"}
    every = json_schemas(messages)
    return Contract(
        events={name: every[name] for name in every if name in events},
        commands={name: every[name] for name in every if name not in events},
        read_as=upcasting.upcasts(),
        records=record_schemas(),
        headers=headers(),
        routes={each.ce_type: _route(each) for each in messages},
        topics=_topics(),
        meanings=meanings({**every, **record_schemas(), **headers()}),
        golden=golden_digests(),
        reworded=json.loads(REWORDED.read_text(encoding="utf-8")) if REWORDED.exists() else {},
    )


def released(path: Path = RELEASED) -> Contract:
    """The contract of the last release. Raises ``FileNotFoundError`` where nothing was released."""
    stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Contract(
        events=stored["events"],
        commands=stored["commands"],
        read_as=stored["read_as"],
        records=stored["records"],
        headers=stored["headers"],
        routes={name: Route(**each) for name, each in stored["routes"].items()},
        topics={name: TopicTerms(**each) for name, each in stored["topics"].items()},
        meanings=stored["meanings"],
        golden={
            name: each for name, each in stored["golden"].items() if HISTORY.exists() or (HOME.parent / name).exists()
        },
    )


def as_document(contract: Contract, version: str) -> dict[str, Any]:
    """The contract as it is stored: schemas without words, which are kept as digests."""
    return {
        "release": version,
        **{
            part: {name: _bare(schema) for name, schema in sorted(getattr(contract, part).items())}
            for part in ("events", "commands", "records", "headers")
        },
        "read_as": dict(sorted(contract.read_as.items())),
        "routes": {name: asdict(each) for name, each in sorted(contract.routes.items())},
        "topics": {name: asdict(each) for name, each in sorted(contract.topics.items())},
        "meanings": {name: dict(sorted(each.items())) for name, each in sorted(contract.meanings.items())},
        "golden": dict(sorted(contract.golden.items())),
    }


class CannotRelease(ValueError):
    """A version that the contract cannot be released as; the text says why and what to do."""


def check_version(wanted: str, path: Path = RELEASED, own: str = "") -> None:
    """Raises :class:`CannotRelease` unless it is the version of this code, and above the one released last."""
    own = own or installed_version("loanstream")
    if wanted != own:
        raise CannotRelease(f"this code is {own}, not {wanted}: put the version in pyproject.toml first")
    stored = json.loads(path.read_text(encoding="utf-8"))["release"] if path.exists() else None
    if stored is not None and _numbers(wanted) <= _numbers(stored):
        raise CannotRelease(f"{stored} is released, and {wanted} is not above it: raise the version in pyproject.toml")


def golden_digests(folders: Iterable[tuple[Path, str]] = ((GOLDEN, "*.json"), (HISTORY, "*.jsonl"))) -> dict[str, str]:
    """Digest of each golden file by its path in the checkout."""
    return {
        path.relative_to(HOME.parent).as_posix(): sha256(path.read_bytes()).hexdigest()
        for folder, pattern in folders
        for path in sorted(folder.glob(pattern))
    }


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.split("."))
    except ValueError:
        raise CannotRelease(f"{text!r} is no version: numbers with points between them, 0.2.0") from None


def _route(message: MessageType) -> Route:
    role = Role.EVENTS if message.kind == "event" else Role.COMMANDS
    return Route(topic(message.context, role), message.aggregate)


def _topics() -> dict[str, TopicTerms]:
    keying = " ".join(f"{key or '(empty)'}={partition_of(key, _SOME_PARTITIONS)}" for key in _SOME_KEYS)
    return {
        spec.name: TopicTerms(None if spec.retention is None else spec.retention.days, spec.identity, keying)
        for spec in topic_specs(_SOME_PARTITIONS)
    }


def _bare(schema: Schema) -> Any:
    return _without_words(schema, is_schema=True)


def _without_words(value: Any, *, is_schema: bool) -> Any:
    """``is_schema`` tells a schema's own description from a field that is called so."""
    if isinstance(value, dict):
        return {
            key: _without_words(each, is_schema=key not in ("properties", "$defs") if is_schema else True)
            for key, each in value.items()
            if not (is_schema and key in WORDS)
        }
    return [_without_words(each, is_schema=True) for each in value] if isinstance(value, list) else value
