"""The dedupe window: ids of commands decided lately, packed beside the state of their aggregate.

36 raw uuids in a set cost 4 KB an aggregate; packed bytes cost 0.6 KB. The order of expiry stands once per partition, in
a queue by the minute, so that an entry costs a reference there.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from schemas.decision import Refusal
from schemas.topics import DEDUPE_WINDOW

_ID = 16


class Holder(Protocol):
    """What keeps the packed ids: an aggregate."""

    decided: bytes


class Window:
    """Which command ids were decided within the window, and what was refused."""

    def __init__(self, length: timedelta = DEDUPE_WINDOW) -> None:
        self.length = length
        self.refusals: dict[bytes, Refusal] = {}
        self._order: deque[tuple[int, list[str]]] = deque()

    def remember(self, target: str, holder: Holder, command_id: bytes, time: datetime, refusal: Refusal | None) -> None:
        """Keep an id; its refusal follows the newest answer.

        A known one that was refused or failed again is left where it is; one that is executed only now, by a replay or
        after it had left the window, is kept for a whole window from now on.
        """
        if refusal is not None:
            self.refusals[command_id] = refusal
        else:
            self.refusals.pop(command_id, None)
        if refusal is None or not self.known(holder, command_id):
            holder.decided += command_id
            self._queue(_minute(time), target)

    def known(self, holder: Holder, command_id: bytes) -> bool:
        """Whether the id was decided within the window."""
        decided = holder.decided
        at = decided.find(command_id)
        while at > 0 and at % _ID:
            at = decided.find(command_id, at + 1)
        return at >= 0

    def expired(self, time: datetime, now: datetime) -> bool:
        """Whether a command of this time is older than the window."""
        return time < now - self.length

    def expire(self, holders: Mapping[str, Holder], now: datetime) -> list[str]:
        """Drop the oldest ids that left the window; returns the targets that lost one."""
        horizon = _minute(now - self.length)
        touched = []
        while self._order and self._order[0][0] < horizon:
            for target in self._order.popleft()[1]:
                holder = holders[target]
                left = holder.decided[:_ID]
                holder.decided = holder.decided[_ID:]
                if left in self.refusals and not self.known(holder, left):
                    del self.refusals[left]
                touched.append(target)
        return touched

    def entries(self) -> list[tuple[int, list[str]]]:
        """The queue of expiry (minute of the epoch, targets in order), for a snapshot."""
        return [(minute, list(targets)) for minute, targets in self._order]

    def restore(self, entries: Iterable[tuple[int, list[str]]], refusals: Mapping[bytes, Refusal]) -> None:
        """Take a snapshot's queue and refusals back."""
        self._order = deque(entries)
        self.refusals = dict(refusals)

    def _queue(self, minute: int, target: str) -> None:
        if self._order and self._order[-1][0] >= minute:
            self._order[-1][1].append(target)
        else:
            self._order.append((minute, [target]))


def _minute(time: datetime) -> int:
    return int(time.timestamp()) // 60
