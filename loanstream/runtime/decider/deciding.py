"""Deciding commands: one command and the fold in, event and outcome records out. No I/O, no clock but the one given.

Nothing is changed before a command's events are all made and encoded, so a command that fails leaves no trace but its
outcome and its dead letter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from loanstream.eventlog.port import NewRecord, Record
from loanstream.runtime.decider.fold import FAILED_BEFORE, REQUESTS, Aggregate, Fold, source_key
from loanstream.runtime.decider.marks import mark_key, mark_of, mark_value
from loanstream.runtime.definitions import Decider
from loanstream.runtime.messages import MAX_RECORD_BYTES, read_command_meta
from schemas import chain, codec, envelope, ids, registry
from schemas.decision import Actor, Context, Refusal
from schemas.envelope import CommandMeta, EventMeta, event_headers, instant_text
from schemas.outcomes import (
    DEADLETTER_TYPE,
    DeadLetter,
    DecidedEvent,
    Outcome,
    Status,
    encode_outcome,
    outcome_type,
)
from schemas.platform import AGGREGATE_HELD
from schemas.topics import Role, partition_key, topic

MAX_HOPS = 16
"""Longest chain event → reaction → command before a command is a dead letter."""

_MAX_CATCH_UP = 64
"""How often an aggregate may have something due on one day; more means that it never moves past the day."""

SYSTEM = Actor("system")

SERVICE_ACTOR = "service:"
"""How the actor of a service's own commands begins."""
_NO_REFUSAL = Refusal("", "")


OnError = Callable[[str, Exception | str, Mapping[str, str]], None]
"""Told an error's id, the error, and what it is about: correlation, command, aggregate. For the log."""


class NeverPassesTheDay(Exception):
    """An aggregate's business day does not move its due date past the day."""


@dataclass(slots=True)
class Draft:
    """An aggregate while one command is decided: the state so far and the encoded events."""

    aggregate_id: str
    aggregate: Aggregate
    decider: Decider | None
    state: Any
    events: list[tuple[str, bytes]] = field(default_factory=list)
    held: bool = False
    first_index: int = 0
    """Number of its first event within the command: 1 for the second draft of the same aggregate, below 0 for a hold."""
    _due: date | None = None
    _due_known: bool = False

    def due(self) -> date | None:
        """The next date with something to do in the state so far; the decider is asked once for each state."""
        if not self._due_known:
            if self.state is self.aggregate.state:
                self._due = self.aggregate.due
            else:
                self._due = None if self.decider is None else self.decider.due(self.state)
            self._due_known = True
        return self._due

    def add(self, event: Any) -> None:
        """Apply one event to the state and encode it. Raises when it is not of the contract, or too large."""
        message = registry.by_class(type(event))
        value = codec.encode(event)
        if len(value) > MAX_RECORD_BYTES:
            raise ValueError(f"event {message.ce_type} has {len(value)} bytes, the limit is {MAX_RECORD_BYTES}")
        if self.decider is not None:
            self.state = self.decider.evolve(self.state, event)
            self._due_known = False
        self.events.append((message.ce_type, value))

    def add_platform(self, event: Any) -> None:
        """Encode an event of the host itself; the aggregate's state does not change."""
        self.events.append((registry.by_class(type(event)).ce_type, codec.encode(event)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command: the status, and why."""

    status: Status
    refusal: Refusal | None = None
    error_id: str = ""
    drafts: tuple[Draft, ...] = ()
    extra: tuple[NewRecord, ...] = ()
    """Commands of the host to its own partition, dead letters."""


class Deciding:
    """Decides the commands of one partition against its fold."""

    def __init__(self, fold: Fold, now: Callable[[], datetime], on_error: OnError) -> None:
        self.fold = fold
        self.now = now
        self.on_error = on_error
        self.context = fold.service
        self.events_topic = topic(fold.service, Role.EVENTS)
        self.outcomes_topic = topic(fold.service, Role.OUTCOMES)
        self.commands_topic = topic(fold.service, Role.COMMANDS)
        self.deadletters_topic = topic(fold.service, Role.DEADLETTERS)
        self.dead: list[str] = []
        """Reasons of the dead letters made since somebody took them."""

    # -- one command -----------------------------------------------------------------------------------------------

    def decide(
        self, record: Record, platform: Callable[[CommandMeta, Any, datetime], Answer | None]
    ) -> list[NewRecord]:
        """Decide one command record: the records to commit. ``platform`` answers commands of the host itself."""
        time = self.now()
        try:
            meta = read_command_meta(record)
            ids.packed(meta.id)
        except Exception as error:
            meta = _meta_of_malformed(record, time)
            answer = self._failed(record, "poison", error, time)
        else:
            answer = self._answer(record, meta, time, platform)
        return self._finish(record, meta, answer, time)

    def _answer(
        self,
        record: Record,
        meta: CommandMeta,
        time: datetime,
        platform: Callable[[CommandMeta, Any, datetime], Answer | None],
    ) -> Answer:
        """Guards first (repeat, expiry, hops, hold), then the decision."""
        try:
            repeated = self.repeated(meta, time)
            if repeated is not None:
                return repeated
            if meta.hops > MAX_HOPS:
                return self._failed(record, "hops", f"{meta.hops} hops from event to event, {MAX_HOPS} allowed", time)
            blocked = self._blocked(record, meta, time)
            if blocked is not None:
                return blocked
            message = registry.by_type(record.type)
            if message.kind != "command" or message.context != self.context:
                raise registry.UnknownType(f"{record.type} is not a command of context {self.context}")
            command = codec.decode(message.cls, record.value)
            answer = platform(meta, command, time)
            return self._domain_answer(message, meta, command, time) if answer is None else answer
        except NeverPassesTheDay as error:
            return self._hold(record, meta, error, time)
        except Exception as error:
            return self._failed(record, "poison", error, time)

    def repeated(self, meta: CommandMeta, time: datetime) -> Answer | None:
        """The answer to a repeat or to a command older than the window; ``None`` for a new one."""
        aggregate = self.fold.aggregates.get(meta.target)
        if meta.replay and self._waits_for_replay(meta):
            return None
        if aggregate is not None:
            command_id = ids.packed(meta.id)
            if self.fold.window.known(aggregate, command_id):
                return _same_answer(self.fold.window.refusals.get(command_id))
            if meta.reaction and aggregate.marks:
                mark = mark_of(aggregate.marks, mark_key(meta.reaction, meta.source_aggregate))
                if mark_value(meta.source_sequence, meta.source_n) <= mark:
                    return Answer(Status.ALREADY_APPLIED)
        if self._may_expire(meta) and self.fold.window.expired(meta.time, time):
            return Answer(Status.EXPIRED)
        return None

    def _may_expire(self, meta: CommandMeta) -> bool:
        """Whether a command that waited longer than the window is dropped: only what a client can ask for again.

        A reaction's is known by its mark however late it comes, a sender's report by what it reports on, the open day itself
        knows what of it was done; were they to expire, what they stand for would be lost for good.
        """
        of_the_partition = meta.target == partition_key(self.fold.partition)
        return not (of_the_partition or meta.reaction or meta.actor.startswith(SERVICE_ACTOR))

    def _waits_for_replay(self, meta: CommandMeta) -> bool:
        """Whether a replayed command is one that failed, and, for a reaction's, the first of its source."""
        sources = self.fold.parked.get(meta.target, {})
        if not meta.reaction:
            return meta.id in sources.get(REQUESTS, [])
        waiting = sources.get(source_key(meta.reaction, meta.source_aggregate), [])
        return bool(waiting) and waiting[0] == meta.id

    def _blocked(self, record: Record, meta: CommandMeta, time: datetime) -> Answer | None:
        """Commands behind a parked one of the same source, and commands to an aggregate on hold."""
        sources = self.fold.parked.get(meta.target)
        if sources and not meta.replay and meta.reaction:
            ahead = sources.get(source_key(meta.reaction, meta.source_aggregate))
            if ahead:
                return self._failed(record, "parked", f"waits behind parked command {ahead[0]}", time)
        if meta.target in self.fold.held and registry.by_type(record.type).name != "ReleaseAggregate":
            if meta.reaction:
                return self._failed(record, "on-hold", "the aggregate is on hold until it is released", time)
            return Answer(
                Status.REFUSED,
                Refusal(
                    "on-hold", "The aggregate failed in a business day and is on hold; an operator must release it."
                ),
            )
        return None

    def _domain_answer(self, message: registry.MessageType, meta: CommandMeta, command: Any, time: datetime) -> Answer:
        aggregate = self.fold.aggregates.get(meta.target) or Aggregate()
        decider = self.fold.deciders[message.aggregate]
        refusal = self._unfit(aggregate, decider, meta)
        if refusal is not None:
            return Answer(Status.REFUSED, refusal)
        day = self._day(meta)
        assert day is not None
        draft = Draft(meta.target, aggregate, decider, aggregate.state)
        if aggregate.due is not None and aggregate.due <= day:
            self.catch_up(draft, Context(meta.target, day, time, SYSTEM))
        context = Context(meta.target, day, time, Actor(meta.actor, meta.permissions))
        decision = decider.decide(draft.state, command, context)
        if isinstance(decision, Refusal):
            return Answer(Status.REFUSED, decision, drafts=(draft,) if draft.events else ())
        for event in decision:
            draft.add(event)
        return Answer(Status.EXECUTED, drafts=(draft,))

    def _unfit(self, aggregate: Aggregate, decider: Decider, meta: CommandMeta) -> Refusal | None:
        if self._day(meta) is None:
            return Refusal("no-business-day", "No business day is open yet; start one with StartBusinessDay.")
        if aggregate.decider is not None and aggregate.decider is not decider:
            return Refusal(
                "other-kind",
                f"{meta.target} is a {aggregate.decider.aggregate}, the command is for a {decider.aggregate}.",
            )
        if meta.expected_sequence is not None and meta.expected_sequence != aggregate.sequence:
            return Refusal(
                "stale",
                f"{meta.target} is at sequence {aggregate.sequence}, you expected {meta.expected_sequence}; read it again.",
                limit=str(aggregate.sequence),
            )
        return None

    def unsendable(self, record: Record, *, bare: bool = False) -> list[NewRecord]:
        """A command whose records the log refuses even alone: it fails, so that the partition goes on.

        ``bare``, when it refuses those of the failure as well: they go without the command's body.
        """
        time = self.now()
        meta = _meta_of(record, time)
        why = "the log refuses its records"
        if bare:
            why += f", and those of its failure with its {len(record.value)} bytes, which stand at its place alone"
            record = msgspec.structs.replace(record, value=b"")
        return self._finish(record, meta, self._failed(record, "poison", why, time), time)

    def _day(self, meta: CommandMeta) -> date | None:
        """The day a command belongs to: the partition's, or before its first one that of the event that caused it."""
        return self.fold.day.business_date or meta.business_date

    # -- business days -----------------------------------------------------------------------------------------------

    def catch_up(self, draft: Draft, context: Context) -> None:
        """Bring one aggregate up to the partition's day. Raises :class:`NeverPassesTheDay`, or what the domain raises."""
        try:
            for _ in range(_MAX_CATCH_UP):
                due = draft.due()
                if due is None or due > context.business_date:
                    return
                assert draft.decider is not None
                for event in draft.decider.business_day(draft.state, context):
                    draft.add(event)
        except Exception as error:
            raise NeverPassesTheDay(f"{type(error).__name__}: {error}") from error
        raise NeverPassesTheDay(f"still due on {due} after {_MAX_CATCH_UP} rounds of {context.business_date}")

    def day_draft(self, aggregate_id: str, day: date, time: datetime) -> Draft:
        """The events of one aggregate on one day; when it fails, the event that puts it on hold."""
        aggregate = self.fold.aggregates[aggregate_id]
        draft = Draft(aggregate_id, aggregate, aggregate.decider, aggregate.state)
        try:
            self.catch_up(draft, Context(aggregate_id, day, time, SYSTEM))
        except NeverPassesTheDay as error:
            return self.hold_draft(aggregate_id, day, error)
        return draft

    def hold_draft(self, aggregate_id: str, day: date, error: Exception) -> Draft:
        """Put an aggregate on hold, leaving its state as it was before the day."""
        aggregate = self.fold.aggregate(aggregate_id)
        draft = Draft(aggregate_id, aggregate, aggregate.decider, aggregate.state, held=True)
        error_id = ids.derived("held", self.context, aggregate_id, str(day), aggregate.sequence)
        self.on_error(error_id, error, {"aggregate": aggregate_id, "business_date": str(day)})
        draft.add_platform(
            AGGREGATE_HELD[self.context](aggregate_id=aggregate_id, business_date=day, error_id=error_id)
        )
        return draft

    def _hold(self, record: Record, meta: CommandMeta, error: NeverPassesTheDay, time: datetime) -> Answer:
        """A command met an aggregate that cannot be brought up to the day: hold it, and park or refuse the command."""
        day = self._day(meta)
        assert day is not None
        draft = self.hold_draft(meta.target, day, error)
        # a parked command comes again under its id: the events that it then makes are others than this one
        draft.first_index = -draft.aggregate.sequence - 1
        if meta.reaction:
            failed = self._failed(record, "on-hold", error, time)
            return Answer(failed.status, error_id=failed.error_id, drafts=(draft,), extra=failed.extra)
        refusal = Refusal(
            "on-hold", "The aggregate failed in the open business day and is now on hold; tell an operator."
        )
        return Answer(Status.REFUSED, refusal, drafts=(draft,))

    # -- records -----------------------------------------------------------------------------------------------------

    def _finish(self, record: Record, meta: CommandMeta, answer: Answer, time: datetime) -> list[NewRecord]:
        """Take the answer into the fold and make its records: events, outcome, extras."""
        records: list[NewRecord] = []
        for draft in answer.drafts:
            records.extend(self._event_records(draft, meta, time))
        target = next((d for d in answer.drafts if d.aggregate_id == meta.target), None)
        outcome = self._outcome(record, meta, answer, target, time, records)
        records.append(
            NewRecord(
                self.outcomes_topic,
                self.fold.partition,
                meta.target,
                outcome_type(answer.status),
                {envelope.ID: meta.id},
                encode_outcome(outcome),
                time,
            )
        )
        records.extend(answer.extra)
        self.fold.remember(outcome, time)
        return records

    def _event_records(self, draft: Draft, meta: CommandMeta, time: datetime) -> list[NewRecord]:
        fold, aggregate = self.fold, draft.aggregate
        if draft.events:
            fold.aggregates[draft.aggregate_id] = aggregate
        day = self._day(meta)
        records = []
        for index, (ce_type, value) in enumerate(draft.events, draft.first_index):
            aggregate.sequence += 1
            fold.partitionseq += 1
            event = EventMeta(
                id=ids.event_id(meta.id, draft.aggregate_id, index),
                type=ce_type,
                context=self.context,
                subject=draft.aggregate_id,
                sequence=aggregate.sequence,
                partition=fold.partition,
                partitionseq=fold.partitionseq,
                time=time,
                business_date=day,
                correlation=meta.correlation,
                causation=meta.id,
                actor=meta.actor,
                trace=meta.trace,
                hops=meta.hops,
            )
            headers = event_headers(event, "")
            aggregate.chain = chain.link(aggregate.chain, ce_type, headers, value)
            headers[envelope.CHAIN] = chain.chain_text(aggregate.chain)
            records.append(
                NewRecord(self.events_topic, fold.partition, draft.aggregate_id, ce_type, headers, value, time)
            )
        if draft.held:
            fold.held.add(draft.aggregate_id)
        elif draft.decider is not None and draft.state is not None:
            fold.set_state_due(draft.aggregate_id, aggregate, draft.decider, draft.state, draft.due())
        return records

    def _outcome(
        self,
        record: Record,
        meta: CommandMeta,
        answer: Answer,
        target: Draft | None,
        time: datetime,
        events: Sequence[NewRecord],
    ) -> Outcome:
        refusal = answer.refusal or _NO_REFUSAL
        aggregate = self.fold.aggregates.get(meta.target)
        return Outcome(
            command_id=meta.id,
            command_type=record.type,
            target=meta.target,
            status=answer.status.value,
            position=record.offset,
            actor=meta.actor,
            cause=meta.causation,
            time=instant_text(time),
            body=msgspec.Raw(_json_or_null(record.value, answer)),
            sequence=aggregate.sequence if aggregate is not None else 0,
            event_count=len(target.events) if target is not None else 0,
            code=refusal.code,
            message=refusal.message,
            rule=refusal.rule,
            limit=refusal.limit,
            source=refusal.source,
            error_id=answer.error_id,
            reaction=meta.reaction,
            source_aggregate=meta.source_aggregate,
            source_sequence=meta.source_sequence,
            source_n=meta.source_n,
            correlation=meta.correlation,
            replay=meta.replay,
            events=tuple(
                DecidedEvent(
                    id=event.headers[envelope.ID],
                    type=event.type,
                    subject=event.key,
                    sequence=int(event.headers[envelope.SEQUENCE]),
                    data=msgspec.Raw(event.value),
                )
                for event in events
            )
            if meta.reply
            else (),
        )

    def _failed(self, record: Record, reason: str, error: Exception | str, time: datetime) -> Answer:
        """The command cannot be decided: an outcome ``failed`` and a dead letter with the whole record."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        error_id = ids.derived("error", record.topic, record.partition, record.offset)
        if isinstance(error, Exception) or reason == "hops":
            self.on_error(error_id, error, {"reason": reason, **_about(record)})
        letter = DeadLetter(
            error_id=error_id,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            type=record.type,
            headers=dict(record.headers),
            value=_text(record.value),
            reason=reason,
            error=text[:2_000],
        )
        dead = NewRecord(
            self.deadletters_topic,
            self.fold.partition,
            record.key,
            DEADLETTER_TYPE,
            {envelope.ID: error_id},
            codec.encode(letter),
            time,
        )
        self.dead.append(reason)
        return Answer(Status.FAILED, error_id=error_id, extra=(dead,))


def _same_answer(refusal: Refusal | None) -> Answer:
    """The answer to a repeat: as before, without doing anything again."""
    if refusal is None:
        return Answer(Status.ALREADY_APPLIED)
    if refusal.code == FAILED_BEFORE:
        return Answer(Status.FAILED, error_id=refusal.source)
    return Answer(Status.REFUSED, refusal)


def command_id_of(record: Record) -> str:
    """The id under which a command record is answered: its own, or one derived from where it stands."""
    try:
        meta = read_command_meta(record)
        ids.packed(meta.id)
    except (KeyError, ValueError):
        return ids.derived("malformed", record.topic, record.partition, record.offset)
    return meta.id


def _meta_of(record: Record, time: datetime) -> CommandMeta:
    """The envelope of a command record; one made for it where it has none."""
    try:
        meta = read_command_meta(record)
        ids.packed(meta.id)
    except Exception:
        return _meta_of_malformed(record, time)
    return meta


def _meta_of_malformed(record: Record, time: datetime) -> CommandMeta:
    """An envelope for a record that has none."""
    command_id = command_id_of(record)
    return CommandMeta(command_id, record.type, record.key, time, actor="unknown", correlation=command_id)


def _about(record: Record) -> dict[str, str]:
    """What a log line says of a command record: references, never its body."""
    return {
        "correlation": record.headers.get(envelope.CORRELATION, ""),
        "command": record.headers.get(envelope.ID, ""),
        "type": record.type,
        "aggregate": record.key,
    }


def _json_or_null(value: bytes, answer: Answer) -> bytes:
    """The command's own JSON inside the outcome; ``null`` where its bytes are none, which only the executed ones rule out."""
    if answer.status is Status.EXECUTED:
        return value
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b"null"
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
