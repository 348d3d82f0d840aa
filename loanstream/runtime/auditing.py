"""Verify the stored streams: hash chains, gapless sequences, one decision a command. Reads only; re-serialises nothing.

What it vouches for and what not: a changed, lost, added or re-ordered event inside a stream is found and named, because the
chain of its aggregate or the sequence of its partition breaks. Somebody who can rewrite the whole log can also rehash it, or
cut off its end: that is found only against signed checkpoints kept outside, which are not part of this check yet. Outcomes are
not hashed: of them, numbers and who sent what events came of are checked, not the reason of a refusal.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from loanstream.eventlog.port import EventLog, Record, TopicPartition
from loanstream.runtime.messages import IDENTITY_TYPE, is_identity
from schemas import chain, envelope
from schemas.outcomes import Status, states_position
from schemas.topics import DEDUPE_WINDOW, Role, topic

_READ = 5_000


class _Outcome(msgspec.Struct):
    """Of an :class:`~schemas.outcomes.Outcome` what is verified here: the rest need not be made into objects."""

    command_id: str
    status: str
    position: int
    actor: str
    event_count: int = 0
    code: str = ""
    message: str = ""


_read_outcome = msgspec.json.Decoder(_Outcome).decode

Progress = Callable[[int], None]
"""Called with the number of records just verified."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, and where."""

    topic: str
    partition: int
    offset: int
    subject: str
    code: str
    """``broken-chain``, ``missing-event``, ``missing-sequence``, ``bad-envelope``, ``no-identity``, ``decided-twice``,
    ``event-without-outcome``, ``outcome-differs`` or ``position-goes-back``."""
    detail: str


@dataclass(frozen=True, slots=True)
class Stated:
    """An operator's word from where a decider goes on: no fault, but whoever audits must know of it."""

    topic: str
    partition: int
    offset: int
    position: int
    """Offset of the command that was decided next."""
    actor: str
    reason: str
    time: datetime


@dataclass(slots=True)
class Verification:
    """What was verified, and what was found."""

    events: int = 0
    outcomes: int = 0
    aggregates: int = 0
    partitions: int = 0
    findings: list[Finding] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


async def verify(log: EventLog, contexts: Iterable[str], progress: Progress = lambda _count: None) -> Verification:
    """Verify events and outcomes of every partition of the contexts."""
    verification = Verification()
    for context in contexts:
        for partition in range(await log.partitions(topic(context, Role.EVENTS))):
            await _verify_partition(log, context, partition, verification, progress)
            verification.partitions += 1
    return verification


async def _verify_partition(
    log: EventLog, context: str, partition: int, verification: Verification, progress: Progress
) -> None:
    decided = await _verify_outcomes(log, context, partition, verification, progress)
    where = TopicPartition(topic(context, Role.EVENTS), partition)
    heads: dict[str, tuple[int, bytes]] = {}
    expected = 1
    async for record in _records(log, where, verification, progress):
        verification.events += 1
        try:
            expected = _verify_event(record, heads, expected, verification)
            cause, actor = record.headers[envelope.CAUSATION], record.headers[envelope.ACTOR]
            if cause not in decided:
                _found(verification, record, "event-without-outcome", f"no outcome of command {cause}")
            elif decided[cause] != actor:
                detail = f"the outcome of command {cause} names {decided[cause]}, its event {actor}"
                _found(verification, record, "outcome-differs", detail)
        except (KeyError, ValueError) as error:
            _found(verification, record, "bad-envelope", f"{type(error).__name__}: {error}")
    verification.aggregates += len(heads)


def _verify_event(record: Record, heads: dict[str, tuple[int, bytes]], expected: int, into: Verification) -> int:
    """Check one event against the ones before it; answers the partition sequence that must come next."""
    headers = record.headers
    partitionseq = int(headers[envelope.PARTITION_SEQUENCE])
    if partitionseq != expected:
        _found(into, record, "missing-event", f"partitionseq {partitionseq} stands where {expected} must stand")
    subject = headers[envelope.SUBJECT]
    if record.key != subject:
        _found(into, record, "bad-envelope", f"the record's key {record.key} is not its subject {subject}")
    sequence, previous = heads.get(subject, (0, chain.GENESIS))
    found = int(headers[envelope.SEQUENCE])
    if found != sequence + 1:
        _found(into, record, "missing-sequence", f"sequence {found} follows {sequence}")
    digest = chain.link(previous, record.type, headers, record.value)
    stored = chain.chain_bytes(headers[envelope.CHAIN])
    if digest != stored:
        _found(into, record, "broken-chain", "the event, or the one before it, is not what was written")
    heads[subject] = (found, stored)
    return partitionseq + 1


async def _verify_outcomes(
    log: EventLog, context: str, partition: int, verification: Verification, progress: Progress
) -> dict[str, str]:
    """Check that positions grow and that no command was executed twice; answers who sent each command that was decided."""
    where = TopicPartition(topic(context, Role.OUTCOMES), partition)
    decided: dict[str, str] = {}
    executed: dict[str, datetime] = {}
    position = -1
    async for record in _records(log, where, verification, progress):
        verification.outcomes += 1
        outcome = _read_outcome(record.value)
        if states_position(outcome.status, outcome.code):
            position = outcome.position
            verification.stated.append(_stated(record, outcome))
            continue
        if outcome.position <= position:
            _found(verification, record, "position-goes-back", f"position {outcome.position} follows {position}")
        position = max(position, outcome.position)
        if outcome.status == Status.EXECUTED:
            before = executed.get(outcome.command_id)
            if before is not None and (outcome.event_count or record.time < before + DEDUPE_WINDOW):
                _found(verification, record, "decided-twice", f"command {outcome.command_id} was executed twice")
            executed[outcome.command_id] = record.time
        if outcome.status not in (Status.ALREADY_APPLIED, Status.EXPIRED):
            decided[outcome.command_id] = outcome.actor
    return decided


def _stated(record: Record, outcome: _Outcome) -> Stated:
    next_command = outcome.position + 1
    return Stated(
        record.topic, record.partition, record.offset, next_command, outcome.actor, outcome.message, record.time
    )


async def _records(
    log: EventLog, where: TopicPartition, verification: Verification, progress: Progress
) -> AsyncIterator[Record]:
    """Every record of a partition but its identity, which must come first."""
    position, first = await log.start(where), True
    end = (await log.ends((where,)))[where]
    while position < end:
        records = await log.read({where: position}, _READ)
        if not records:
            return
        for record in records:
            if first and record.type != IDENTITY_TYPE:
                _found(verification, record, "no-identity", "the partition does not start with its identity record")
            first = False
            if not is_identity(record):
                yield record
        position = records[-1].offset + 1
        progress(len(records))


def _found(verification: Verification, record: Record, code: str, detail: str) -> None:
    subject = record.headers.get(envelope.SUBJECT, record.key)
    verification.findings.append(Finding(record.topic, record.partition, record.offset, subject, code, detail))
