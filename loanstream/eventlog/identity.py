"""A topic's identity: the first record of each partition of events and outcomes names what it belongs to.

A service that finds another installation's topic, or a topic with another number of partitions, refuses to start instead of
writing keys to the wrong place. Every adapter writes and compares identities with these functions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from loanstream.eventlog.port import NewRecord, Record, TopicDefinition, TopicState

IDENTITY_TYPE = "loanstream.topic.identity.v1"
"""Record type of an identity record; folds, routers and projectors step over it."""

IDENTITY_KEY = "identity"


def identity_record(definition: TopicDefinition, partition: int, installation: str, time: datetime) -> NewRecord:
    """The identity record of one partition of ``definition``."""
    value = {"installation": installation, "topic": definition.name, "partitions": definition.partitions}
    return NewRecord(
        definition.name, partition, IDENTITY_KEY, IDENTITY_TYPE, {}, msgspec.json.encode(value, order="sorted"), time
    )


def differences(wanted: TopicDefinition, found: TopicState, installation: str) -> list[str]:
    """A sentence for each way in which the topic that exists differs from the one that should; empty when it fits."""
    if wanted.identity and found.truncated:
        # its identities may be what is gone: they say nothing of who made it
        found = replace(found, definition=replace(found.definition, identity=True))
    pairs = zip(_FACETS, _facets(wanted), _facets(found.definition), strict=True)
    sentences = [
        f"Topic {wanted.name} has {name} {have} but should have {want}: {advice}."
        for (name, advice), want, have in pairs
        if have != want
    ]
    return sentences + _identity_differences(wanted, found, installation)


def all_differences(topics: Iterable[TopicDefinition], found: Mapping[str, TopicState], installation: str) -> list[str]:
    """A sentence for each topic that is missing, and for each way in which one differs."""
    sentences: list[str] = []
    for wanted in topics:
        if wanted.name in found:
            sentences += differences(wanted, found[wanted.name], installation)
        else:
            sentences.append(f"Topic {wanted.name} does not exist: `loanstream topics apply`.")
    return sentences


def _identity_differences(wanted: TopicDefinition, found: TopicState, installation: str) -> list[str]:
    if not (wanted.identity and found.definition.identity):
        return []
    expected = {"installation": installation, "topic": wanted.name, "partitions": found.definition.partitions}
    sentences = []
    for partition in range(found.definition.partitions):
        stated = _stated(found.identities.get(partition))
        if start := found.truncated.get(partition):
            sentences.append(
                f"Topic {wanted.name} partition {partition} starts at offset {start} instead of 0: it was truncated, its first "
                f"records are gone. {_RESTORE}"
            )
        elif stated is None:
            sentences.append(
                f"Topic {wanted.name} partition {partition} does not start with an identity record: "
                f"it was made by something else than `loanstream topics apply`. {_RESTORE}"
            )
        elif stated != expected:
            sentences.append(
                f"Topic {wanted.name} partition {partition} says it is {_said(stated)} but should be {_said(expected)}: "
                "check the settings `installation` and database of this process."
            )
    return sentences


def _stated(record: Record | None) -> Mapping[str, Any] | None:
    if record is None or record.type != IDENTITY_TYPE:
        return None
    try:
        return dict(msgspec.json.decode(record.value, type=dict[str, Any]))
    except msgspec.DecodeError:
        return None


def _said(identity: Mapping[str, Any]) -> str:
    return (
        f"topic {identity.get('topic')!r} of installation {identity.get('installation')!r} "
        f"with {identity.get('partitions')} partitions"
    )


def _facets(definition: TopicDefinition) -> tuple[str, str, str]:
    kept = "for ever" if definition.retention is None else str(definition.retention)
    return str(definition.partitions), kept, "yes" if definition.identity else "no"


_RESTORE = (
    "Stop what uses it and restore it from a backup; where a decider then finds that its commands do not fit, `loanstream topics"
    " position` says from where it goes on."
)

_FACETS = (
    (
        "a partition count of",
        "the count is fixed per installation, set `partitions` back or move to a new topic version",
    ),
    ("a retention of", "nothing was changed, set the topic's retention by hand or correct the release"),
    (
        "identity records:",
        "nothing was changed, the topic was remade, or made by another release; restore it from a backup, or where it never held"
        " records, delete it and `loanstream topics apply`",
    ),
)
"""Name of each part of a definition and what to do when it differs."""
