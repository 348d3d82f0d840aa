"""Time that moves only when the simulation says so."""

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


class VirtualClock:
    """A clock that never goes back and never stands still between two decisions."""

    def __init__(self, beginning: datetime = BEGINNING) -> None:
        self._now = beginning

    def now(self) -> datetime:
        """The virtual instant."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now += timedelta(seconds=seconds)

    def advance_to(self, instant: datetime) -> None:
        """Move on to ``instant``; nothing happens when it is past."""
        self._now = max(self._now, instant)
