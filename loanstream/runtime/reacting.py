"""The pure part of routers and reactors: one event record in, commands and effects out, or why it cannot be handled.

No I/O and no clock: the embedded host and a stream framework wrap the same function.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from loanstream.eventlog.port import NewRecord, Record
from loanstream.runtime.definitions import Effect, EffectRow, EffectStatus, Reaction, Send, Service
from loanstream.runtime.messages import MAX_RECORD_BYTES, command_record, is_identity
from loanstream.runtime.tracing import SpanKind, Tracer, continued, short
from schemas import ids, registry, upcasting
from schemas.envelope import CORRELATION, ID, TRACE, CommandMeta, EventMeta, event_meta
from schemas.platform import BUSINESS_DAY_STARTED, START_BUSINESS_DAY
from schemas.topics import Role, partition_key, topic

MAX_HOPS = 16
"""Longest chain event → reaction → command before it is taken for a cycle."""

LEADING_CONTEXT = "servicing"
"""Its business days lead; the other contexts follow."""

_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What a service reacts to, ready for use."""

    service: str
    partitions: int
    reactions: Mapping[str, tuple[Reaction, ...]]
    """By the event's type string."""
    named: frozenset[str]
    """Type strings without the version: another version of a named type is not skipped silently."""
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record becomes a dead letter: ``poison``, ``unknown-type`` or ``hops``, and a sentence."""

    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """What came of one record. Either everything it caused, or nothing and the failure."""

    commands: tuple[NewRecord, ...] = ()
    effects: tuple[EffectRow, ...] = ()
    failure: Failure | None = None
    skipped: str = ""
    """``other`` (known, nobody reacts) or ``unknown`` (not in this release's contract)."""

    @property
    def idle(self) -> bool:
        """Whether the record causes nothing, so that it need not wait for anything."""
        return not (self.commands or self.effects or self.failure)


_OTHER = Reacted(skipped="other")
_UNKNOWN = Reacted(skipped="unknown")


def plan(service: Service, partitions: int) -> Plan:
    """The plan of a service; a service that follows business days reacts to servicing's besides its own reactions."""
    reactions = (*service.reactions, *_following_days(service))
    by_type: dict[str, tuple[Reaction, ...]] = {}
    for reaction in reactions:
        ce_type = registry.by_class(reaction.on).ce_type
        by_type[ce_type] = (*by_type.get(ce_type, ()), reaction)
    contexts = sorted({registry.by_class(reaction.on).context for reaction in reactions})
    return Plan(
        service=service.name,
        partitions=partitions,
        reactions=by_type,
        named=frozenset(map(unversioned, by_type)),
        topics=tuple(topic(context, Role.EVENTS) for context in contexts),
    )


def react_to(plan: Plan, record: Record, now: datetime, *, replayed: bool = False) -> Reacted:
    """Everything that one event record causes. Never raises: an error is a :class:`Failure`.

    Ids are derived from the event, so the same record always causes the same commands and effects. ``replayed``: an operator
    hands the record over again, so its hops count anew.
    """
    reactions = plan.reactions.get(upcasting.read_as(record.type))
    if reactions is None:
        return _unnamed(plan, record)
    try:
        meta = event_meta(record.type, record.partition, record.headers)
        hops = 1 if replayed else meta.hops + 1
        event = upcasting.decode(record.type, record.value)
        results = [(reaction, reaction.react(event, meta)) for reaction in reactions]
        commands = tuple(
            made for reaction, sent in results for made in _commands(plan, reaction, sent, meta, hops, now)
        )
        if hops > MAX_HOPS and commands:
            return Reacted(failure=Failure("hops", f"{hops} hops from event to event, {MAX_HOPS} allowed: a cycle?"))
        effects = tuple(
            _effect_row(plan.service, each, meta, 0 if replayed else meta.hops, now)
            for _, sent in results
            for each in sent
            if isinstance(each, Effect)
        )
        return Reacted(commands, effects)
    except Exception as error:
        return Reacted(failure=Failure("poison", f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]))


React = Callable[[Plan, Record, datetime], Reacted]
"""What :func:`react_to` is, with or without a span."""


def reacting(tracer: Tracer | None) -> React:
    """:func:`react_to`, in a span where there is a tracer."""
    return react_to if tracer is None else partial(react_traced, tracer)


def react_traced(tracer: Tracer, plan: Plan, record: Record, now: datetime) -> Reacted:
    """:func:`react_to` in a span, which all that the record causes continues; none for what nobody reacts to."""
    if upcasting.read_as(record.type) not in plan.reactions:
        return react_to(plan, record, now)
    with tracer.span(
        f"react {plan.service} to {short(record.type)}",
        SpanKind.CONSUMER,
        {
            "loanstream.service": plan.service,
            "loanstream.partition": record.partition,
            "loanstream.aggregate": record.key,
            "loanstream.event": record.headers.get(ID, ""),
            "loanstream.correlation": record.headers.get(CORRELATION, ""),
        },
        parent=record.headers.get(TRACE, ""),
    ) as span:
        reacted = react_to(plan, continued(record, span), now)
        span.set({"loanstream.commands": len(reacted.commands), "loanstream.effects": len(reacted.effects)})
        if reacted.failure is not None:
            span.failed(reacted.failure.reason)
        return reacted


def unversioned(ce_type: str) -> str:
    """A type string without its version."""
    return ce_type.rpartition(".v")[0]


def _unnamed(plan: Plan, record: Record) -> Reacted:
    if unversioned(record.type) in plan.named:
        sentence = (
            f"{record.type} is not the version that this release reacts to: run a release that reads it, then replay"
        )
        return Reacted(failure=Failure("unknown-type", sentence))
    if is_identity(record):
        return _OTHER
    try:
        registry.by_type(record.type)
    except registry.UnknownType:
        return _UNKNOWN
    return _OTHER


def _commands(
    plan: Plan, reaction: Reaction, sent: Sequence[Send | Effect], meta: EventMeta, hops: int, now: datetime
) -> Iterator[NewRecord]:
    counts: dict[str, int] = {}
    for each in sent:
        if isinstance(each, Effect):
            continue
        n = counts[each.target] = counts.get(each.target, -1) + 1
        record = command_record(_command_meta(plan, reaction, each, n, meta, hops, now), each.command, plan.partitions)
        if len(record.value) > MAX_RECORD_BYTES:
            raise ValueError(f"command {record.type} has {len(record.value)} bytes, the limit is {MAX_RECORD_BYTES}")
        yield record


def _command_meta(
    plan: Plan, reaction: Reaction, send: Send, n: int, meta: EventMeta, hops: int, now: datetime
) -> CommandMeta:
    message = registry.by_class(type(send.command))
    if START_BUSINESS_DAY.get(message.context) is message.cls:
        # a day's command has the same id whoever sends it, and starts a chain of its own
        day = send.command.business_date.isoformat()
        command_id, hops = ids.day_command_id(message.context, meta.partition, day, "start"), 0
    else:
        command_id = ids.reaction_command_id(meta.id, reaction.name, send.target, n)
    return CommandMeta(
        id=command_id,
        type=message.ce_type,
        target=send.target,
        time=now,
        actor=f"service:{plan.service}",
        correlation=meta.correlation,
        causation=meta.id,
        hops=hops,
        business_date=meta.business_date,
        reaction=reaction.name,
        source_aggregate=meta.subject,
        source_sequence=meta.sequence,
        source_n=n,
        trace=meta.trace,
    )


def _effect_row(service: str, effect: Effect, meta: EventMeta, hops: int, now: datetime) -> EffectRow:
    return EffectRow(
        id=ids.derived("effect", meta.id, effect.kind, effect.recipient),
        service=service,
        source_event=meta.id,
        kind=effect.kind,
        recipient=effect.recipient,
        payload=plain(effect.payload),
        status=EffectStatus.PENDING,
        attempts=0,
        created_at=now,
        due_at=now,
        correlation=meta.correlation,
        business_date=meta.business_date,
        hops=hops,
        trace=meta.trace,
    )


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON data as every store gives it back: decimals and dates are text. Raises ``TypeError`` for what JSON cannot hold."""
    return dict(msgspec.json.decode(msgspec.json.encode(data)))


def _following_days(service: Service) -> tuple[Reaction, ...]:
    if not service.follows_days or service.name == LEADING_CONTEXT:
        return ()
    start = START_BUSINESS_DAY[service.name]

    def follow(event: Any, meta: EventMeta) -> Sequence[Send | Effect]:
        command = start(business_date=event.business_date, calendar=event.calendar)
        return [Send(partition_key(meta.partition), command)]

    return (Reaction("follow-business-day", BUSINESS_DAY_STARTED[LEADING_CONTEXT], follow),)
