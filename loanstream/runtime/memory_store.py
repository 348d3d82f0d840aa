"""The host store in memory: for tests and for the deterministic simulation. No task, sleep or socket."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.definitions import EffectRow, EffectStatus
from loanstream.runtime.stores import (
    ASKED,
    FINISHED,
    Audit,
    Claim,
    ConsumerDeadLetter,
    HostStore,
    SnapshotManifest,
)

_Place = tuple[str, TopicPartition, int]


@dataclass(slots=True)
class _Key:
    command_id: str
    digest: str
    lease_until: datetime
    done: bool = False
    status: int = 0
    body: str = ""


class MemoryStore(HostStore):
    """All promises of the port within one process. ``save``d state is shared by reference: rows are never changed in place."""

    def __init__(self) -> None:
        self._positions: dict[str, dict[TopicPartition, int]] = {}
        self._effects: dict[str, EffectRow] = {}
        self._lanes: dict[tuple[str, str], list[str]] = {}
        self._keys: dict[tuple[str, str, str], _Key] = {}
        self._dead_letters: dict[_Place, ConsumerDeadLetter] = {}
        self._audits: dict[str, Audit] = {}
        self._snapshots: dict[tuple[str, int, str], tuple[SnapshotManifest, list[bytes]]] = {}

    async def positions(self, consumer: str) -> dict[TopicPartition, int]:
        """Next offset to read per partition."""
        return dict(self._positions.get(consumer, {}))

    async def advance(
        self,
        consumer: str,
        before: Mapping[TopicPartition, int],
        after: Mapping[TopicPartition, int],
        effects: Sequence[EffectRow],
        dead_letters: Sequence[ConsumerDeadLetter],
    ) -> bool:
        """Compare-and-set positions; insert effect rows and dead letters."""
        stored = self._positions.setdefault(consumer, {})
        if any(stored.get(place, 0) != position for place, position in before.items()):
            return False
        stored.update(after)
        for row in effects:
            self._insert(row)
        for letter in dead_letters:
            place = _place(letter)
            known = self._dead_letters.get(place)
            self._dead_letters[place] = replace(letter, created_at=known.created_at) if known else letter
        return True

    async def claim_effects(self, service: str, now: datetime, lease_until: datetime, limit: int) -> list[EffectRow]:
        """Take the earliest unfinished row of each recipient where it is due."""
        heads = (self._effects[ids[0]] for (owner, _), ids in self._lanes.items() if owner == service)
        due = [row for row in heads if row.due_at <= now and row.status is not EffectStatus.SUPPRESSED]
        claimed = [_claimed(row, lease_until) for row in sorted(due, key=lambda row: row.due_at)[:limit]]
        for row in claimed:
            self._effects[row.id] = replace(row, status=EffectStatus.SENDING)
        return claimed

    async def finish_effect(
        self, row: EffectRow, status: EffectStatus, due_at: datetime, detail: Mapping[str, Any]
    ) -> bool:
        """Store what came of a claimed row."""
        stored = self._effects[row.id]
        if stored.status is not EffectStatus.SENDING or stored.due_at != row.due_at:
            return False
        unknowns = stored.unknowns + (status is EffectStatus.UNKNOWN and row.status not in ASKED)
        self._effects[row.id] = replace(stored, status=status, due_at=due_at, detail=dict(detail), unknowns=unknowns)
        if status in FINISHED:
            self._leave_lane(row)
        return True

    async def restore_effects(self, rows: Sequence[EffectRow]) -> None:
        """Insert rows; untouched known ones take the status given."""
        for row in rows:
            known = self._effects.get(row.id)
            if known is None:
                self._insert(row)
            elif known.status is EffectStatus.PENDING and known.attempts == 0:
                self._effects[row.id] = replace(known, status=row.status)
                if row.status in FINISHED:
                    self._leave_lane(row)

    async def effects(self, service: str, status: EffectStatus | None = None, limit: int = 100) -> list[EffectRow]:
        """Rows of a service, newest first."""
        rows = [row for row in self._effects.values() if row.service == service and status in (None, row.status)]
        return rows[::-1][:limit]

    async def effects_empty(self, service: str) -> bool:
        """Whether there is no row."""
        return not any(row.service == service for row in self._effects.values())

    async def effect_counts(self, service: str) -> dict[EffectStatus, int]:
        """Rows by status."""
        return dict(Counter(row.status for row in self._effects.values() if row.service == service))

    async def effects_overdue(self, service: str, now: datetime) -> float:
        """See :class:`~loanstream.runtime.stores.HostStore`."""
        heads = (self._effects[ids[0]] for (owner, _), ids in self._lanes.items() if owner == service)
        waits = (now - row.due_at for row in heads if row.status is not EffectStatus.SUPPRESSED)
        return max((wait.total_seconds() for wait in waits if wait.total_seconds() > 0), default=0.0)

    async def effects_under_way(self, service: str, soon: datetime) -> int:
        """See :class:`~loanstream.runtime.stores.HostStore`."""
        heads: dict[str, EffectRow] = {}
        for row in self._effects.values():
            if row.service == service and row.status not in FINISHED:
                heads.setdefault(row.recipient, row)
        return sum(
            row.status in ASKED or (row.status is not EffectStatus.SUPPRESSED and row.due_at <= soon)
            for row in heads.values()
        )

    async def release_effects(self, service: str) -> int:
        """Suppressed rows become pending."""
        suppressed = [
            row for row in self._effects.values() if row.service == service and row.status is EffectStatus.SUPPRESSED
        ]
        for row in suppressed:
            self._effects[row.id] = replace(row, status=EffectStatus.PENDING)
        return len(suppressed)

    async def claim_key(
        self,
        principal: str,
        operation: str,
        key: str,
        command_id: str,
        digest: str,
        now: datetime,
        lease_until: datetime,
    ) -> Claim:
        """Use an idempotency key."""
        known = self._keys.get((principal, operation, key))
        if known is None:
            self._keys[principal, operation, key] = _Key(command_id, digest, lease_until)
            return Claim("new")
        if known.digest != digest:
            return Claim("mismatch")
        if known.done:
            return Claim("done", known.status, known.body)
        if known.lease_until > now:
            return Claim("in-flight")
        known.lease_until = lease_until
        return Claim("resumed")

    async def complete_key(self, principal: str, operation: str, key: str, status: int, body: str) -> None:
        """Store the answer of a finished request."""
        known = self._keys[principal, operation, key]
        known.done, known.status, known.body = True, status, body

    async def release_key(self, principal: str, operation: str, key: str) -> None:
        """Forget a claim; a finished one stays."""
        known = self._keys.get((principal, operation, key))
        if known is not None and not known.done:
            del self._keys[principal, operation, key]

    async def end_lease(self, principal: str, operation: str, key: str) -> None:
        """Let the same request resume the claim."""
        known = self._keys.get((principal, operation, key))
        if known is not None:
            known.lease_until = datetime.min.replace(tzinfo=UTC)

    async def parked_keys(self, consumer: str) -> set[tuple[str, str]]:
        """(topic, key) pairs with an open dead letter."""
        return {
            (letter.record.topic, letter.record.key)
            for letter in self._dead_letters.values()
            if letter.consumer == consumer and letter.status == "open"
        }

    async def dead_letters(self, consumer: str | None = None, limit: int = 100) -> list[ConsumerDeadLetter]:
        """Open ones first, newest first."""
        found = [letter for letter in self._dead_letters.values() if consumer in (None, letter.consumer)]
        newest = sorted(found, key=lambda letter: (letter.created_at, letter.record.offset), reverse=True)
        return sorted(newest, key=lambda letter: letter.status != "open")[:limit]

    async def open_dead_letters(self, consumer: str, topic: str, key: str) -> list[ConsumerDeadLetter]:
        """Open dead letters of a key in the order of the log."""
        found = [
            letter
            for letter in self._dead_letters.values()
            if (letter.consumer, letter.record.topic, letter.record.key, letter.status)
            == (consumer, topic, key, "open")
        ]
        return sorted(found, key=lambda letter: letter.record.offset)

    async def open_dead_letter_counts(self, consumer: str) -> dict[TopicPartition, int]:
        """Open dead letters by partition."""
        return dict(
            Counter(
                TopicPartition(letter.record.topic, letter.record.partition)
                for letter in self._dead_letters.values()
                if letter.consumer == consumer and letter.status == "open"
            )
        )

    async def settle_dead_letter(self, consumer: str, partition: TopicPartition, offset: int, status: str) -> None:
        """Mark a dead letter replayed or discarded."""
        place = (consumer, partition, offset)
        self._dead_letters[place] = replace(self._dead_letters[place], status=status)

    async def keep_audits(self, audits: Mapping[str, Audit]) -> None:
        """Keep how verifications ended, by service."""
        self._audits.update(audits)

    async def audits(self) -> dict[str, Audit]:
        """The last verification of each service."""
        return dict(self._audits)

    async def save_snapshot(self, manifest: SnapshotManifest, chunks: Sequence[bytes]) -> None:
        """Keep the newest of each state version."""
        place = (manifest.service, manifest.partition, manifest.state_version)
        known = self._snapshots.get(place)
        if known is None or _age(known[0]) <= _age(manifest):
            self._snapshots[place] = (manifest, list(chunks))

    async def load_snapshot(
        self, service: str, partition: int, state_version: str
    ) -> tuple[SnapshotManifest, list[bytes]] | None:
        """The newest one, if it is complete."""
        known = self._snapshots.get((service, partition, state_version))
        if known is None or len(known[1]) != known[0].chunks:
            return None
        return known[0], list(known[1])

    def _insert(self, row: EffectRow) -> None:
        if row.id in self._effects:
            return
        self._effects[row.id] = row
        if row.status not in FINISHED:
            self._lanes.setdefault((row.service, row.recipient), []).append(row.id)

    def _leave_lane(self, row: EffectRow) -> None:
        lane = self._lanes[row.service, row.recipient]
        lane.remove(row.id)
        if not lane:
            del self._lanes[row.service, row.recipient]


def _claimed(row: EffectRow, lease_until: datetime) -> EffectRow:
    return replace(
        row,
        due_at=lease_until,
        attempts=row.attempts + (row.status not in ASKED),
        unknowns=row.unknowns + (row.status is EffectStatus.SENDING),
    )


def _place(letter: ConsumerDeadLetter) -> _Place:
    record = letter.record
    return letter.consumer, TopicPartition(record.topic, record.partition), record.offset


def _age(manifest: SnapshotManifest) -> tuple[int, int]:
    return manifest.events_offset, manifest.outcomes_offset
