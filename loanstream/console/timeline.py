"""Everything that happened to one loan or application, out of the events of all services 时间线."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanstream.console.api import Api, Json
from schemas.topics import CONTEXTS

PAGE = 50
"""Events shown at once."""

MOST = 1000
"""The newest events that the API gives of each service; older ones are read with the command line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A question to one service: the newest events of a loan, of an application, or of an aggregate."""

    service: str
    member: str
    """``loan_id``, ``application_id`` or ``subject``."""
    identifier: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of events, newest first."""

    events: Sequence[Json]
    following: int | None
    """How many to pass over for the next page; ``None`` on the last."""
    cut: bool
    """Whether there may be older events than the API gives."""


def sources_of_loan(loan_id: str, application_id: str | None, transfer_id: str | None) -> list[Source]:
    """Where the events of a loan are found: those that name it, its application's, its custody account's and transfer's."""
    sources = [Source(service, "loan_id", loan_id) for service in CONTEXTS]
    sources.append(Source("funding", "subject", f"loan:{loan_id}"))
    if transfer_id:
        sources.append(Source("funding", "subject", transfer_id))
    if application_id:
        sources += sources_of_application(application_id)
    return sources


def sources_of_application(application_id: str) -> list[Source]:
    """Where the events of an application are found."""
    return [Source(service, "application_id", application_id) for service in CONTEXTS if service != "servicing"]


async def timeline(api: Api, sources: Iterable[Source], context: str, passed: int) -> Timeline:
    """A page of the events of these sources, of one context or (``""``) of all, after ``passed`` newer ones."""
    wanted = passed + PAGE + 1
    limit = min(wanted, MOST)
    asked = [source for source in sources if context in ("", source.service)]
    answers = await asyncio.gather(
        *(api.find(f"/api/{s.service}/events", **{s.member: s.identifier}, limit=limit) for s in asked)
    )
    found = newest_first(event for answer in answers if answer is not None for event in answer["events"])
    more = len(found) > passed + PAGE
    return Timeline(
        events=found[passed : passed + PAGE],
        following=passed + PAGE if more else None,
        cut=not more and any(answer is not None and len(answer["events"]) >= MOST for answer in answers),
    )


async def latest(api: Api, services: Iterable[str], limit: int, parameters: Mapping[str, Any]) -> Sequence[Json]:
    """The newest events of several services, newest first."""
    answers = await asyncio.gather(*(api.find(f"/api/{s}/events", **parameters, limit=limit) for s in services))
    return newest_first(event for answer in answers if answer is not None for event in answer["events"])[:limit]


def newest_first(events: Iterable[Json]) -> list[Json]:
    """Each event once, by the time at which it was recorded, then by its place in its partition."""
    once = {event["id"]: event for event in events}
    return sorted(once.values(), key=_recorded, reverse=True)


def _recorded(event: Json) -> tuple[str, str, int, int]:
    # one spelling of time, so that the order of the text is the order in time
    return event["time"], event["context"], event["partition"], event["partitionseq"]
