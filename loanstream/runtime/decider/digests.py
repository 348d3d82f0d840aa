"""Digest of what a decider host folds from its own log: the same with and without a snapshot, or something is wrong."""

from collections.abc import Callable
from hashlib import sha256

import msgspec

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.decider.marks import entries_of
from loanstream.runtime.decider.snapshots import load_snapshot, state_version
from loanstream.runtime.definitions import Service
from loanstream.runtime.stores import HostStore
from schemas.topics import Role, topic

_READ = 5_000
_encoder = msgspec.msgpack.Encoder(order="sorted")


async def folded(
    service: Service,
    partition: int,
    log: EventLog,
    store: HostStore | None,
    ends: dict[TopicPartition, int],
    progress: Callable[[int], None] = lambda _records: None,
) -> Fold:
    """Fold one partition up to ``ends`` without owning it; from the newest snapshot of ``store`` when one is given."""
    fold = Fold(service.name, partition, {decider.aggregate: decider for decider in service.deciders})
    if store is not None:
        await load_snapshot(fold, store, state_version(service.deciders))
    events, outcomes = places(service, partition)
    for place, start, apply in (
        (events, fold.events_offset, fold.apply_events),
        (outcomes, fold.outcomes_offset, fold.apply_outcomes),
    ):
        position = start
        while position < ends[place]:
            records = [r for r in await log.read({place: position}, _READ) if r.offset < ends[place]]
            if not records:
                break
            apply(records)
            progress(len(records))
            position = records[-1].offset + 1
    return fold


def places(service: Service, partition: int) -> tuple[TopicPartition, TopicPartition]:
    """Events and outcomes of a partition."""
    return (
        TopicPartition(topic(service.name, Role.EVENTS), partition),
        TopicPartition(topic(service.name, Role.OUTCOMES), partition),
    )


def digest(fold: Fold) -> str:
    """SHA-256 over every aggregate (state, sequence, chain, dedupe, marks), holds, parked commands, day and position."""
    hashed = sha256()
    for aggregate_id in sorted(fold.aggregates):
        a = fold.aggregates[aggregate_id]
        kind = a.decider.aggregate if a.decider else ""
        marks = entries_of(a.marks)
        hashed.update(_encoder.encode((aggregate_id, kind, a.sequence, a.chain, a.decided, marks, a.state)))
    hashed.update(_encoder.encode((sorted(fold.held), fold.parked, fold.partitionseq, fold.position)))
    hashed.update(_encoder.encode((fold.day.business_date, fold.day.calendar, fold.day.open)))
    return hashed.hexdigest()
