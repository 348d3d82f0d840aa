"""CloudEvents 1.0 binary mode: what travels in the headers of commands, events and outcomes.

The record's own fields hold key (= aggregate id), type and time; everything else is a header. Headers are few and short:
they cost as much as the value.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

import msgspec

SPEC_VERSION = "1.0"

ID = "ce_id"
SOURCE = "ce_source"
SPEC = "ce_specversion"
SUBJECT = "ce_subject"
TIME = "ce_time"
DATASCHEMA = "ce_dataschema"
SEQUENCE = "ce_sequence"
PARTITION_SEQUENCE = "ce_partitionseq"
CORRELATION = "ce_correlationid"
CAUSATION = "ce_causationid"
BUSINESS_DATE = "ce_businessdate"
ACTOR = "ce_authid"
CHAIN = "ce_chain"
TRACE = "traceparent"

HOPS = "ls_hops"
EXPECTED_SEQUENCE = "ls_expected"
REACTION = "ls_reaction"
SOURCE_AGGREGATE = "ls_source"
SOURCE_SEQUENCE = "ls_sourceseq"
SOURCE_N = "ls_n"
PERMISSIONS = "ls_permissions"
REPLY = "ls_reply"
REPLAY = "ls_replay"


class EventMeta(msgspec.Struct, frozen=True, gc=False):
    """The envelope of one event, as reactions, projections and pages see it. A struct: one is made for every event read."""

    id: str
    type: str
    context: str
    subject: str
    """Id of the aggregate that decided."""
    sequence: int
    """Gapless per aggregate, from 1."""
    partition: int
    partitionseq: int
    """Gapless per partition, from 1: the position that indexes, proofs and the CLI use."""
    time: datetime
    business_date: date | None
    correlation: str
    causation: str
    """Id of the command that was decided."""
    actor: str
    trace: str = ""
    hops: int = 0
    """Hops of the command that was decided: how many reactions lie between it and a request, an effect or a day."""


def event_headers(meta: EventMeta, chain: str) -> dict[str, str]:
    """Headers of an event record."""
    headers = {
        ID: meta.id,
        SPEC: SPEC_VERSION,
        SOURCE: f"/loanstream/{meta.context}",
        SUBJECT: meta.subject,
        TIME: instant_text(meta.time),
        DATASCHEMA: f"/schemas/{meta.type}.json",
        SEQUENCE: str(meta.sequence),
        PARTITION_SEQUENCE: str(meta.partitionseq),
        CORRELATION: meta.correlation,
        CAUSATION: meta.causation,
        BUSINESS_DATE: meta.business_date.isoformat() if meta.business_date else "",
        ACTOR: meta.actor,
        CHAIN: chain,
    }
    if meta.trace:
        headers[TRACE] = meta.trace
    if meta.hops:
        headers[HOPS] = str(meta.hops)
    return headers


def event_meta(ce_type: str, partition: int, headers: Mapping[str, str]) -> EventMeta:
    """Read the envelope of an event record back. Raises ``KeyError`` or ``ValueError`` when a header is missing or bad."""
    business_date = headers[BUSINESS_DATE]
    return EventMeta(
        id=headers[ID],
        type=ce_type,
        context=headers[SOURCE].rpartition("/")[2],
        subject=headers[SUBJECT],
        sequence=int(headers[SEQUENCE]),
        partition=partition,
        partitionseq=int(headers[PARTITION_SEQUENCE]),
        time=datetime.fromisoformat(headers[TIME]),
        business_date=date.fromisoformat(business_date) if business_date else None,
        correlation=headers[CORRELATION],
        causation=headers[CAUSATION],
        actor=headers[ACTOR],
        trace=headers.get(TRACE, ""),
        hops=int(headers.get(HOPS, 0)),
    )


class CommandMeta(msgspec.Struct, frozen=True, gc=False):
    """The envelope of one command. A struct: one is made for every command read."""

    id: str
    type: str
    target: str
    """Id of the aggregate that decides: the record's key."""
    time: datetime
    actor: str
    permissions: frozenset[str] = frozenset()
    correlation: str = ""
    causation: str = ""
    """Id of the event or request that caused it."""
    hops: int = 0
    business_date: date | None = None
    """Business date of the event that caused it: counts on a partition that has not opened its first day yet."""
    expected_sequence: int | None = None
    reaction: str = ""
    """Name of the reaction that sent it; empty for a request or a day."""
    source_aggregate: str = ""
    source_sequence: int = 0
    source_n: int = 0
    reply: bool = False
    """Whether somebody waits for the answer: the outcome then carries the events."""
    replay: bool = False
    """Whether an operator replays it from the dead letters: it is decided anew under the same id."""
    trace: str = ""


def command_headers(meta: CommandMeta) -> dict[str, str]:
    """Headers of a command record; absent ones stand for the default."""
    headers = {ID: meta.id, TIME: instant_text(meta.time), ACTOR: meta.actor, CORRELATION: meta.correlation or meta.id}
    optional = {
        CAUSATION: meta.causation,
        PERMISSIONS: " ".join(sorted(meta.permissions)),
        HOPS: str(meta.hops) if meta.hops else "",
        BUSINESS_DATE: meta.business_date.isoformat() if meta.business_date else "",
        EXPECTED_SEQUENCE: "" if meta.expected_sequence is None else str(meta.expected_sequence),
        REACTION: meta.reaction,
        SOURCE_AGGREGATE: meta.source_aggregate,
        SOURCE_SEQUENCE: str(meta.source_sequence) if meta.source_sequence else "",
        SOURCE_N: str(meta.source_n) if meta.source_n else "",
        REPLY: "1" if meta.reply else "",
        REPLAY: "1" if meta.replay else "",
        TRACE: meta.trace,
    }
    headers.update((name, value) for name, value in optional.items() if value)
    return headers


def command_meta(ce_type: str, key: str, headers: Mapping[str, str]) -> CommandMeta:
    """Read the envelope of a command record back. Raises ``KeyError`` or ``ValueError`` when a header is missing or bad."""
    get = headers.get
    expected = get(EXPECTED_SEQUENCE)
    permissions = get(PERMISSIONS)
    business_date = get(BUSINESS_DATE)
    return CommandMeta(
        id=headers[ID],
        type=ce_type,
        target=key,
        time=datetime.fromisoformat(headers[TIME]),
        actor=headers[ACTOR],
        permissions=frozenset(permissions.split(" ")) if permissions else frozenset(),
        correlation=headers[CORRELATION],
        causation=get(CAUSATION, ""),
        hops=int(get(HOPS, 0)),
        business_date=date.fromisoformat(business_date) if business_date else None,
        expected_sequence=None if expected is None else int(expected),
        reaction=get(REACTION, ""),
        source_aggregate=get(SOURCE_AGGREGATE, ""),
        source_sequence=int(get(SOURCE_SEQUENCE, 0)),
        source_n=int(get(SOURCE_N, 0)),
        reply=REPLY in headers,
        replay=REPLAY in headers,
        trace=get(TRACE, ""),
    )


@lru_cache(maxsize=256)
def instant_text(time: datetime) -> str:
    """UTC instant with microseconds and ``Z``, the one spelling that is hashed."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
