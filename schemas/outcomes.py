"""Outcomes: what became of every command. They never expire: they are the audit of commands and refusals."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

OUTCOME_TYPE_PREFIX = "loanstream.outcome."
"""Record type of an outcome: this prefix and the status."""

POSITION_STATED = "position-stated"
"""Code of an outcome by which an operator, not a decider, says from where to go on; see :func:`states_position`."""

DEADLETTER_TYPE = "loanstream.deadletter.v1"
"""Record type of a dead letter written by a decider."""


class Status(StrEnum):
    """What became of a command."""

    EXECUTED = "executed"
    ALREADY_APPLIED = "already-applied"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class DecidedEvent(msgspec.Struct, frozen=True):
    """An event inside an outcome that somebody waits for."""

    id: str
    """``ce_id`` of the event."""
    type: str
    """Type string of the event."""
    subject: str
    """Id of the aggregate that decided."""
    sequence: int
    """Number of the event in its aggregate, from 1."""
    data: msgspec.Raw
    """The event's value, by the schema of its type."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one command, with the position it was read from: the decider resumes after the last one.

    Fields that hold their default are left out.
    """

    command_id: str
    """Id of the command that was answered."""
    command_type: str
    """Type string of the command; empty where a stated position names none."""
    target: str
    """Id of the aggregate that decided, the record's key; ``partition-<n>`` for what a partition does."""
    status: str
    """What became of it; the record's type says the same."""
    position: int
    """Offset of the command in the commands topic; a stated position: of the last that counts as dealt with, -1 for none."""
    actor: str
    """Who asked: ``user:<name>``, ``service:<name>`` or ``system``."""
    cause: str
    """Id of the event or request that made the command; empty where none did."""
    time: str
    """When it was decided, UTC."""
    body: msgspec.Raw
    """The command's own JSON, by the schema of its type when it was executed; ``null`` where its bytes were no JSON."""
    sequence: int = 0
    """Sequence of the aggregate after the decision; 0 while it has no event."""
    event_count: int = 0
    """How many events of the target were decided."""
    code: str = ""
    """Why it was refused, a stable code; or ``position-stated``."""
    message: str = ""
    """The refusal in words, or the operator's reason."""
    rule: str = ""
    """The rule that was applied, where one has a name."""
    limit: str = ""
    """The limit that was met, as text with its unit or currency, where there is one."""
    source: str = ""
    """Where the rule comes from: a law, a contract, a product version."""
    error_id: str = ""
    """Names the log line and dead letter of a failure."""
    reaction: str = ""
    """Name of the reaction that sent the command; empty for a request or a day."""
    source_aggregate: str = ""
    """Id of the aggregate whose event was reacted to."""
    source_sequence: int = 0
    """Sequence of that event in its aggregate."""
    source_n: int = 0
    """Which of the reaction's commands it is, from 0."""
    correlation: str = ""
    """One value for everything that follows from one request."""
    replay: bool = False
    """Whether it is the outcome of an operator's replay, which takes the place of an earlier failure."""
    events: tuple[DecidedEvent, ...] = ()
    """The events that were decided; only for commands that asked for a reply."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Outcome)


def encode_outcome(outcome: Outcome) -> bytes:
    """JSON bytes of an outcome; defaults are left out."""
    return _encoder.encode(outcome)


def decode_outcome(value: bytes) -> Outcome:
    """An outcome from its topic."""
    return _decoder.decode(value)


def states_position(status: str, code: str) -> bool:
    """Whether an outcome decides nothing but states the position: all commands up to its own count as dealt with.

    A decider gives an ``already-applied`` outcome no code, so no refusal of a domain can be taken for one.
    """
    return status == Status.ALREADY_APPLIED and code == POSITION_STATED


def outcome_type(status: Status) -> str:
    """``loanstream.outcome.executed.v1`` and so on."""
    return f"{OUTCOME_TYPE_PREFIX}{status.value}.v1"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A command that a decider could not decide: the original record, its position and the error."""

    error_id: str
    topic: str
    partition: int
    offset: int
    key: str
    type: str
    headers: dict[str, str]
    value: str
    """The record's bytes as text (latin-1 where they are not UTF-8, so that nothing is lost)."""
    reason: str
    """``poison``, ``parked``, ``on-hold`` or ``hops``."""
    error: str
    count: int = 1


def outcome_view(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain JSON data, for answers and pages."""
    return dict(msgspec.json.decode(encode_outcome(outcome)))
