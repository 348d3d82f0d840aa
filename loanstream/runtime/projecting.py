"""The pure part of projectors: one record in, rows of read models out. What every service shows of its own topics is here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from loanstream.eventlog.port import Record
from loanstream.runtime.definitions import Row, Service
from loanstream.runtime.messages import is_identity
from loanstream.runtime.reacting import unversioned
from loanstream.runtime.upserts import RowBatch
from schemas import codec, envelope, registry, upcasting
from schemas.envelope import EventMeta, event_meta
from schemas.outcomes import DEADLETTER_TYPE, DeadLetter, Outcome, Status, decode_outcome
from schemas.platform import BUSINESS_DAY_CLOSED, BUSINESS_DAY_STARTED
from schemas.topics import Role, topic

Handler = Callable[[Any, EventMeta], Sequence[Row]]

INDEX_TABLE = "event_index"
INDEX_COLUMNS = (
    "partition",
    "partitionseq",
    "log_offset",
    "event_id",
    "type",
    "subject",
    "sequence",
    "business_date",
    "time",
    "actor",
    "causation",
    "correlation",
    "loan_id",
    "application_id",
)


class UnknownEvent(Exception):
    """An event that this release cannot read, where it must: the partition stops."""


class _About(msgspec.Struct):
    """What the index takes from the body of an event that nobody projects."""

    loan_id: str | None = None
    application_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """An event type, ready for use."""

    decode: Callable[[bytes], Any]
    handlers: tuple[Handler, ...]
    builtin: Handler | None
    loan: bool
    application: bool


class Projecting:
    """Rows of one service's read models from records of the topics in ``topics``."""

    def __init__(self, service: Service) -> None:
        self.service = service.name
        self.unknown = 0
        """Foreign events that are not in this release's contract; stepped over."""
        self._handlers: dict[str, list[Handler]] = {}
        for cls, handler in service.projection.handlers.items():
            self._handlers.setdefault(registry.by_class(cls).ce_type, []).append(handler)
        self._named = frozenset(map(unversioned, self._handlers))
        self._known: dict[str, _Known] = {}
        self._builtin: dict[type[Any], Handler] = {
            BUSINESS_DAY_STARTED[service.name]: _day_started,
            BUSINESS_DAY_CLOSED[service.name]: _day_closed,
        }
        contexts = sorted({registry.by_class(cls).context for cls in service.projection.handlers} - {service.name})
        self._sources: dict[str, Callable[[RowBatch, Record, bool], None]] = {
            topic(service.name, Role.EVENTS): self._own_event,
            topic(service.name, Role.OUTCOMES): _outcome,
            topic(service.name, Role.DEADLETTERS): _dead_letter,
            **{topic(context, Role.EVENTS): self._foreign_event for context in contexts},
        }
        self.topics = tuple(self._sources)

    def add(self, batch: RowBatch, record: Record, *, builtin_only: bool = False) -> None:
        """Add the rows of one record; ``builtin_only`` leaves the service's own projections out.

        Raises :class:`UnknownEvent`, and whatever decoding and the projections raise.
        """
        self._sources[record.topic](batch, record, builtin_only)

    def _own_event(self, batch: RowBatch, record: Record, builtin_only: bool) -> None:
        known = self._known.get(record.type)
        if known is None:
            if is_identity(record):
                return
            known = self._known[record.type] = self._of_type(record.type)
        meta = event_meta(record.type, record.partition, record.headers)
        event = known.decode(record.value)
        batch.append(
            INDEX_TABLE,
            INDEX_COLUMNS,
            (
                record.partition,
                meta.partitionseq,
                record.offset,
                meta.id,
                record.type,
                meta.subject,
                meta.sequence,
                meta.business_date,
                meta.time,
                meta.actor,
                meta.causation,
                meta.correlation,
                (event.loan_id or None) if known.loan else None,
                (event.application_id or None) if known.application else None,
            ),
        )
        if known.builtin is not None:
            batch.add(known.builtin(event, meta))
        if not builtin_only:
            for handler in known.handlers:
                batch.add(handler(event, meta))

    def _foreign_event(self, batch: RowBatch, record: Record, builtin_only: bool) -> None:
        handlers = self._handlers.get(upcasting.read_as(record.type))
        if handlers is None:
            self._pass_over(record)
        elif not builtin_only:
            known = self._known.get(record.type)
            if known is None:
                known = self._known[record.type] = self._of_type(record.type)
            event, meta = known.decode(record.value), event_meta(record.type, record.partition, record.headers)
            for handler in known.handlers:
                batch.add(handler(event, meta))

    def _pass_over(self, record: Record) -> None:
        if unversioned(record.type) in self._named:
            raise UnknownEvent(
                f"{record.type} is not the version that this release projects: run a release that reads it"
            )
        try:
            registry.by_type(record.type)
        except registry.UnknownType:
            self.unknown += not is_identity(record)

    def _of_type(self, ce_type: str) -> _Known:
        try:
            cls = upcasting.message_type(ce_type).cls
        except registry.UnknownType:
            raise UnknownEvent(
                f"{ce_type} is not in the contract of this release: run the release that wrote it, or a newer one"
            ) from None
        handlers, builtin = tuple(self._handlers.get(upcasting.read_as(ce_type), ())), self._builtin.get(cls)
        fields = cls.__dataclass_fields__
        # decoding a schedule of 360 rows to index one id would cost more than all the rest
        return _Known(
            decode=upcasting.decoder(ce_type) if handlers or builtin else _about.decode,
            handlers=handlers,
            builtin=builtin,
            loan="loan_id" in fields,
            application="application_id" in fields,
        )


_about = msgspec.json.Decoder(_About)


def _day_started(event: Any, meta: EventMeta) -> Sequence[Row]:
    key = {"business_date": event.business_date, "partition": event.partition}
    return [Row("business_days", key, {"calendar": event.calendar, "started_at": meta.time})]


def _day_closed(event: Any, meta: EventMeta) -> Sequence[Row]:
    key = {"business_date": event.business_date, "partition": event.partition}
    counts = {"aggregates": event.aggregates, "events": event.events, "held": event.held}
    return [Row("business_days", key, {"closed": True, "closed_at": meta.time, **counts})]


def _outcome(batch: RowBatch, record: Record, _builtin_only: bool) -> None:
    if is_identity(record):
        return
    outcome = decode_outcome(record.value)
    if not _kept(outcome):
        return
    values = {
        "partition": record.partition,
        "status": outcome.status,
        "target": outcome.target,
        "command_type": outcome.command_type,
        "actor": outcome.actor,
        "code": outcome.code,
        "error_id": outcome.error_id,
        "reaction": outcome.reaction,
        "time": record.time,
        "outcome": msgspec.Raw(record.value),
    }
    batch.add([Row("outcomes", {"command_id": outcome.command_id}, values)])


def _kept(outcome: Outcome) -> bool:
    """Whether somebody may ask for it. A repeat is not kept: it would hide what first became of the command."""
    if outcome.status == Status.ALREADY_APPLIED:
        return False
    if outcome.status != Status.EXECUTED or outcome.events or outcome.replay:
        return True
    # an executed request without an event carries none for whoever waits; reactions are waited for by nobody
    return not outcome.reaction and not outcome.event_count


def _dead_letter(batch: RowBatch, record: Record, _builtin_only: bool) -> None:
    if record.type != DEADLETTER_TYPE:
        return  # a reactor's, with the record as it came: what consumers parked stands in the store
    letter = codec.decode(DeadLetter, record.value)
    values = {
        "command_id": letter.headers.get(envelope.ID),
        "partition": letter.partition,
        "topic": letter.topic,
        "log_offset": letter.offset,
        "key": letter.key,
        "type": letter.type,
        "reason": letter.reason,
        "error": letter.error.replace("\x00", "�"),
        "count": letter.count,
        "headers": letter.headers,
        "value": letter.value.replace("\x00", "�"),
        "time": record.time,
    }
    batch.add([Row("dead_letters", {"error_id": letter.error_id}, values)])
