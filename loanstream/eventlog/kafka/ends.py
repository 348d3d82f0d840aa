"""Where the last committed record of a partition stands.

Kafka tells the last stable offset, and that lies behind the markers with which transactions end. What was read tells where the
records end; what nobody here has read is looked up from the back.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.fetching import Fetched, OutOfRange, fetch_now
from loanstream.eventlog.port import TopicPartition

_NEAR = 2
"""A transaction of one batch ends with its last record and one marker."""
_FARTHER = 16
_GROUP = "ends"


class _Known(NamedTuple):
    end: int
    """The offset after the last record below ``upto``."""
    upto: int


class Ends:
    """Ends of partitions, remembered from what was read and written in this process."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: dict[TopicPartition, _Known] = {}

    async def of(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Per partition the offset after its last committed record; its start when it holds none."""
        stable = await self._cluster.stable_ends(places)
        # what others learn or look up meanwhile may be older than this
        found = {place: self._known[place].end for place, end in stable.items() if self._covers(place, end)}
        unknown = {place: end for place, end in stable.items() if place not in found}
        return found | await self._look_back(unknown)

    def learn(self, place: TopicPartition, position: int, found: Fetched) -> None:
        """What a fetch from ``position`` found."""
        known = self._known.get(place)
        if found.records:
            if known is None or found.reached > known.upto:
                self._known[place] = _Known(found.records[-1].offset + 1, found.reached)
        elif known is not None and position <= known.upto < found.reached:
            self._known[place] = _Known(known.end, found.reached)

    def appended(self, ends: Mapping[TopicPartition, int]) -> None:
        """What an own commit wrote."""
        for place, end in ends.items():
            known = self._known.get(place)
            if known is None or end > known.upto:
                self._known[place] = _Known(end, end)

    def _covers(self, place: TopicPartition, stable: int) -> bool:
        known = self._known.get(place)
        # a partition that ends before what is known of it is another one by now
        return known is not None and known.upto >= stable >= known.end

    async def _look_back(self, stable: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The ends below stable offsets, from the back."""
        if not stable:
            return {}
        starts, left = await self._cluster.starts(stable), dict(stable)
        found: dict[TopicPartition, int] = {}
        back = _NEAR
        while left:
            first = {place: max(starts[place], end - back) for place, end in left.items()}
            last = await self._last(first, left)
            for place, end in list(left.items()):
                if place in last or first[place] == starts[place]:
                    found[place] = last.get(place, starts[place] - 1) + 1
                    self._looked_up(place, _Known(found[place], end))
                    del left[place]
            back *= _FARTHER
        return found

    def _looked_up(self, place: TopicPartition, seen: _Known) -> None:
        known = self._known.get(place)
        # one that ends beyond what stands there now was of another topic of this name
        if known is None or known.upto < seen.upto or known.end > seen.upto:
            self._known[place] = seen

    async def _last(
        self, first: Mapping[TopicPartition, int], until: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Offset of the last record between two offsets of each partition; partitions that have none are missing."""
        last: dict[TopicPartition, int] = {}
        left = {place: position for place, position in first.items() if position < until[place]}
        while left:
            for place, found in (await fetch_now(self._cluster, left, _GROUP)).items():
                if isinstance(found, OutOfRange):
                    left.pop(place)
                    continue
                if found.records:
                    last[place] = found.records[-1].offset
                left[place] = found.reached
                if found.reached >= until[place]:
                    left.pop(place)
        return last
