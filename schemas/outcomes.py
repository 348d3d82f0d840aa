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
    type: str
    subject: str
    sequence: int
    data: msgspec.Raw


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one command, with the position it was read from: the decider resumes after the last one."""

    command_id: str
    command_type: str
    target: str
    status: str
    position: int
    """Offset of the command in the commands topic."""
    actor: str
    cause: str
    time: str
    """When it was decided, UTC."""
    body: msgspec.Raw
    """The command's own JSON."""
    sequence: int = 0
    """Sequence of the aggregate after the decision."""
    event_count: int = 0
    code: str = ""
    message: str = ""
    rule: str = ""
    limit: str = ""
    source: str = ""
    error_id: str = ""
    """Names the log line and dead letter of a failure."""
    reaction: str = ""
    source_aggregate: str = ""
    source_sequence: int = 0
    source_n: int = 0
    correlation: str = ""
    replay: bool = False
    """Whether it is the outcome of an operator's replay, which takes the place of an earlier failure."""
    events: tuple[DecidedEvent, ...] = ()
    """Only for commands that asked for a reply."""


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
