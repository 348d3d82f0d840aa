"""The decider host: fence, recover, then poll → decide → commit, one transaction a batch.

Order on opening a partition (DESIGN section 11): first the fence, only then the own log up to its end, then the input
position from the last outcome. Any failure inside a commit drops the writer and the fold.
"""

import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from loanstream.eventlog.port import (
    EventLog,
    LogError,
    LogUnavailable,
    NewRecord,
    Record,
    RecordRefused,
    TopicPartition,
    Writer,
)
from loanstream.runtime.clock import Clock
from loanstream.runtime.decider.days import Days
from loanstream.runtime.decider.deciding import Deciding, command_id_of
from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.decider.snapshots import Taken, load_snapshot, save_snapshot, state_version, take_snapshot
from loanstream.runtime.decider.traced import TracedDeciding
from loanstream.runtime.definitions import Service
from loanstream.runtime.measuring import DeciderMeasures
from loanstream.runtime.stopping import MustStop, PositionLost
from loanstream.runtime.stores import HostStore
from loanstream.runtime.tracing import SpanKind, Tracer
from schemas.topics import Role, topic

_log = structlog.get_logger("loanstream.decider")


@dataclass(frozen=True, slots=True)
class DeciderSettings:
    """How a decider host works."""

    batch: int = 500
    """Most commands decided in one transaction."""
    read_ahead: int = 5_000
    """Records a read during recovery."""
    snapshot_every: int = 200_000
    """Events after which a new snapshot is due; 0 for never."""


class DeciderHost:
    """The fenced owner of one partition of one service."""

    deciding = Deciding

    def __init__(
        self,
        service: Service,
        partition: int,
        log: EventLog,
        clock: Clock,
        store: HostStore,
        settings: DeciderSettings | None = None,
        measures: DeciderMeasures | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.service = service
        self.partition = partition
        self.log = log
        self.clock = clock
        self.store = store
        self.settings = settings or DeciderSettings()
        self.measures = measures or DeciderMeasures()
        self.tracer = tracer
        self.name = f"{service.name}.decider.{partition}"
        self.commands = TopicPartition(topic(service.name, Role.COMMANDS), partition)
        self.events = TopicPartition(topic(service.name, Role.EVENTS), partition)
        self.outcomes = TopicPartition(topic(service.name, Role.OUTCOMES), partition)
        self.deciders = {decider.aggregate: decider for decider in service.deciders}
        self.state_version = state_version(service.deciders)
        self.fold: Fold | None = None
        self.writer: Writer | None = None
        self.next_command = 0
        self._deciding: Deciding | None = None
        self._days: Days | None = None
        self._batch = self.settings.batch
        self._unsendable = -1
        """Offset of a command whose records the log refused alone."""
        self._bare = False
        """Whether it refused the records of that command's failure, too."""
        self._snapshot_at = 0
        self.recovered = 0
        """Events folded at the last opening, for the progress and rate of a rebuild."""

    # -- life --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Fence every earlier owner, then recover the state and the position from the own log.

        Raises :class:`~loanstream.runtime.stopping.PositionLost` or :class:`~loanstream.runtime.decider.fold.FoldError`: the
        partition must stop.
        """
        await self.close()
        self.writer = await self.log.writer(self.service.name, self.partition)
        try:
            fold = self.fold = self.fold or await self._from_snapshot()
            await self._recover(fold)
            self.next_command = await self._input_position(fold)
        except MustStop:
            await self._make_sure()
            raise
        except BaseException:
            # a writer that is good for a commit must never stand beside decisions on another fold
            await self.close()
            raise
        self._begin(fold)

    async def step(self) -> bool:
        """Decide one batch of waiting commands and commit it. ``False`` when none waits.

        Raises :class:`~loanstream.eventlog.port.Fenced` when another host took over, any other ``LogError`` when the commit
        failed or its outcome is unknown; state and writer are dropped then, ``open`` starts anew.
        """
        if self.writer is None:
            await self.open()
        assert self.fold is not None
        assert self.writer is not None
        try:
            records = await self.log.read({self.commands: self.next_command}, self._batch)
        except LogError:
            await self.close()  # whatever became of the commands: the next step makes sure of the position
            raise
        if not records:
            self.fold.forget_expired(self.clock.now())
            return False
        try:
            decided = self._decide(records)
            begun = time.perf_counter()
            written = await self._commit(decided)
            self._measure(len(records), time.perf_counter() - begun)
        except RecordRefused:
            self._batch = max(1, len(records) // 2)
            if len(records) == 1:
                self._bare = self._unsendable == records[0].offset
                self._unsendable = records[0].offset
            await self._drop()
            raise
        except BaseException:
            await self._drop()
            raise
        self.next_command = records[-1].offset + 1
        self._batch = min(2 * self._batch, self.settings.batch)
        self.fold.events_offset = written.get(self.events, self.fold.events_offset)
        self.fold.outcomes_offset = written.get(self.outcomes, self.fold.outcomes_offset)
        self.fold.forget_expired(self.clock.now())
        return True

    async def _commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """As :meth:`commit`; in a span that links those of the commands, or belongs to the only one's."""
        spans = self._deciding.taken() if isinstance(self._deciding, TracedDeciding) else []
        if self.tracer is None or not spans:
            return await self.commit(records)
        alone = spans[0] if len(spans) == 1 else ""
        links = () if alone else spans
        size = {"loanstream.commands": len(spans)}
        with self.tracer.span(f"commit {self.name}", SpanKind.INTERNAL, size, parent=alone, links=links):
            return await self.commit(records)

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[TopicPartition, int]:
        """Append a batch's events, outcomes and own commands in one transaction."""
        assert self.writer is not None
        return await self.writer.commit(records)

    async def close(self) -> None:
        """Give the partition up in order; the fold is kept and read on from when the partition is owned again."""
        writer, self.writer = self.writer, None
        if writer is not None:
            await writer.close()

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show."""
        return {self.commands: self.next_command}

    # -- snapshots ---------------------------------------------------------------------------------------------------

    @property
    def snapshot_due(self) -> bool:
        """Whether enough events came since the last snapshot."""
        every = self.settings.snapshot_every
        return bool(every) and self.fold is not None and self.fold.partitionseq - self._snapshot_at >= every

    async def snapshot(self) -> None:
        """Take a snapshot and write it."""
        if self.fold is not None:
            await self.take_snapshot()

    def take_snapshot(self) -> Coroutine[Any, Any, None]:
        """Take the whole partition as it stands now, between two steps; await the answer, at any time, to write it.

        One that fails is only logged, and tried again after as many events: the host can do without.
        """
        assert self.fold is not None
        self._snapshot_at = self.fold.partitionseq
        return self._save(take_snapshot(self.fold))

    async def _save(self, taken: Taken) -> None:
        try:
            await save_snapshot(taken, self.store, self.state_version)
            self.measures.snapshots["written"] += 1
        except Exception as error:
            self.measures.snapshots["failed"] += 1
            _log.error("no snapshot", host=self.name, exc_info=error)

    # -- recovery ----------------------------------------------------------------------------------------------------

    async def _from_snapshot(self) -> Fold:
        fold = Fold(self.service.name, self.partition, self.deciders)
        await load_snapshot(fold, self.store, self.state_version)
        self._snapshot_at = fold.partitionseq
        return fold

    async def _recover(self, fold: Fold) -> None:
        """Fold own events and outcomes up to the ends that stand after the fence."""
        ends = await self.log.ends((self.events, self.outcomes))
        await self._check_own_log(fold, ends)
        before = fold.partitionseq
        rebuild, read = self.measures.rebuild, fold.events_offset + fold.outcomes_offset
        rebuild.begin(sum(ends.values()) - read)
        try:
            await self._fold_up_to(ends, fold, read)
        finally:
            rebuild.end()
        self.recovered = fold.partitionseq - before

    async def _make_sure(self) -> None:
        """Raise :class:`~loanstream.eventlog.port.Fenced` where another owner took over: what was read is not all of one state.

        Its transactions show in one topic before they show in the other.
        """
        try:
            await self.commit(())
        finally:
            await self._drop()

    async def _check_own_log(self, fold: Fold, ends: Mapping[TopicPartition, int]) -> None:
        """Events and outcomes are there from their first record to where the fold stands."""
        for place, read in ((self.events, fold.events_offset), (self.outcomes, fold.outcomes_offset)):
            start = await self.log.start(place)
            if start != 0:
                raise PositionLost(
                    f"{self.name}: {place.topic} starts at {start} instead of 0: it was truncated; restore "
                    "it from a backup"
                )
            if ends[place] < read:
                raise PositionLost(
                    f"{self.name}: {place.topic} was read up to {read}, but ends at {ends[place]}: it was remade or "
                    "truncated; restore it from a backup"
                )

    async def _fold_up_to(self, ends: Mapping[TopicPartition, int], fold: Fold, read: int) -> None:
        rebuild = self.measures.rebuild
        while fold.events_offset < ends[self.events]:
            records = await self._read_on(self.events, fold.events_offset)
            fold.apply_events(records)
            rebuild.done = fold.events_offset + fold.outcomes_offset - read
        while fold.outcomes_offset < ends[self.outcomes]:
            records = await self._read_on(self.outcomes, fold.outcomes_offset)
            fold.apply_outcomes(records, told=True)
            rebuild.done = fold.events_offset + fold.outcomes_offset - read

    async def _read_on(self, place: TopicPartition, offset: int) -> Sequence[Record]:
        """What stands below an end that is known; raises ``LogUnavailable`` rather than end a fold before it."""
        records = await self.log.read({place: offset}, self.settings.read_ahead)
        if not records:
            raise LogUnavailable(f"{place.topic} partition {place.partition} gives nothing at {offset}, below its end")
        return records

    async def _input_position(self, fold: Fold) -> int:
        """Where to go on: after the command of the last outcome, whose record, if still kept, must be that command."""
        start = await self.log.start(self.commands)
        end = (await self.log.ends((self.commands,)))[self.commands]
        if not fold.position_command:
            if start != 0 or fold.partitionseq:
                # without outcomes no repeat is recognised: what made events must not be decided again
                raise PositionLost(
                    f"{self.name}: no outcome tells the position, but {self.commands.topic} starts at {start} and the "
                    f"partition has {fold.partitionseq} events; restore the outcomes topic, or "
                    f"{self._command(end if fold.partitionseq else start)}"
                )
            return 0
        if end <= fold.position:
            raise PositionLost(
                f"{self.name}: the last outcome names command {fold.position}, but {self.commands.topic} ends at {end}: the "
                f"topic was remade or truncated; restore it, or {self._command(start)}"
            )
        if start > fold.position + 1:
            raise PositionLost(
                f"{self.name}: the last outcome names command {fold.position}, but {self.commands.topic} starts at {start}: "
                f"commands were dropped before they were decided; restore it, or {self._command(start)}"
            )
        if fold.position >= start:
            found = await self.log.read({self.commands: fold.position}, 1)
            if found and found[0].offset == fold.position:
                command_id = command_id_of(found[0])
                if command_id != fold.position_command:
                    raise PositionLost(
                        f"{self.name}: offset {fold.position} of {self.commands.topic} holds command {command_id}, the last "
                        f"outcome is of {fold.position_command}: the topic was remade; restore it, or {self._command(start)}"
                    )
        return fold.position + 1

    def _command(self, at: int) -> str:
        """What an operator enters to let the partition go on without a restore."""
        service = self.service.name
        return (
            f"say where to go on: `loanstream topics position {service} {self.partition} --at {at} --reason TEXT`, then start "
            "the process again"
        )

    # -- deciding ----------------------------------------------------------------------------------------------------

    def _decide(self, records: list[Record]) -> list[NewRecord]:
        assert self._deciding is not None
        assert self._days is not None
        answer = self._days.answer
        decided: list[NewRecord] = []
        for record in records:
            if record.offset == self._unsendable:
                decided.extend(self._deciding.unsendable(record, bare=self._bare))
            else:
                decided.extend(self._deciding.decide(record, answer))
        return decided

    def _begin(self, fold: Fold) -> None:
        now = self.clock.now
        self._deciding = (
            self.deciding(fold, now, self._report)
            if self.tracer is None
            else TracedDeciding(self.tracer, fold, now, self._report)
        )
        self._days = Days(self._deciding)

    def _measure(self, commands: int, seconds: float) -> None:
        assert self._deciding is not None
        self.measures.committed(commands, seconds)
        if self._deciding.dead:
            self.measures.dead_letters.update(self._deciding.dead)
            self._deciding.dead.clear()

    async def _drop(self) -> None:
        self._deciding = self._days = None
        writer, self.writer, self.fold = self.writer, None, None
        if writer is not None:
            try:
                await writer.close()
            except LogError as error:
                _log.warning("writer did not close", host=self.name, error=str(error))

    def _report(self, error_id: str, error: Exception | str, about: Mapping[str, str]) -> None:
        place = {"host": self.name, "service": self.service.name, "partition": self.partition}
        traced = {"exc_info": error} if isinstance(error, Exception) else {"error": error}
        _log.error("command failed", error_id=error_id, **place, **about, **traced)
