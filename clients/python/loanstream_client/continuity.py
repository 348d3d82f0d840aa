"""Whether events follow one another: repeats are dropped, gaps are errors.

Every event has a number in its partition and one in its aggregate, both from 1 and without a gap.
"""

from collections.abc import Iterable, Iterator, Mapping

from loanstream_client.envelope import Event, Place, Position


class Gap(Exception):
    """An event is missing before this one. Never go on: find out what was lost, and where."""


class Remade(Gap):
    """A record that stands behind what was read has a number that was read before: this is another log under the same name."""


class Continuity:
    """Follows partitions from known positions on.

    ``check_aggregates`` also counts the events of each aggregate, which keeps a number for each in memory (about 200 bytes);
    the partition's own numbers find every lost record without it.
    """

    def __init__(self, positions: Mapping[Place, Position] | None = None, *, check_aggregates: bool = True) -> None:
        self._last = {place: position.partitionseq for place, position in (positions or {}).items()}
        self._read = {place: position.offset for place, position in (positions or {}).items()}
        """Below it everything was read."""
        self._from_the_first = {place for place, last in self._last.items() if last == 0}
        self._check_aggregates = check_aggregates
        self._aggregates: dict[tuple[str, str], int] = {}
        self.repeats = 0
        """How many events came again and were dropped."""

    def is_new(self, event: Event) -> bool:
        """Whether the event is the next one; false for one that was seen before. Raises :class:`Gap` and :class:`Remade`."""
        last, offset = self._last.get(event.place), event.record.offset
        if last is not None and event.partitionseq <= last:
            if offset >= self._read.get(event.place, 0):
                raise Remade(
                    f"{_where(event)}: event {event.partitionseq} of the partition came after {last}. {_REMADE}"
                )
            self.repeats += 1
            return False
        if last is not None and event.partitionseq != last + 1:
            raise Gap(f"{_where(event)}: event {event.partitionseq} of the partition came after {last}")
        if self._check_aggregates:
            self._follow_aggregate(event)
        self._last[event.place] = event.partitionseq
        self._read[event.place] = max(offset + 1, self._read.get(event.place, 0))
        return True

    def new(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events without repeats. Raises :class:`Gap`."""
        return (event for event in events if self.is_new(event))

    def _follow_aggregate(self, event: Event) -> None:
        aggregate = (event.record.topic, event.subject)
        known = self._aggregates.get(aggregate, 0 if event.place in self._from_the_first else None)
        if known is not None and event.sequence != known + 1:
            raise Gap(f"{_where(event)}: event {event.sequence} of {event.subject} came after {known}")
        self._aggregates[aggregate] = event.sequence


_REMADE = (
    "The topic was remade or restored: ask who runs it. To read everything anew, remove the stored positions and what was made"
    " from them."
)


def _where(event: Event) -> str:
    return f"{event.record.topic} partition {event.record.partition} offset {event.record.offset}"
