"""Lag in events and in seconds from what a process knows anyway: where its hosts stand, and where the log ended when.

Nothing is read for it. A record that waits came after the last look at which the log had not yet reached it, so seconds are
right to one interval of looking; for what waited already when the process began they count from there.
"""

from collections.abc import Mapping
from itertools import pairwise

from loanstream.eventlog.port import TopicPartition

_MOST_LOOKS = 240
"""Ends remembered of a partition; above it every second one goes, and an old lag is told less exactly."""


class Ends:
    """Where partitions ended at the looks so far."""

    def __init__(self) -> None:
        self._looks: dict[TopicPartition, list[tuple[float, int]]] = {}

    def look(self, now: float, ends: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> None:
        """Note the ends seen at ``now`` (seconds); what lies below ``positions``, the lowest of any reader, is forgotten."""
        for place, end in ends.items():
            looks = self._looks.setdefault(place, [])
            if not looks or looks[-1][1] != end:
                looks.append((now, end))
            lowest = positions.get(place, end)
            passed = sum(end <= lowest for _, end in looks)
            # the last look that is passed stays: the next record came after it
            del looks[: max(0, passed - 1)]
            if len(looks) > _MOST_LOOKS:
                del looks[2:-1:2]
        for place in self._looks.keys() - ends.keys():
            del self._looks[place]

    def events(self, place: TopicPartition, position: int) -> int:
        """Records at or after a position at the last look."""
        looks = self._looks.get(place)
        return max(0, looks[-1][1] - position) if looks else 0

    def seconds(self, place: TopicPartition, position: int, now: float) -> float:
        """For how long the record at a position has waited; 0 when none does."""
        looks = self._looks.get(place, [])
        if not looks or looks[-1][1] <= position:
            return 0.0
        first = looks[0][0]
        since = next((later for (_, end), (later, after) in pairwise(looks) if end <= position < after), first)
        return max(0.0, now - since)
