"""The host of reactions, as router (servicing, origination, funding) and as reactor (risk, notify; ``Service.is_reactor``).

It reads every event topic that its reactions name, sends commands first (at least once, with derived ids), and then moves its
positions together with effect rows and dead letters in one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from loanstream.eventlog.port import EventLog, Membership, NewRecord, Record, RecordRefused, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.consuming import GATHER_SECONDS, LONGEST_STEP_SECONDS, Ownership, check_positions
from loanstream.runtime.definitions import EffectRow, Service
from loanstream.runtime.reacting import Failure, Plan, Reacted, plan, react_to, reacting
from loanstream.runtime.stores import ConsumerDeadLetter, HostStore
from loanstream.runtime.tracing import Tracer
from schemas import envelope
from schemas.topics import Role, topic

_log = structlog.get_logger(__name__)


LOOK_AGAIN = timedelta(seconds=5)
"""How often an idle host holds its positions against the store."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to: how many records were handed over, and the error that stopped it."""

    settled: int
    error: str = ""


@dataclass(slots=True)
class _Batch:
    """What one step is about to write."""

    commands: list[NewRecord] = field(default_factory=list)
    effects: list[EffectRow] = field(default_factory=list)
    letters: list[ConsumerDeadLetter] = field(default_factory=list)
    after: dict[TopicPartition, int] = field(default_factory=dict)
    parked: set[tuple[str, str]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


class ReactionHost:
    """Runs the reactions of one service; ``membership`` says which partitions (all when absent)."""

    gather = GATHER_SECONDS
    longest_step = LONGEST_STEP_SECONDS

    def __init__(
        self,
        service: Service,
        log: EventLog,
        store: HostStore,
        clock: Clock,
        *,
        name: str = "",
        membership: Membership | None = None,
        batch: int = 500,
        tracer: Tracer | None = None,
    ) -> None:
        self.service = service
        self.name = name or service.consumer
        self.counts: Counter[str] = Counter()
        """Records by what became of them: ``reacted``, ``other``, ``unknown``, and dead letters by reason."""
        self._log = log
        self._store = store
        self._clock = clock
        self._membership = membership
        self._batch = batch
        self._react_to = reacting(tracer)
        self._plan: Plan | None = None
        self._ownership: Ownership | None = None
        self._positions: dict[TopicPartition, int] = {}
        self._parked: set[tuple[str, str]] = set()
        self._sure_until: datetime | None = None

    async def open(self) -> None:
        """Make the plan; positions are loaded with the first partitions owned. Raises what the log raises."""
        partitions = await self._log.partitions(topic(self.service.name, Role.COMMANDS))
        self._plan = plan(self.service, partitions)
        self._ownership = Ownership(self._membership, partitions)
        self._positions = {}

    async def step(self) -> bool:
        """Handle one batch of records. ``False`` when none waits.

        Raises :class:`~loanstream.runtime.stopping.PositionLost` and the errors of log and store; sending again after any of
        them is safe, because ids are derived.
        """
        await self._own()
        if not self._positions:
            return False
        records = await self._log.read(self._positions, self._batch)
        if not records:
            await self._make_sure()
            return False
        if self._parked:
            # an operator may have replayed them, from another process
            self._parked = await self._store.parked_keys(self.name)
        await self._handle(records)
        return True

    async def close(self) -> None:
        """Give the partitions up."""
        if self._ownership is not None:
            await self._ownership.close()
        self._positions = {}

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show."""
        return self._positions

    async def replay(self, letter: ConsumerDeadLetter) -> Replayed:
        """Hand the open records of the letter's key to this consumer again, in the order of the log.

        Stops at the first that fails again; its count grows and the later ones stay parked. May be called in a process where
        the host does not run.
        """
        if self._plan is None:
            await self.open()
        assert self._plan is not None
        settled = 0
        for each in await self._store.open_dead_letters(self.name, letter.record.topic, letter.record.key):
            reacted = react_to(self._plan, each.record, self._clock.now(), replayed=True)
            if reacted.failure is not None:
                failed = replace(each, count=each.count + 1, reason=reacted.failure.reason, error=reacted.failure.error)
                await self._store.advance(self.name, {}, {}, (), (failed,))
                return Replayed(settled, reacted.failure.error)
            if reacted.commands:
                await self._log.send(reacted.commands)
            if reacted.effects:
                await self._store.advance(self.name, {}, {}, reacted.effects, ())
            await self._store.settle_dead_letter(self.name, _place(each.record), each.record.offset, "replayed")
            settled += 1
        return Replayed(settled)

    async def _make_sure(self) -> None:
        """Look every so often whether the store still stands where this host does: a crash takes back its last moves."""
        now = self._clock.now()
        if self._sure_until is not None and now < self._sure_until:
            return
        self._sure_until = now + LOOK_AGAIN
        stored = await self._store.positions(self.name)
        if any(stored.get(place, 0) < position for place, position in self._positions.items()):
            _log.warning("the store went back, reading from there", host=self.name)
            self._positions = {}

    async def _own(self) -> None:
        """Read from the partitions owned now; positions of new ones come from the store."""
        if self._plan is None:
            await self.open()
        assert self._plan is not None
        assert self._ownership is not None
        numbers = await self._ownership.owned(self._clock.now())
        wanted = {TopicPartition(name, number) for name in self._plan.topics for number in numbers}
        if wanted == self._positions.keys():
            return
        if wanted <= self._positions.keys():
            self._positions = {place: self._positions[place] for place in sorted(wanted)}
            return
        await self._load(wanted)

    async def _load(self, wanted: Iterable[TopicPartition]) -> None:
        stored = await self._store.positions(self.name)
        await check_positions(self._log, self.name, stored, wanted)
        self._positions = {place: stored.get(place, 0) for place in sorted(wanted)}
        self._parked = await self._store.parked_keys(self.name)

    async def _handle(self, records: Sequence[Record]) -> bool:
        """Send, then advance; ``False`` when another member took over, after which positions are the stored ones."""
        batch = self._react(records)
        try:
            if batch.commands:
                await self._log.send(batch.commands)
        except RecordRefused as error:
            if len(records) > 1:
                half = len(records) // 2
                return await self._handle(records[:half]) and await self._handle(records[half:])
            batch = _Batch(after=batch.after, parked=set(self._parked))
            self._park(
                batch, records[0], Failure("poison", f"the log refuses its commands: {error}"), self._clock.now()
            )
        before = {place: self._positions[place] for place in batch.after}
        if not await self._store.advance(self.name, before, batch.after, batch.effects, batch.letters):
            _log.info("another member took over", host=self.name)
            await self._load(list(self._positions))
            return False
        self._positions.update(batch.after)
        self._parked = batch.parked
        self.counts.update(batch.counts)
        return True

    def _react(self, records: Sequence[Record]) -> _Batch:
        assert self._plan is not None
        now = self._clock.now()
        batch = _Batch(parked=set(self._parked))
        for record in records:
            batch.after[_place(record)] = record.offset + 1
            reacted = self._react_to(self._plan, record, now)
            if reacted.skipped:
                batch.counts[reacted.skipped] += 1
            elif (record.topic, record.key) in batch.parked and not reacted.idle:
                self._park(batch, record, Failure("parked", "waits behind an earlier dead letter of its key"), now)
            elif reacted.failure is not None:
                self._park(batch, record, reacted.failure, now)
            else:
                _take(batch, reacted)
        return batch

    def _park(self, batch: _Batch, record: Record, failure: Failure, now: datetime) -> None:
        batch.counts[failure.reason] += 1
        batch.parked.add((record.topic, record.key))
        letter = ConsumerDeadLetter(self.name, record, failure.reason, failure.error, 1, "open", now)
        batch.letters.append(letter)
        if failure.reason != "parked":
            _log.error(
                "dead letter",
                host=self.name,
                service=self.service.name,
                reason=failure.reason,
                error=failure.error,
                correlation=record.headers.get(envelope.CORRELATION, ""),
                event_id=record.headers.get(envelope.ID, ""),
                aggregate=record.key,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )


def _take(batch: _Batch, reacted: Reacted) -> None:
    batch.commands.extend(reacted.commands)
    batch.effects.extend(reacted.effects)
    batch.counts["reacted"] += 1


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
