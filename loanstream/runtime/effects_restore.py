"""What happens when effects are found empty on a log that is not: nothing may be done a second time.

Effects are no read model; they can be lost with the database and the log be restored from elsewhere. The rows are derived
again by running the reactions over the log: those that an event of the service records as done are marked so, the rest is
suppressed until an operator releases it (``loanstream effects release``).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from loanstream.eventlog.port import EventLog, Record, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.definitions import EffectHandler, EffectRow, EffectStatus, Service
from loanstream.runtime.messages import is_identity, read_event
from loanstream.runtime.reacting import Plan, plan, react_to
from loanstream.runtime.stores import HostStore
from schemas import registry
from schemas.topics import Role, topic

BATCH = 2_000

_log = structlog.get_logger(__name__)


async def guard_empty_effects(
    service: Service, handlers: Mapping[str, EffectHandler], log: EventLog, store: HostStore, clock: Clock
) -> int:
    """Restore the effects of a service where they were lost; returns how many rows were derived.

    A store that never had this service's sender knows nothing of what was sent: every effect of the log so far counts as
    lost. In a known store that has no row, only what the service's reactions have already read counts.
    """
    guard = f"{service.name}.effects"
    known = bool(await store.positions(guard))
    if known and not await store.effects_empty(service.name):
        return 0
    partitions = await log.partitions(topic(service.name, Role.COMMANDS))
    reactions = plan(service, partitions)
    places = [TopicPartition(name, number) for name in reactions.topics for number in range(partitions)]
    ends = await log.ends(places)
    until = await _read_by_reactions(service, store, places) if known else ends
    done = await _recorded(service, handlers.values(), log, partitions) if any(until.values()) else frozenset()
    waiting = await _waiting(service, store)
    restored = 0
    async for records in _until(log, until):
        handled = [record for record in records if (record.topic, record.partition, record.offset) not in waiting]
        restored += await _restore(reactions, handled, done, store, clock.now())
    if not known:
        # the end of the guard's word: what comes later is sent as usual
        await store.advance(guard, dict.fromkeys(ends, 0), ends, (), ())
    if restored:
        _log.warning("effects restored", service=service.name, rows=restored, done=len(done))
    return restored


async def _read_by_reactions(
    service: Service, store: HostStore, places: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    stored: dict[TopicPartition, int] = {}
    for consumer in _consumers(service):
        stored.update(await store.positions(consumer))
    return {place: stored.get(place, 0) for place in places}


async def _recorded(
    service: Service, handlers: Iterable[EffectHandler], log: EventLog, partitions: int
) -> frozenset[str]:
    """Ids of the effects that the service's own events record as done."""
    own = [TopicPartition(topic(service.name, Role.EVENTS), number) for number in range(partitions)]
    done: set[str] = set()
    handlers = tuple(handlers)
    async for records in _until(log, await log.ends(own)):
        for event in _events(records):
            done.update(found for handler in handlers if (found := handler.recorded(event)) is not None)
    return frozenset(done)


def _events(records: Iterable[Record]) -> Iterable[object]:
    for record in records:
        if is_identity(record):
            continue
        try:
            yield read_event(record)[0]
        except registry.UnknownType:
            continue


async def _waiting(service: Service, store: HostStore) -> set[tuple[str, int, int]]:
    """Places of records that wait as dead letters: their effects come with the replay."""
    return {
        (letter.record.topic, letter.record.partition, letter.record.offset)
        for consumer in _consumers(service)
        for name, key in await store.parked_keys(consumer)
        for letter in await store.open_dead_letters(consumer, name, key)
    }


def _consumers(service: Service) -> tuple[str, ...]:
    return f"{service.name}.router", f"{service.name}.reactor"


async def _restore(
    reactions: Plan, records: Iterable[Record], done: frozenset[str], store: HostStore, now: datetime
) -> int:
    rows = [row for record in records for row in react_to(reactions, record, now).effects]
    await store.restore_effects([replace(row, status=_status(row, done)) for row in rows])
    return len(rows)


def _status(row: EffectRow, done: frozenset[str]) -> EffectStatus:
    return EffectStatus.SUCCEEDED if row.id in done else EffectStatus.SUPPRESSED


async def _until(log: EventLog, until: Mapping[TopicPartition, int]) -> AsyncIterator[Sequence[Record]]:
    """Batches of the records below the given positions, in order per partition."""
    positions = {place: 0 for place, position in until.items() if position}
    while positions:
        records = await log.read(positions, BATCH)
        for record in records:
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
        yield [record for record in records if record.offset < until[TopicPartition(record.topic, record.partition)]]
        if not records:
            return
        positions = {place: position for place, position in positions.items() if position < until[place]}
