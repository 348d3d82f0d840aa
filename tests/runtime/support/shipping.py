"""A context of its own for tests of hosts: orders are packed by a command, sent by an effect and shown in read models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from loanstream.eventlog.partitioning import partition_of
from loanstream.eventlog.port import EventLog, NewRecord, Record, TopicDefinition, TopicPartition
from loanstream.runtime.definitions import Effect, EffectHandler, Projection, Reaction, Row, Send, Service
from loanstream.runtime.messages import is_identity
from schemas import codec, ids, registry
from schemas.envelope import EventMeta, event_headers
from schemas.platform import BUSINESS_DAY_CLOSED, BUSINESS_DAY_STARTED, add_context
from schemas.registry import command, event
from schemas.servicing.events import Settled
from schemas.topics import Role, partition_key, topic, topic_specs

CONTEXT = "shipping"
add_context(CONTEXT)
A_TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
A_DAY = date(2026, 1, 5)


@event(CONTEXT, "order")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Somebody ordered something; ``behave`` makes reactions and projections fail on purpose."""

    order_id: str
    loan_id: str = ""
    customer: str = ""
    amount: int = 0
    fee: Decimal = Decimal("0.10")
    lines: tuple[str, ...] = ()
    behave: str = ""


@event(CONTEXT, "order")
@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A parcel left; ``effect`` is the row that sent it."""

    order_id: str
    effect: str = ""


@command(CONTEXT, "order")
@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Pack an order."""

    order_id: str
    padding: str = ""


@command(CONTEXT, "order")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShipment:
    """What became of a parcel."""

    effect: str
    status: str
    attempts: int
    unknowns: int


def _pack(event: Ordered, meta: EventMeta) -> Sequence[Send | Effect]:
    if event.behave == "poison":
        raise RuntimeError("cannot be packed")
    if event.behave == "huge":
        return [Send(event.order_id, Pack(order_id=event.order_id, padding="x" * 1_000_000))]
    packs = 2 if event.behave == "twice" else 1
    return [Send(event.order_id, Pack(order_id=event.order_id)) for _ in range(packs)]


def _ship(event: Ordered, meta: EventMeta) -> Sequence[Send | Effect]:
    if not event.customer:
        return []
    return [Effect("parcel", event.customer, {"order": event.order_id, "fee": event.fee})]


def _order_row(event: Ordered, meta: EventMeta) -> Sequence[Row]:
    if event.behave == "unreadable":
        raise RuntimeError("cannot be shown")
    values = {
        "amount": event.amount,
        "currency": "CNY",
        "ordered_on": meta.business_date,
        "fee": event.fee,
        "lines": event.lines,
    }
    rows = [Row("orders", {"order_id": event.order_id}, values)]
    if event.customer:
        rows.append(Row("customers", {"customer": event.customer}, increments={"orders": 1, "total": event.amount}))
    return rows


def _shipped_row(event: Shipped, meta: EventMeta) -> Sequence[Row]:
    return [Row("orders", {"order_id": event.order_id}, {"status": "shipped"})]


def _settled_row(event: Settled, meta: EventMeta) -> Sequence[Row]:
    return [Row("orders", {"order_id": f"order-of-{event.loan_id}"}, {"loan_settled": True})]


REACTIONS = (Reaction("shipping.pack", Ordered, _pack), Reaction("shipping.ship", Ordered, _ship))
HANDLERS: Mapping[type[Any], Any] = {Ordered: _order_row, Shipped: _shipped_row, Settled: _settled_row}


def shipping_service(
    reactions: Sequence[Reaction] = REACTIONS,
    handlers: Mapping[type[Any], Any] = HANDLERS,
    effects: Mapping[str, EffectHandler] | None = None,
) -> Service:
    """The service; parts can be replaced."""
    return Service(
        name=CONTEXT,
        deciders=(),
        reactions=tuple(reactions),
        projection=Projection(Path(__file__).parent / "migrations", handlers),
        effects=lambda kit: effects or {},
        api=lambda kit: None,
    )


def definitions(partitions: int) -> list[TopicDefinition]:
    """Topics of the context and of servicing."""
    specs = topic_specs(partitions, (CONTEXT, "servicing"))
    return [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs]


class SteppedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = A_TIME) -> None:
        self.time = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self.time

    def advance(self, **by: float) -> datetime:
        """Move on, e.g. ``minutes=5``; the new time."""
        self.time += timedelta(**by)
        return self.time


@dataclass
class World:
    """A log on which events just happen: stands for the deciders of all contexts."""

    log: EventLog
    partitions: int
    clock: SteppedClock = field(default_factory=SteppedClock)
    sequences: dict[str, int] = field(default_factory=dict)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)

    async def happen(
        self, subject: str, *events: Any, hops: int = 0, day: date = A_DAY, ce_type: str = ""
    ) -> list[str]:
        """Append events of one aggregate; returns their ids. ``ce_type`` writes another type string."""
        records, made = zip(*[self.record(subject, each, hops, day, ce_type) for each in events], strict=True)
        await self.log.send(records)
        return list(made)

    def record(
        self, subject: str, event: Any, hops: int = 0, day: date = A_DAY, ce_type: str = ""
    ) -> tuple[NewRecord, str]:
        """The record of the aggregate's next event, and its id."""
        message = registry.by_class(type(event))
        partition = partition_of(subject, self.partitions)
        sequence = self.sequences[subject] = self.sequences.get(subject, 0) + 1
        place = (message.context, partition)
        partitionseq = self.positions[place] = self.positions.get(place, 0) + 1
        now = self.clock.now()
        meta = EventMeta(
            id=ids.derived("test-event", message.context, subject, sequence),
            type=ce_type or message.ce_type,
            context=message.context,
            subject=subject,
            sequence=sequence,
            partition=partition,
            partitionseq=partitionseq,
            time=now,
            business_date=day,
            correlation=ids.derived("correlation", subject),
            causation=ids.derived("command", message.context, subject, sequence),
            actor="user:t",
            hops=hops,
        )
        headers = event_headers(meta, "A" * 43)
        name = topic(message.context, Role.EVENTS)
        return NewRecord(name, partition, subject, meta.type, headers, codec.encode(event), now), meta.id

    async def day(self, day: date, context: str = "servicing", *, closed: bool = False) -> None:
        """Open a business day on every partition of a context; ``closed`` closes it as well."""
        for number in range(self.partitions):
            started = BUSINESS_DAY_STARTED[context](business_date=day, partition=number, calendar="every-day/1")
            await self.happen(partition_key(number), started, day=day)
            if closed:
                ended = BUSINESS_DAY_CLOSED[context](
                    business_date=day, partition=number, aggregates=3, events=5, held=0
                )
                await self.happen(partition_key(number), ended, day=day)

    async def all_of(self, role: Role, context: str = CONTEXT) -> list[Record]:
        """Every record of a topic, without identity records, in order of partition and offset."""
        places = {TopicPartition(topic(context, role), number): 0 for number in range(self.partitions)}
        records = await self.log.read(places, 1_000_000)
        return sorted((r for r in records if not is_identity(r)), key=lambda r: (r.partition, r.offset))

    async def commands(self, context: str = CONTEXT) -> list[tuple[str, Any]]:
        """Every command sent so far: its target and body."""
        return [
            (record.key, codec.decode(registry.by_type(record.type).cls, record.value))
            for record in await self.all_of(Role.COMMANDS, context)
        ]


async def drain(*hosts: Any) -> None:
    """Step hosts until none has work."""
    while any([await host.step() for host in hosts]):
        pass
