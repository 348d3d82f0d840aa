"""What hosts tell about themselves without knowing who counts: numbers that anybody may read, and one function to call.

Nothing here has a library or costs a thing while nobody looks; :mod:`loanstream.runtime.metrics` shows it to Prometheus.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(slots=True)
class Rebuild:
    """How far a decider host has read its own log since it was opened last, in records of events and outcomes."""

    total: int = 0
    """Records to read; on Kafka with the markers of transactions, which are passed over."""
    done: int = 0
    running: bool = False
    _begun: float = 0.0
    _took: float = 0.0

    def begin(self, total: int) -> None:
        """A rebuild of so many records starts."""
        self.total, self.done, self.running, self._begun = total, 0, True, time.monotonic()

    def end(self) -> None:
        """It has come to its end, or was broken off."""
        self.running = False
        self._took = time.monotonic() - self._begun

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return time.monotonic() - self._begun if self.running else self._took

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        """For people."""
        return f"{self.done:,} of {self.total:,} records read" if self.running else ""


def _to_nobody(_commands: int, _seconds: float) -> None:
    """Nobody measures."""


@dataclass(slots=True)
class DeciderMeasures:
    """What one decider host tells."""

    committed: Callable[[int, float], None] = _to_nobody
    """Called after each commit with the commands of the batch and the seconds of the commit."""
    rebuild: Rebuild = field(default_factory=Rebuild)
    dead_letters: Counter[str] = field(default_factory=Counter)
    """Commands that could not be decided, by reason."""
    snapshots: Counter[str] = field(default_factory=Counter)
    """Snapshots by what became of them: ``written`` or ``failed``."""


@runtime_checkable
class Counting(Protocol):
    """A router or reactor: counts the records that it read by what became of them."""

    name: str
    counts: Counter[str]
    """``reacted``, ``other``, ``unknown``, and dead letters by reason."""


def labels_of(host: str) -> dict[str, str]:
    """Service, role and partition in a host's name, as far as it has them: ``servicing.decider.3``, ``scheduler``."""
    parts = host.split(".")
    return dict(zip(("service", "role", "partition"), parts, strict=False)) if len(parts) > 1 else {"role": host}
