"""What goes wrong in a history: lost connections around a commit, crashes between steps, zombies, repeats, jumps of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from loanstream.eventlog.port import NewRecord, OutcomeUnknown


class Crash(BaseException):
    """The process died here. A ``BaseException``, so that nothing in a host can survive it by catching errors."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Probabilities: of a fault inside one commit or send, and of each kind of trouble before one step."""

    commit: float = 0.01
    restart: float = 0.01
    zombie: float = 0.01
    repeat: float = 0.02
    """That a command record stands twice in its topic, as an at-least-once sender leaves it."""
    snapshot: float = 0.01
    pause: float = 0.02
    """That time jumps by up to two minutes."""
    provider: float = 0.15
    """That a provider answers with a transient failure, or not at all after doing its work."""


NO_FAULTS = FaultRates(0, 0, 0, 0, 0, 0, 0)


class CommitFaults:
    """Breaks a commit before or after it was applied: the writer cannot know which."""

    def __init__(self, random: Random, rate: float) -> None:
        self.random = random
        self.rate = rate

    def __call__(
        self, _what: Literal["commit", "send"], _when: Literal["before", "after"], _records: Sequence[NewRecord]
    ) -> None:
        """Called by the log inside each append."""
        if self.random.random() < self.rate:
            if self.random.random() < 0.5:
                raise Crash
            raise OutcomeUnknown("the connection broke inside the commit")
