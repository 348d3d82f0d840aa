"""Chance that depends on seed, row and topic alone: never on the order of questions, the clock or the process."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws for one row of the data under one seed."""

    seed: int
    row: int

    def below(self, limit: int, *topic: str | int) -> int:
        """A whole number from 0 up to, not including, ``limit``; the same topic always draws the same."""
        text = "\x1f".join(map(str, (self.seed, self.row, *topic)))
        return int.from_bytes(sha256(text.encode()).digest()[:8], "big") % limit

    def between(self, low: int, high: int, *topic: str | int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1, *topic)

    def happens(self, per_mille: int, *topic: str | int) -> bool:
        """Whether something happens that happens to this many of a thousand."""
        return self.below(PER_MILLE, *topic) < per_mille

    def pick(self, options: Sequence[T], *topic: str | int) -> T:
        """One of the options."""
        return options[self.below(len(options), *topic)]
