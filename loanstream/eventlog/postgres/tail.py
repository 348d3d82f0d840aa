"""The newest records that this process committed itself: its own hosts need not ask the database for them.

In an installation of one process nearly every read is of what a host beside the reader committed a moment ago. Only records
of a commit that the server has confirmed get here, with the offsets that it gave, so a reader sees what it would have read.
A partition's run has no gap: when another process appended in between, it begins anew.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loanstream.eventlog.port import NewRecord, Record, TopicPartition
from loanstream.eventlog.shares import fair_shares

MOST_BYTES = 16 * 2**20
"""Bytes of values and headers, roughly, that are kept at most, over all partitions; the oldest go first."""

_OVERHEAD = 1_500
"""Bytes that a record costs beside its value: headers, ids, the objects themselves."""
_COMPACT = 512


@dataclass(slots=True, eq=False)
class _Run:
    """Records of one partition with consecutive offsets. Those before ``first`` are gone."""

    start: int
    records: list[Record] = field(default_factory=list)
    first: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.records)

    def drop_oldest(self) -> int:
        """Forget one record; answers what it cost."""
        cost = _cost(self.records[self.first])
        self.first += 1
        if self.first >= _COMPACT or 2 * self.first >= len(self.records):
            del self.records[: self.first]
            self.start += self.first
            self.first = 0
        return cost


class Tail:
    """What was committed lately, by partition."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._runs: dict[TopicPartition, _Run] = {}
        self._order: deque[_Run] = deque()
        """A run for each record kept, oldest first."""

    def add(self, place: TopicPartition, base: int, records: Sequence[NewRecord]) -> None:
        """Keep records that were committed from offset ``base`` on."""
        run = self._runs.get(place)
        if run is None or run.end != base:
            run = self._runs[place] = _Run(base)
        for offset, new in enumerate(records, base):
            record = Record(new.topic, new.partition, offset, new.key, new.type, new.headers, new.value, new.time)
            run.records.append(record)
            self._order.append(run)
            self._bytes += _cost(record)
        while self._bytes > self._most:
            self._bytes -= self._order.popleft().drop_oldest()

    def forget(self, place: TopicPartition) -> None:
        """Serve nothing of this partition any more until the next commit; what it holds ages out."""
        self._runs.pop(place, None)

    def read(
        self, items: Sequence[tuple[TopicPartition, int]], limit: int, reached: Mapping[TopicPartition, int]
    ) -> list[Record]:
        """Records from the positions on, as one read of the database would give them; none where it must be asked.

        It must be asked when any of the partitions reaches further than what is kept here, as far as is known.
        """
        available, starts = [], []
        for place, position in items:
            run = self._runs.get(place)
            if run is not None and run.start + run.first <= position < run.end:
                starts.append((run, position - run.start))
                available.append(run.end - position)
            elif reached.get(place, position + 1) > position:
                return []
        if not starts:
            return []
        found: list[Record] = []
        for (run, index), share in zip(starts, fair_shares(available, limit), strict=True):
            found += run.records[index : index + share]
        return found


def _cost(record: Record) -> int:
    return len(record.value) + _OVERHEAD
