"""Commands, events and outcomes as records of the log, and back."""

from datetime import datetime

from loanstream.eventlog.partitioning import partition_of
from loanstream.eventlog.port import NewRecord, Record
from schemas import codec, registry, upcasting
from schemas.envelope import CommandMeta, EventMeta, command_headers, command_meta, event_meta
from schemas.topics import Role, topic

MAX_RECORD_BYTES = 900_000
"""Largest value of a record: below the brokers' default limit of a batch, checked before sending."""


def command_record(meta: CommandMeta, command: object, partitions: int) -> NewRecord:
    """A command for the context that its class is registered in, on the partition of its target."""
    message = registry.by_class(type(command))
    return NewRecord(
        topic=topic(message.context, Role.COMMANDS),
        partition=partition_of(meta.target, partitions),
        key=meta.target,
        type=message.ce_type,
        headers=command_headers(meta),
        value=codec.encode(command),
        time=meta.time,
    )


def command_type(command: object) -> str:
    """The public type string of a command or event object."""
    return registry.by_class(type(command)).ce_type


def read_command_meta(record: Record) -> CommandMeta:
    """Envelope of a command record. Raises ``KeyError``, ``ValueError`` when it is malformed."""
    return command_meta(record.type, record.key, record.headers)


def read_event(record: Record) -> tuple[object, EventMeta]:
    """An event of our own contract and its envelope. Raises on an unknown type or malformed record."""
    meta = event_meta(record.type, record.partition, record.headers)
    return upcasting.decode(record.type, record.value), meta


def is_identity(record: Record) -> bool:
    """Whether a record is the identity record that opens a partition of events or outcomes."""
    return record.type == IDENTITY_TYPE


IDENTITY_TYPE = "loanstream.topic.identity.v1"
"""Record type of the first record of each partition of events and outcomes."""


def record_as_new(record: Record, time: datetime, extra_headers: dict[str, str]) -> NewRecord:
    """The same record to be sent again, e.g. a dead letter's replay."""
    return NewRecord(
        topic=record.topic,
        partition=record.partition,
        key=record.key,
        type=record.type,
        headers={**record.headers, **extra_headers},
        value=record.value,
        time=time,
    )
