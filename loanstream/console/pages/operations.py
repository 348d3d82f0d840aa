"""Operations: how far every consumer is behind, and what could not be handled."""

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from loanstream.console.api import Json, together
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import Visit
from schemas.topics import CONTEXTS, context_of

READ_LAG = "platform:read-lag"
READ_DEAD_LETTERS = "platform:read-dead-letters"

_MOST_LETTERS = 100


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The page, and the part of it that refreshes itself."""
    here = Depends(visitor)

    @routes.get("/operations")
    async def operations(visit: Visit = here) -> Response:
        """Lag and dead letters of every service."""
        return visit.page("operations.html", **await _values(visit))

    @routes.get("/fragments/operations")
    async def refreshed(visit: Visit = here) -> Response:
        """The same without what stands around it."""
        return visit.page("operations_live.html", **await _values(visit))


async def _values(visit: Visit) -> dict[str, Any]:
    may_lag, may_letters = visit.person.may(READ_LAG), visit.person.may(READ_DEAD_LETTERS)
    lags = await together(**_from_each(visit, "lag") if may_lag else {})
    letters = await together(**_from_each(visit, "dead-letters", limit=_MOST_LETTERS) if may_letters else {})
    services = [_service(context, answer["lag"]) for context, answer in lags.items() if answer is not None]
    return {
        "may_lag": may_lag,
        "may_letters": may_letters,
        "services": services,
        "behind": sum(service["records"] for service in services),
        "letters": dead_letters(letters),
        "permissions": {"lag": READ_LAG, "letters": READ_DEAD_LETTERS},
    }


def _from_each(visit: Visit, what: str, **parameters: Any) -> dict[str, Any]:
    return {context: visit.api.find(f"/api/{context}/{what}", **parameters) for context in CONTEXTS}


def _service(context: str, lags: Sequence[Json]) -> dict[str, Any]:
    """One service's consumers, a line for each topic that they read, a cell for each partition."""
    lines: dict[tuple[str, str], list[Json]] = {}
    for lag in lags:
        lines.setdefault((lag["consumer"], lag["topic"]), []).append(lag)
    consumers = [_consumer(consumer, topic, cells) for (consumer, topic), cells in lines.items()]
    return {
        "context": context,
        "partitions": sorted({lag["partition"] for lag in lags}),
        "consumers": consumers,
        "records": sum(line["records"] for line in consumers),
        "stopped": [cell for line in consumers for cell in line["stopped"]],
    }


def _consumer(consumer: str, topic: str, cells: Sequence[Json]) -> dict[str, Any]:
    return {
        "kind": consumer.rpartition(".")[2],
        "consumer": consumer,
        "topic": topic,
        "source": context_of(topic),
        "cells": {cell["partition"]: cell for cell in cells},
        "records": sum(cell["records"] for cell in cells),
        "seconds": max(cell["seconds"] for cell in cells),
        "stopped": [cell for cell in cells if cell["error"]],
    }


def dead_letters(answers: dict[str, Json | None]) -> list[dict[str, Any]]:
    """Commands and events that could not be handled, of all services in one shape, newest first."""
    found = [
        _letter(context, letter, kind)
        for context, answer in answers.items()
        if answer is not None
        for kind in ("commands", "events")
        for letter in answer[kind]
    ]
    return sorted(found, key=lambda letter: letter["time"], reverse=True)[:_MOST_LETTERS]


def _letter(context: str, letter: Json, kind: str) -> dict[str, Any]:
    command = kind == "commands"
    return {
        "context": context,
        "kind": kind,
        "time": letter["time"] if command else letter["created_at"],
        "name": _name(letter["type"]),
        "state": ("mended" if letter["mended"] else "open") if command else letter["status"],
        "offset": letter["log_offset"] if command else letter["offset"],
        "consumer": f"{context}.decider" if command else letter["consumer"],
        **_kept(letter, ("topic", "partition", "key", "reason", "error", "count")),
    }


def _kept(letter: Json, names: Iterable[str]) -> dict[str, Any]:
    return {name: letter[name] for name in names}


def _name(ce_type: str) -> str:
    parts = ce_type.split(".")
    return parts[2] if len(parts) > 3 else ce_type
