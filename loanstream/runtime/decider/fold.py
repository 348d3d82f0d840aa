"""What a decider host keeps of one partition: a fold of its own events and outcomes, and nothing else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from loanstream.eventlog.port import Record
from loanstream.runtime.decider.dedupe import Window
from loanstream.runtime.decider.marks import Marks, mark_key, mark_value, with_mark
from loanstream.runtime.definitions import Decider
from loanstream.runtime.messages import is_identity
from loanstream.runtime.stopping import MustStop
from schemas import chain, codec, envelope, registry, upcasting
from schemas.decision import Refusal
from schemas.ids import packed
from schemas.outcomes import Outcome, Status, decode_outcome, states_position
from schemas.platform import (
    AGGREGATE_HELD,
    AGGREGATE_RELEASED,
    BUSINESS_DAY_CLOSED,
    BUSINESS_DAY_STARTED,
)

FAILED_BEFORE = "failed"
"""Code under which the window keeps a command that failed; its source is the error id."""

REQUESTS = "request"
"""Under which failed commands that no reaction sent wait for a replay; they block nothing behind them."""


class FoldError(MustStop):
    """The partition's own log cannot be folded: a gap, an unknown type, a broken envelope. The partition stops."""


class Aggregate(msgspec.Struct, gc=False):
    """One aggregate as it stands; ``decider`` is ``None`` until its first event. A struct: a host keeps a million."""

    decider: Decider | None = None
    state: Any = None
    sequence: int = 0
    chain: bytes = chain.GENESIS
    decided: bytes = b""
    """Ids of commands decided within the window, packed (see :mod:`~loanstream.runtime.decider.dedupe`)."""
    marks: Marks = b""
    """Highest source sequence applied per reaction and source aggregate, for as long as the aggregate lives."""
    id: str = ""
    """Its id, the one object that all indexes share; empty until its first state."""
    due: date | None = None
    """Next date on which ``decider`` has something to do with ``state``; asked once for each new state."""


@dataclass(slots=True)
class OpenDay:
    """The business day of the partition."""

    business_date: date | None = None
    calendar: str = ""
    open: bool = False


class DueIndex:
    """Which aggregates have something to do on which date; only those are touched by a business day.

    A date lists every aggregate that was ever due on it; whether it still is says the aggregate. A list entry costs 8 bytes,
    and nothing need be taken out when a date moves: a date that has passed is dropped as a whole.
    """

    def __init__(self, aggregates: Mapping[str, Aggregate]) -> None:
        self._aggregates = aggregates
        self._by_date: dict[date, list[str]] = {}

    def add(self, aggregate_id: str, due: date) -> None:
        """The aggregate is due on that date from now on."""
        self._by_date.setdefault(due, []).append(aggregate_id)

    def until(self, day: date) -> list[str]:
        """Ids with something to do on or before ``day``, sorted, so that every run takes the same order."""
        found: set[str] = set()
        for due in [d for d in self._by_date if d <= day]:
            still = {
                i for i in self._by_date[due] if (known := self._aggregates.get(i)) is not None and known.due == due
            }
            if still:
                self._by_date[due] = list(still)
                found |= still
            else:
                del self._by_date[due]
        return sorted(found)


@dataclass(slots=True)
class Fold:
    """All a decider host knows of its partition."""

    service: str
    partition: int
    deciders: Mapping[str, Decider]
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    held: set[str] = field(default_factory=set)
    parked: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Per aggregate and source mark, the ids of reaction commands that failed and wait for a replay, in order."""
    due: DueIndex = field(init=False)
    day: OpenDay = field(default_factory=OpenDay)
    partitionseq: int = 0
    position: int = -1
    """Offset of the last decided command; -1 also where it was stated that the first one comes next."""
    position_command: str = ""
    events_offset: int = 0
    outcomes_offset: int = 0
    event_types: dict[str, Callable[[str, Record], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Say how each platform event of this context is folded."""
        self.due = DueIndex(self.aggregates)
        handlers = (
            (BUSINESS_DAY_STARTED, self._day_started),
            (BUSINESS_DAY_CLOSED, self._day_closed),
            (AGGREGATE_HELD, self._held),
            (AGGREGATE_RELEASED, self._released),
        )
        self.event_types = {registry.by_class(types[self.service]).ce_type: fold for types, fold in handlers}

    def aggregate(self, aggregate_id: str) -> Aggregate:
        """The aggregate, made empty when it is not known yet."""
        found = self.aggregates.get(aggregate_id)
        if found is None:
            found = self.aggregates[aggregate_id] = Aggregate()
        return found

    def set_state(self, aggregate_id: str, aggregate: Aggregate, decider: Decider, state: Any) -> None:
        """Replace the state and keep the index of due dates right."""
        self.set_state_due(aggregate_id, aggregate, decider, state, decider.due(state))

    def set_state_due(
        self, aggregate_id: str, aggregate: Aggregate, decider: Decider, state: Any, due: date | None
    ) -> None:
        """:meth:`set_state` where ``decider.due(state)`` is known already."""
        aggregate.id = aggregate.id or aggregate_id
        if due is not None and due != aggregate.due:
            self.due.add(aggregate.id, due)
        aggregate.due = due
        aggregate.decider = decider
        aggregate.state = state

    def apply_events(self, records: Iterable[Record]) -> None:
        """Fold event records in order; those already folded are passed over by their ``partitionseq``."""
        for record in records:
            self.events_offset = record.offset + 1
            if not is_identity(record):
                self._apply_event(record)

    def apply_outcomes(self, records: Iterable[Record], *, told: bool = False) -> None:
        """Fold outcome records in order: position, dedupe, parked commands.

        ``told``: the events that they tell of are all folded. Raises :class:`FoldError` where one is missing then.
        """
        for record in records:
            self.outcomes_offset = record.offset + 1
            if is_identity(record):
                continue
            outcome = decode_outcome(record.value)
            if outcome.position > self.position:
                if told:
                    self._check_told(outcome, record)
                self.remember(outcome, record.time)
            elif states_position(outcome.status, outcome.code):
                self.remember(outcome, record.time)  # the one kind that may go back

    def _check_told(self, outcome: Outcome, record: Record) -> None:
        if outcome.sequence:
            known = self.aggregates.get(outcome.target)
            if known is None or known.sequence < outcome.sequence:
                raise FoldError(
                    f"{record.topic}/{record.partition} offset {record.offset}: tells of sequence {outcome.sequence} of "
                    f"{outcome.target}, the events end at {known.sequence if known else 0}: events are missing"
                )

    def remember(self, outcome: Outcome, time: datetime) -> None:
        """Take an outcome into the dedupe state."""
        self.position = outcome.position
        self.position_command = outcome.command_id
        status = outcome.status
        if status in (Status.ALREADY_APPLIED, Status.EXPIRED):
            return
        aggregate = self.aggregate(outcome.target)
        refusal = None
        if status == Status.REFUSED:
            refusal = Refusal(outcome.code, outcome.message, outcome.rule, outcome.limit, outcome.source)
        elif status == Status.FAILED:
            refusal = Refusal(FAILED_BEFORE, "", source=outcome.error_id)
        self.window.remember(outcome.target, aggregate, packed(outcome.command_id), time, refusal)
        key = REQUESTS
        if outcome.reaction:
            key = source_key(outcome.reaction, outcome.source_aggregate)
            mark = mark_value(outcome.source_sequence, outcome.source_n)
            aggregate.marks = with_mark(aggregate.marks, mark_key(outcome.reaction, outcome.source_aggregate), mark)
        self._remember_parked(outcome, key, failed=status == Status.FAILED)

    def forget_expired(self, now: datetime) -> None:
        """Drop ids that left the window, and aggregates that hold nothing else."""
        for target in dict.fromkeys(self.window.expire(self.aggregates, now)):
            aggregate = self.aggregates[target]
            # a target comes once for each id that it lost; one with events goes on in their chain, also without a state: such is
            # the partition itself, of its days
            if not (aggregate.sequence or aggregate.decided or aggregate.marks):
                del self.aggregates[target]

    def _remember_parked(self, outcome: Outcome, key: str, *, failed: bool) -> None:
        waiting = self.parked.get(outcome.target, {}).get(key, ())
        if failed and outcome.command_id not in waiting:
            self.parked.setdefault(outcome.target, {}).setdefault(key, []).append(outcome.command_id)
        elif not failed and outcome.command_id in waiting:
            self._unpark(outcome.target, key, outcome.command_id)

    def _unpark(self, target: str, key: str, command_id: str) -> None:
        sources = self.parked[target]
        sources[key].remove(command_id)
        if not sources[key]:
            del sources[key]
        if not sources:
            del self.parked[target]

    def _apply_event(self, record: Record) -> None:
        headers = record.headers
        try:
            partitionseq = int(headers[envelope.PARTITION_SEQUENCE])
            if partitionseq <= self.partitionseq:
                return
            if partitionseq != self.partitionseq + 1:
                raise FoldError(f"partitionseq {partitionseq} follows {self.partitionseq}: events are missing")
            subject = headers[envelope.SUBJECT]
            aggregate = self.aggregate(subject)
            sequence = int(headers[envelope.SEQUENCE])
            if sequence != aggregate.sequence + 1:
                raise FoldError(f"sequence {sequence} of {subject} follows {aggregate.sequence}: events are missing")
            platform = self.event_types.get(record.type)
            if platform is not None:
                platform(subject, record)
            else:
                self._evolve(subject, aggregate, record)
            aggregate.sequence = sequence
            aggregate.chain = chain.chain_bytes(headers[envelope.CHAIN])
            self.partitionseq = partitionseq
        except FoldError as error:
            raise FoldError(f"{record.topic}/{record.partition} offset {record.offset}: {error}") from None
        except Exception as error:
            raise FoldError(
                f"{record.topic}/{record.partition} offset {record.offset}: {type(error).__name__}: {error}"
            ) from error

    def _evolve(self, subject: str, aggregate: Aggregate, record: Record) -> None:
        message = upcasting.message_type(record.type)
        if message.context != self.service:
            raise FoldError(f"type {record.type} is not of context {self.service}")
        decider = self.deciders[message.aggregate]
        event = upcasting.decode(record.type, record.value)
        state = decider.evolve(aggregate.state, event)
        if state is not None:  # else the aggregate still does not exist, as for whoever decided the event
            self.set_state(subject, aggregate, decider, state)

    def _day_started(self, _subject: str, record: Record) -> None:
        event = codec.decode(BUSINESS_DAY_STARTED[self.service], record.value)
        self.day = OpenDay(event.business_date, event.calendar, True)

    def _day_closed(self, _subject: str, _record: Record) -> None:
        self.day.open = False

    def _held(self, subject: str, _record: Record) -> None:
        self.held.add(subject)

    def _released(self, subject: str, _record: Record) -> None:
        self.held.discard(subject)


def source_key(reaction: str, source_aggregate: str) -> str:
    """Under which parked commands of a reaction and source wait in an aggregate."""
    return f"{reaction}/{source_aggregate}"
