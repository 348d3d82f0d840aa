"""Topics of the contract: names, retention, and the type of the first record of a partition (its identity)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

CONTEXTS = ("origination", "servicing", "funding", "risk", "notify")
"""Bounded contexts that have topics, in the order in which a loan meets them."""

DEDUPE_WINDOW = timedelta(days=7)
"""How long a repeated command is recognised by its id; commands older than this are expired (DESIGN section 4)."""


class Role(StrEnum):
    """What a topic is for."""

    COMMANDS = "commands"
    EVENTS = "events"
    OUTCOMES = "outcomes"
    DEADLETTERS = "deadletters"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it must exist: ``retention`` ``None`` keeps it for ever; ``identity`` topics start with an identity record."""

    name: str
    partitions: int
    retention: timedelta | None
    identity: bool


def topic(context: str, role: Role) -> str:
    """``topic("servicing", Role.EVENTS)`` is ``loanstream.servicing.events.v1``."""
    return f"loanstream.{context}.{role.value}.v1"


def topic_specs(partitions: int, contexts: tuple[str, ...] = CONTEXTS) -> tuple[TopicSpec, ...]:
    """Every topic of an installation with ``partitions`` partitions a topic."""
    return tuple(
        TopicSpec(
            name=topic(context, role),
            partitions=partitions,
            retention=DEDUPE_WINDOW if role is Role.COMMANDS else None,
            identity=role in (Role.EVENTS, Role.OUTCOMES),
        )
        for context in contexts
        for role in Role
    )


def context_of(topic_name: str) -> str:
    """The context of a topic name of ours."""
    return topic_name.split(".")[1]


def partition_key(partition: int) -> str:
    """Key of partition-level commands and events: ``partition-3``."""
    return f"partition-{partition}"
