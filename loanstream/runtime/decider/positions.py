"""An operator's word from where a decider goes on, where its log no longer tells: after a restore, or when commands are gone.

It is an outcome like the others, written behind the partition's fence, so every decider that comes reads it in its turn. It
decides nothing: a command that was decided before is a repeat wherever the decider goes on.
"""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from loanstream.eventlog.port import EventLog, NewRecord, TopicPartition
from loanstream.runtime.decider.deciding import command_id_of
from loanstream.runtime.last_records import told_position
from loanstream.runtime.messages import command_record
from schemas import codec, envelope, ids, registry
from schemas.envelope import CommandMeta, instant_text
from schemas.outcomes import POSITION_STATED, Outcome, Status, encode_outcome, outcome_type
from schemas.platform import BUSINESS_DAY_CLOSED, BUSINESS_DAY_STARTED, CONTINUE_BUSINESS_DAY
from schemas.topics import Role, partition_key, topic

_READ = 5_000


class PositionRefused(ValueError):
    """The position that was to be stated does not fit the commands topic; the text says what would."""


@dataclass(frozen=True, slots=True)
class Change:
    """What stating a position changes."""

    commands: TopicPartition
    start: int
    """Offset of the first command that is kept."""
    end: int
    before: int | None
    """Where the decider stands now; ``None`` where no outcome tells."""
    at: int
    """Where it is to go on."""
    command: tuple[str, str] | None
    """Id and type of the command before that, by which the position is checked; ``None`` where none is kept there."""


async def planned(log: EventLog, service: str, partition: int, at: int) -> Change:
    """What stating the position would change. Raises :class:`PositionRefused`."""
    commands = TopicPartition(topic(service, Role.COMMANDS), partition)
    start, end = await log.start(commands), (await log.ends((commands,)))[commands]
    if not start <= at <= end:
        raise PositionRefused(
            f"{commands.topic} partition {partition} holds offsets {start} to {end}, no decider can go on at {at}: give one of"
            f" these with --at, {start} for every command that is kept, {end} for those to come; nothing was written"
        )
    before = await told_position(log, service, partition)
    found = await log.read({commands: at - 1}, 1) if at > start else []
    named = (command_id_of(found[0]), found[0].type) if found and found[0].offset == at - 1 else None
    return Change(commands, start, end, before, at, named)


async def state_position(
    log: EventLog, service: str, partition: int, at: int, *, actor: str, reason: str, now: datetime
) -> Change:
    """Fence the partition's decider and write that the next one goes on at ``at``. Raises :class:`PositionRefused`.

    A decider at work is fenced by it: it opens anew and goes on there as well. An open business day is sent its next chunk anew:
    the one that was to come may be among what is gone, and no day would ever follow on this one.
    """
    writer = await log.writer(service, partition)
    try:
        change = await planned(log, service, partition, at)
        records = [_record(change, service, actor, reason, now)]
        day = await _open_day(log, service, partition)
        if day is not None:
            records.append(_next_chunk(change, service, day, actor, now))
        await writer.commit(records)
    finally:
        await writer.close()
    return change


def _record(change: Change, service: str, actor: str, reason: str, now: datetime) -> NewRecord:
    partition, time = change.commands.partition, instant_text(now)
    own_id = ids.derived("position", *change.commands, change.at, time)
    command_id, command_type = change.command or (own_id, "")
    outcome = Outcome(
        command_id=command_id,
        command_type=command_type,
        target=partition_key(partition),
        status=Status.ALREADY_APPLIED.value,
        position=change.at - 1,
        actor=actor,
        cause="",
        time=time,
        body=msgspec.Raw(b"null"),
        code=POSITION_STATED,
        message=reason,
    )
    # under an id of its own: whoever waits for the command named must not take this for its answer
    return NewRecord(
        topic(service, Role.OUTCOMES),
        partition,
        outcome.target,
        outcome_type(Status.ALREADY_APPLIED),
        {envelope.ID: own_id},
        encode_outcome(outcome),
        now,
    )


async def _open_day(log: EventLog, service: str, partition: int) -> date | None:
    """The business day that is open; its last event may stand anywhere, so all are looked at."""
    events = TopicPartition(topic(service, Role.EVENTS), partition)
    started = registry.by_class(BUSINESS_DAY_STARTED[service]).ce_type
    closed = registry.by_class(BUSINESS_DAY_CLOSED[service]).ce_type
    last, position, end = None, 0, (await log.ends((events,)))[events]
    while position < end and (records := await log.read({events: position}, _READ)):
        last = next((record for record in reversed(records) if record.type in (started, closed)), last)
        position = records[-1].offset + 1
    if last is None or last.type == closed:
        return None
    day: date = codec.decode(BUSINESS_DAY_STARTED[service], last.value).business_date
    return day


def _next_chunk(change: Change, service: str, day: date, actor: str, now: datetime) -> NewRecord:
    """The command that goes on with the day. What the day counted before is not known: its counts begin anew."""
    command_id = ids.derived("position-day", *change.commands, change.at, instant_text(now))
    target = partition_key(change.commands.partition)
    meta = CommandMeta(command_id, "", target, now, actor=actor, correlation=command_id)
    # the lap is part of the ids of the chunks that follow: one that the day never had, or they would be taken for repeats
    lap = int(now.timestamp())
    command = CONTINUE_BUSINESS_DAY[service](business_date=day, cursor="", lap=lap)
    return command_record(meta, command, 1)
