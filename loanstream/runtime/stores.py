"""What hosts keep besides the log, behind one port: positions, effects, idempotency, dead letters of consumers, snapshots.

None of it is a read model: ``rebuild`` never drops it. Adapters: memory and PostgreSQL, one contract suite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from loanstream.eventlog.port import Record, TopicPartition
from loanstream.runtime.definitions import EffectRow, EffectStatus

FINISHED = frozenset({EffectStatus.SUCCEEDED, EffectStatus.FAILED})
"""States of an effect after which nothing more happens."""

ASKED = frozenset({EffectStatus.SENDING, EffectStatus.UNKNOWN})
"""States of a claimed effect that is resolved by asking the provider: it may have been performed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Answer to an attempt to use an idempotency key."""

    state: str
    """``new`` (go on), ``mismatch`` (same key, other body), ``in-flight``, ``done``, or ``resumed`` (an earlier attempt died)."""
    response_status: int = 0
    response_body: str = ""


@dataclass(frozen=True, slots=True)
class ConsumerDeadLetter:
    """A record that one consumer (router or reactor) parked: replayed to it alone, from its own table."""

    consumer: str
    record: Record
    reason: str
    """``poison``, ``unknown-type``, ``hops``, ``exhausted`` (its tries failed while everything else worked), or ``parked`` (behind
    an earlier dead letter of the same key)."""
    error: str
    count: int
    status: str
    """``open``, ``replayed`` or ``discarded``."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Audit:
    """How the last verification of a service's streams ended."""

    ended_at: datetime
    findings: int
    """What did not fit; 0 when the streams are intact."""


@dataclass(frozen=True, slots=True)
class SnapshotManifest:
    """Closes a snapshot: a whole partition at one committed position, in ``chunks`` parts."""

    service: str
    partition: int
    state_version: str
    events_offset: int
    """Next offset of the events topic to fold."""
    outcomes_offset: int
    """Next offset of the outcomes topic to fold."""
    chunks: int
    digest: str
    """SHA-256 over the chunks in order."""


class HostStore(Protocol):
    """Positions, effects, idempotency, dead letters and snapshots of the hosts."""

    async def positions(self, consumer: str) -> dict[TopicPartition, int]:
        """Next offset to read per partition for a consumer (router or reactor name); missing ones start at 0."""
        ...

    async def advance(
        self,
        consumer: str,
        before: Mapping[TopicPartition, int],
        after: Mapping[TopicPartition, int],
        effects: Sequence[EffectRow],
        dead_letters: Sequence[ConsumerDeadLetter],
    ) -> bool:
        """In one transaction: compare-and-set the positions, insert effect rows (a known id is left alone) and dead letters.

        ``False``, and nothing written, when a position is no longer what ``before`` says (another member took over). A known
        dead letter takes the new error, count and status.
        """
        ...

    async def claim_effects(self, service: str, now: datetime, lease_until: datetime, limit: int) -> list[EffectRow]:
        """Take due rows (pending, retry, unknown, or sending past its lease), the earliest per recipient, mark them sending.

        A row returned with status ``SENDING`` or ``UNKNOWN`` must be resolved by asking, not performed: the status is the one
        before the claim. ``attempts`` counts a claim to perform, ``unknowns`` a lease that ran out; ``due_at`` is the end of
        the lease. A suppressed row holds back the later ones of its recipient until it is released.
        """
        ...

    async def finish_effect(
        self, row: EffectRow, status: EffectStatus, due_at: datetime, detail: Mapping[str, Any]
    ) -> bool:
        """Store what came of a claimed row; for ``RETRY`` and ``UNKNOWN`` it is due again at ``due_at``.

        ``unknowns`` grows when a perform ends ``UNKNOWN``. ``False``, and nothing stored, when the lease ran out and another
        sender has the row.
        """
        ...

    async def restore_effects(self, rows: Sequence[EffectRow]) -> None:
        """Insert rows with the status they carry; a known row takes that status only if nobody ever attempted it."""
        ...

    async def effects(self, service: str, status: EffectStatus | None = None, limit: int = 100) -> list[EffectRow]:
        """Rows of a service, newest first, for pages and checks."""
        ...

    async def effects_empty(self, service: str) -> bool:
        """Whether a service has no effect row at all."""
        ...

    async def effect_counts(self, service: str) -> dict[EffectStatus, int]:
        """How many rows a service has by status; statuses without a row are left out."""
        ...

    async def effects_overdue(self, service: str, now: datetime) -> float:
        """For how many seconds the effect that is due longest has waited for a sender; 0 when none is due."""
        ...

    async def effects_under_way(self, service: str, soon: datetime) -> int:
        """How many recipients of a service have an effect that is being sent, is unknown, or comes up by ``soon``.

        An effect that waits longer for its retry, and those behind it, are not under way; nor are suppressed ones.
        """
        ...

    async def release_effects(self, service: str) -> int:
        """Turn suppressed rows into pending ones, on an operator's word; returns how many."""
        ...

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
        """Use an idempotency key for a body with this digest."""
        ...

    async def complete_key(self, principal: str, operation: str, key: str, status: int, body: str) -> None:
        """Store the answer of a finished request."""
        ...

    async def release_key(self, principal: str, operation: str, key: str) -> None:
        """Forget a claim whose command was never sent (bad input found after the claim)."""
        ...

    async def end_lease(self, principal: str, operation: str, key: str) -> None:
        """Let the same request resume a claim at once; another body stays a mismatch, a finished claim finished."""
        ...

    async def parked_keys(self, consumer: str) -> set[tuple[str, str]]:
        """(topic, key) pairs with an open dead letter of this consumer: later records of them are parked too."""
        ...

    async def dead_letters(self, consumer: str | None = None, limit: int = 100) -> list[ConsumerDeadLetter]:
        """Dead letters, open ones first, newest first."""
        ...

    async def open_dead_letters(self, consumer: str, topic: str, key: str) -> list[ConsumerDeadLetter]:
        """All open dead letters of one parked key in the order of the log: the order in which they are replayed."""
        ...

    async def open_dead_letter_counts(self, consumer: str) -> dict[TopicPartition, int]:
        """How many open dead letters a consumer has by the partition of their records; partitions without one are left out."""
        ...

    async def settle_dead_letter(self, consumer: str, partition: TopicPartition, offset: int, status: str) -> None:
        """Mark a dead letter replayed or discarded."""
        ...

    async def keep_audits(self, audits: Mapping[str, Audit]) -> None:
        """Keep how verifications ended, by service; each replaces the service's last one."""
        ...

    async def audits(self) -> dict[str, Audit]:
        """The last verification of each service that was ever verified."""
        ...

    async def save_snapshot(self, manifest: SnapshotManifest, chunks: Sequence[bytes]) -> None:
        """Write chunks, then the manifest; older snapshots of the same state version are dropped after."""
        ...

    async def load_snapshot(
        self, service: str, partition: int, state_version: str
    ) -> tuple[SnapshotManifest, list[bytes]] | None:
        """The newest complete snapshot of the given state version."""
        ...
