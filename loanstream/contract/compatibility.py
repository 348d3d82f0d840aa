"""What may change in the contract between two releases without a new major version, and what is a break.

An event has readers that are older and readers that are newer than what they read: an old event must be valid for a new reader, a
new one must be readable by an old one, who passes over fields that it does not know. So it is with outcomes, identities and
headers. A command has one reader, which is never older than its senders: what it took it must go on taking.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from loanstream.contract.breaking import FOR_READERS_ONLY, Break, Kind, by_cause
from loanstream.contract.comparing import compared
from loanstream.contract.json_schemas import Schema
from loanstream.contract.meanings import Meanings, changed_meanings


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes."""

    topic: str
    key: str
    """What its key is the id of: an aggregate."""


@dataclass(frozen=True, slots=True)
class TopicTerms:
    """What a topic promises."""

    kept_days: int | None
    """``None``: for ever."""
    identity: bool
    """Whether its partitions begin with an identity record."""
    keying: str
    """Which partition a key belongs to: some keys and theirs, as computed."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as far as compatibility goes."""

    events: Mapping[str, Schema]
    """Schemas by type string."""
    commands: Mapping[str, Schema]
    read_as: Mapping[str, str]
    """Types that have an upcaster, with the type that they are read as."""
    records: Mapping[str, Schema] = field(default_factory=dict)
    """Of records that are neither: outcomes, identities."""
    headers: Mapping[str, Schema] = field(default_factory=dict)
    """Of each kind of record, by its name."""
    routes: Mapping[str, Route] = field(default_factory=dict)
    """Of events and commands."""
    topics: Mapping[str, TopicTerms] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    golden: Mapping[str, str] = field(default_factory=dict)
    """Digests of golden files by name."""
    reworded: Mapping[str, str] = field(default_factory=dict)
    """Digests of texts that were said to mean what the released ones mean, by the place's name."""


def breaks(released: Contract, current: Contract) -> list[Break]:
    """Every break between a released contract and the present one, a cause once, in order of type and place."""
    found = [
        *_breaks_of(released.events, current.events, current.read_as),
        *_breaks_of(released.records, current.records, {}),
        *_of_commands(_breaks_of(released.commands, current.commands, {})),
        *_without_upcaster(released, current),
        *_headers(released.headers, current.headers),
        *_routes(released, current),
        *_topics(released.topics, current.topics),
        *changed_meanings(released.meanings, current.meanings, current.reworded),
        *_golden(released.golden, current.golden),
    ]
    # events first: where a cause shows in both, it is told for them
    return list(by_cause(sorted(found, key=lambda each: (each.is_command, each.ce_type, each.where, each.kind))))


def _breaks_of(
    before: Mapping[str, Schema], after: Mapping[str, Schema], read_as: Mapping[str, str]
) -> Iterator[Break]:
    for ce_type, schema in before.items():
        if ce_type in after:
            yield from compared(ce_type, schema, after[ce_type])
        elif read_as.get(ce_type) not in after:
            yield Break(Kind.TYPE_REMOVED, ce_type, "", "it was released and is gone")


def _of_commands(found: Iterator[Break]) -> Iterator[Break]:
    return (replace(each, is_command=True) for each in found if each.kind not in FOR_READERS_ONLY)


def _without_upcaster(released: Contract, current: Contract) -> Iterator[Break]:
    """A major that follows another needs the way from there, and a way that there was stays: logs are kept for ever."""
    for ce_type in released.read_as:
        if current.read_as.get(ce_type, ce_type) not in current.events:
            yield Break(Kind.UPCASTER_MISSING, ce_type, "", "it was read as a newer version and no longer is")
    for ce_type in current.events:
        name, _, number = ce_type.rpartition(".v")
        older = f"{name}.v{int(number) - 1}"
        if int(number) > 1 and older not in current.read_as:
            yield Break(Kind.UPCASTER_MISSING, ce_type, "", f"nothing reads {older} as this version")


def _headers(before: Mapping[str, Schema], after: Mapping[str, Schema]) -> Iterator[Break]:
    for name, schema in before.items():
        for each in compared(name, schema, after.get(name, {"type": "object", "properties": {}})):
            removed = each.kind is Kind.FIELD_REMOVED
            said = "the header is gone" if removed else each.detail.replace("the field", "the header")
            yield replace(each, kind=Kind.HEADER_REMOVED if removed else Kind.HEADER_CHANGED, detail=said)


def _routes(released: Contract, current: Contract) -> Iterator[Break]:
    for ce_type, was in released.routes.items():
        now = current.routes.get(ce_type)
        if now is None:
            continue
        is_command = ce_type in released.commands
        if now.key != was.key:
            said = f"its key was the id of its {was.key} and is that of its {now.key}"
            yield Break(Kind.KEY_CHANGED, ce_type, "", said, is_command=is_command)
        # a topic that is gone is told once, below
        if now.topic != was.topic and was.topic in current.topics:
            said = f"it was written to {was.topic} and is to {now.topic}"
            yield Break(Kind.TOPIC_CHANGED, ce_type, "", said, is_command=is_command)


def _topics(before: Mapping[str, TopicTerms], after: Mapping[str, TopicTerms]) -> Iterator[Break]:
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            yield Break(Kind.TOPIC_CHANGED, name, "", "the topic is gone")
            continue
        if now.kept_days is not None and (was.kept_days is None or now.kept_days < was.kept_days):
            said = f"it was kept {_kept(was)} and is kept {_kept(now)}"
            yield Break(Kind.RETENTION_SHORTENED, name, "", said)
        if was.identity != now.identity:
            said = "began with" if was.identity else "did not begin with"
            yield Break(Kind.TOPIC_CHANGED, name, "", f"its partitions {said} an identity record: that is other now")
        if was.keying != now.keying:
            said = f"keys went to partitions {was.keying} and go to {now.keying}"
            yield Break(Kind.KEY_CHANGED, name, "", said, "the partitions of keys")


def _kept(terms: TopicTerms) -> str:
    return "for ever" if terms.kept_days is None else f"{terms.kept_days} days"


def _golden(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Break]:
    for name, digest in before.items():
        if after.get(name) != digest:
            yield Break(Kind.GOLDEN_CHANGED, name, "", "it was changed" if name in after else "it is gone")
