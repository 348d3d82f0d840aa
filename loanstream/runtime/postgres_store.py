"""The host store in PostgreSQL, schema ``hosts``: lists travel as arrays, one statement each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from loanstream.eventlog.port import Record, TopicPartition
from loanstream.runtime.database import Connection, Pool, Row
from loanstream.runtime.definitions import EffectRow, EffectStatus
from loanstream.runtime.migrations import STORE_MIGRATIONS, migrate
from loanstream.runtime.stores import ASKED, FINISHED, Audit, Claim, ConsumerDeadLetter, HostStore, SnapshotManifest

SCHEMA = "hosts"
"""Where the tables stand; a rebuild of read models never touches it."""

_ADVICE = "The tables of schema hosts hold what no rebuild brings back: do not drop them."


class _Superseded(Exception):
    """A position is no longer what the caller believes; ends the transaction."""


class PostgresStore(HostStore):
    """All promises of the port; made by :func:`open_store`. The pool comes from :func:`~loanstream.runtime.database.open_pool`.

    ``lock_seconds`` is how long :meth:`advance` waits for a lock before it raises ``LockNotAvailableError``; 0 waits for ever.
    """

    def __init__(self, pool: Pool, lock_seconds: float = 0.0) -> None:
        self._pool = pool
        self._lock = f"{round(lock_seconds * 1000)}ms"

    async def positions(self, consumer: str) -> dict[TopicPartition, int]:
        """Next offset to read per partition."""
        rows = await self._pool.fetch("SELECT topic, part, position FROM hosts.positions WHERE consumer = $1", consumer)
        return {TopicPartition(row["topic"], row["part"]): row["position"] for row in rows}

    async def advance(
        self,
        consumer: str,
        before: Mapping[TopicPartition, int],
        after: Mapping[TopicPartition, int],
        effects: Sequence[EffectRow],
        dead_letters: Sequence[ConsumerDeadLetter],
    ) -> bool:
        """Compare-and-set positions; insert effect rows and dead letters; one transaction."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                if before or after:
                    await _move(connection, consumer, before, after, self._lock)
                if effects or dead_letters:
                    # Positions alone may get lost, these not: a host that goes on after the database's crash does not know.
                    await connection.execute("SET LOCAL synchronous_commit TO DEFAULT")
                if effects:
                    await _insert_effects(connection, effects)
                if dead_letters:
                    await _insert_dead_letters(connection, dead_letters)
        except _Superseded:
            return False
        return True

    async def claim_effects(self, service: str, now: datetime, lease_until: datetime, limit: int) -> list[EffectRow]:
        """Take the earliest unfinished row of each recipient where it is due."""
        async with self._pool.acquire() as connection, connection.transaction():
            lanes = await connection.fetch(
                "SELECT recipient FROM hosts.effect_lanes WHERE service = $1 AND due_at <= $2"
                " ORDER BY due_at, recipient LIMIT $3 FOR UPDATE SKIP LOCKED",
                service,
                now,
                limit,
            )
            if not lanes:
                return []
            # a statement of its own: it must see what the last holder of each lane committed
            rows = await connection.fetch(_CLAIM, service, [lane["recipient"] for lane in lanes], lease_until)
        return [_effect(row) for row in rows]

    async def finish_effect(
        self, row: EffectRow, status: EffectStatus, due_at: datetime, detail: Mapping[str, Any]
    ) -> bool:
        """Store what came of a claimed row and let the recipient's next one come up."""
        unknown = status is EffectStatus.UNKNOWN and row.status not in ASKED
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock_lanes(connection, row.service, [row.recipient])
            stored = await connection.fetchval(
                "UPDATE hosts.effects SET status = $2, due_at = $3, detail = $4, unknowns = unknowns + $5"
                " WHERE id = $1 AND status = 'sending' AND due_at = $6 RETURNING true",
                row.id,
                status.value,
                due_at,
                dict(detail),
                int(unknown),
                row.due_at,
            )
            if stored:
                await _refresh_lanes(connection, row.service, [row.recipient])
        return bool(stored)

    async def restore_effects(self, rows: Sequence[EffectRow]) -> None:
        """Insert rows; untouched known ones take the status given."""
        services = sorted({row.service for row in rows})
        recipients = {name: sorted({row.recipient for row in rows if row.service == name}) for name in services}
        async with self._pool.acquire() as connection, connection.transaction():
            for service in services:
                await _lock_lanes(connection, service, recipients[service])
            await _insert_effects(connection, rows)
            await connection.execute(
                "UPDATE hosts.effects e SET status = n.status FROM unnest($1::uuid[], $2::text[]) AS n (id, status)"
                " WHERE e.id = n.id AND e.status = 'pending' AND e.attempts = 0",
                [row.id for row in rows],
                [row.status.value for row in rows],
            )
            for service in services:
                await _refresh_lanes(connection, service, recipients[service])

    async def effects(self, service: str, status: EffectStatus | None = None, limit: int = 100) -> list[EffectRow]:
        """Rows of a service, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM hosts.effects WHERE service = $1 AND ($2::text IS NULL OR status = $2) ORDER BY seq DESC LIMIT $3",
            service,
            status.value if status else None,
            limit,
        )
        return [_effect(row) for row in rows]

    async def effects_empty(self, service: str) -> bool:
        """Whether there is no row."""
        return not await self._pool.fetchval("SELECT EXISTS (SELECT 1 FROM hosts.effects WHERE service = $1)", service)

    async def effect_counts(self, service: str) -> dict[EffectStatus, int]:
        """Rows by status."""
        rows = await self._pool.fetch(
            "SELECT status, count(*) AS count FROM hosts.effects WHERE service = $1 GROUP BY status", service
        )
        return {EffectStatus(row["status"]): row["count"] for row in rows}

    async def effects_overdue(self, service: str, now: datetime) -> float:
        """See :class:`~loanstream.runtime.stores.HostStore`."""
        due = await self._pool.fetchval(
            "SELECT min(due_at) FROM hosts.effect_lanes WHERE service = $1 AND due_at < $2", service, now
        )
        return (now - due).total_seconds() if due is not None else 0.0

    async def effects_under_way(self, service: str, soon: datetime) -> int:
        """See :class:`~loanstream.runtime.stores.HostStore`."""
        return int(await self._pool.fetchval(_UNDER_WAY, service, soon))

    async def release_effects(self, service: str) -> int:
        """Suppressed rows become pending."""
        async with self._pool.acquire() as connection, connection.transaction():
            released = await connection.fetch(
                "UPDATE hosts.effects SET status = 'pending' WHERE service = $1 AND status = 'suppressed' RETURNING recipient",
                service,
            )
            recipients = sorted({row["recipient"] for row in released})
            await _lock_lanes(connection, service, recipients)
            await _refresh_lanes(connection, service, recipients)
        return len(released)

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
        """Use an idempotency key: two statements at most, whoever else asks at the same time."""
        place = (principal, operation, key)
        new = await self._pool.fetchval(
            f"WITH loose AS ({_LOOSE})"
            " INSERT INTO hosts.idempotency (principal, operation, key, command_id, digest, created_at, lease_until)"
            " SELECT $1, $2, $3, $4, $5, $6, $7 FROM loose ON CONFLICT DO NOTHING RETURNING true",
            *place,
            command_id,
            digest,
            now,
            lease_until,
        )
        if new:
            return Claim("new")
        row = await self._pool.fetchrow(_RECLAIM, *place, digest, now, lease_until)
        if row is None:
            # released between the two statements: it is free again
            return await self.claim_key(principal, operation, key, command_id, digest, now, lease_until)
        return Claim(row["state"], row["response_status"], row["response_body"])

    async def complete_key(self, principal: str, operation: str, key: str, status: int, body: str) -> None:
        """Store the answer of a finished request."""
        await self._pool.execute(
            f"WITH loose AS ({_LOOSE})"
            " UPDATE hosts.idempotency SET done = true, response_status = $4, response_body = $5 FROM loose"
            " WHERE principal = $1 AND operation = $2 AND key = $3",
            principal,
            operation,
            key,
            status,
            body,
        )

    async def release_key(self, principal: str, operation: str, key: str) -> None:
        """Forget a claim; a finished one stays."""
        await self._pool.execute(
            f"WITH loose AS ({_LOOSE})"
            " DELETE FROM hosts.idempotency USING loose WHERE principal = $1 AND operation = $2 AND key = $3 AND NOT done",
            principal,
            operation,
            key,
        )

    async def end_lease(self, principal: str, operation: str, key: str) -> None:
        """Let the same request resume the claim."""
        await self._pool.execute(
            f"WITH loose AS ({_LOOSE})"
            " UPDATE hosts.idempotency SET lease_until = '-infinity' FROM loose"
            " WHERE principal = $1 AND operation = $2 AND key = $3",
            principal,
            operation,
            key,
        )

    async def parked_keys(self, consumer: str) -> set[tuple[str, str]]:
        """(topic, key) pairs with an open dead letter."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT topic, key FROM hosts.dead_letters WHERE consumer = $1 AND status = 'open'", consumer
        )
        return {(row["topic"], row["key"]) for row in rows}

    async def dead_letters(self, consumer: str | None = None, limit: int = 100) -> list[ConsumerDeadLetter]:
        """Open ones first, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM hosts.dead_letters WHERE $1::text IS NULL OR consumer = $1"
            " ORDER BY status <> 'open', created_at DESC, record_offset DESC LIMIT $2",
            consumer,
            limit,
        )
        return [_dead_letter(row) for row in rows]

    async def open_dead_letters(self, consumer: str, topic: str, key: str) -> list[ConsumerDeadLetter]:
        """Open dead letters of a key in the order of the log."""
        rows = await self._pool.fetch(
            "SELECT * FROM hosts.dead_letters WHERE consumer = $1 AND topic = $2 AND key = $3 AND status = 'open'"
            " ORDER BY record_offset",
            consumer,
            topic,
            key,
        )
        return [_dead_letter(row) for row in rows]

    async def open_dead_letter_counts(self, consumer: str) -> dict[TopicPartition, int]:
        """Open dead letters by partition."""
        rows = await self._pool.fetch(
            "SELECT topic, part, count(*) AS count FROM hosts.dead_letters WHERE consumer = $1 AND status = 'open'"
            " GROUP BY topic, part",
            consumer,
        )
        return {TopicPartition(row["topic"], row["part"]): row["count"] for row in rows}

    async def settle_dead_letter(self, consumer: str, partition: TopicPartition, offset: int, status: str) -> None:
        """Mark a dead letter replayed or discarded."""
        await self._pool.execute(
            "UPDATE hosts.dead_letters SET status = $5"
            " WHERE consumer = $1 AND topic = $2 AND part = $3 AND record_offset = $4",
            consumer,
            partition.topic,
            partition.partition,
            offset,
            status,
        )

    async def keep_audits(self, audits: Mapping[str, Audit]) -> None:
        """Keep how verifications ended, by service."""
        await self._pool.execute(
            "INSERT INTO hosts.audits SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[])"
            " ON CONFLICT (service) DO UPDATE SET ended_at = excluded.ended_at, findings = excluded.findings",
            list(audits),
            [audit.ended_at for audit in audits.values()],
            [audit.findings for audit in audits.values()],
        )

    async def audits(self) -> dict[str, Audit]:
        """The last verification of each service."""
        rows = await self._pool.fetch("SELECT service, ended_at, findings FROM hosts.audits")
        return {row["service"]: Audit(row["ended_at"], row["findings"]) for row in rows}

    async def save_snapshot(self, manifest: SnapshotManifest, chunks: Sequence[bytes]) -> None:
        """Chunks one by one, invisible until the manifest; then older snapshots and abandoned chunks go."""
        snapshot = str(uuid4())
        for number, chunk in enumerate(chunks):
            await self._pool.execute(
                "INSERT INTO hosts.snapshot_chunks (snapshot, number, service, part, data) VALUES ($1, $2, $3, $4, $5)",
                snapshot,
                number,
                manifest.service,
                manifest.partition,
                chunk,
            )
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO hosts.snapshot_manifests VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                snapshot,
                manifest.service,
                manifest.partition,
                manifest.state_version,
                manifest.events_offset,
                manifest.outcomes_offset,
                manifest.chunks,
                manifest.digest,
            )
            await connection.execute(_DROP_OLDER, manifest.service, manifest.partition, manifest.state_version)
            await connection.execute(_DROP_ABANDONED, manifest.service, manifest.partition)

    async def load_snapshot(
        self, service: str, partition: int, state_version: str
    ) -> tuple[SnapshotManifest, list[bytes]] | None:
        """The newest one whose chunks are all there."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(_NEWEST, service, partition, state_version)
            if row is None:
                return None
            chunks = await connection.fetch(
                "SELECT data FROM hosts.snapshot_chunks WHERE snapshot = $1 ORDER BY number", row["snapshot"]
            )
        manifest = SnapshotManifest(
            service,
            partition,
            state_version,
            row["events_offset"],
            row["outcomes_offset"],
            row["chunks"],
            row["digest"],
        )
        return manifest, [bytes(chunk["data"]) for chunk in chunks]


async def open_store(pool: Pool, lock_seconds: float = 0.0) -> PostgresStore:
    """The store, with its tables brought up to date; see :class:`PostgresStore`."""
    async with pool.acquire() as connection:
        await migrate(connection, SCHEMA, {"store": STORE_MIGRATIONS}, _ADVICE)
    return PostgresStore(pool, lock_seconds)


async def _move(
    connection: Connection,
    consumer: str,
    before: Mapping[TopicPartition, int],
    after: Mapping[TopicPartition, int],
    lock: str,
) -> None:
    places = sorted({*before, *after})
    rows = ((p.topic, p.partition, before.get(p), after.get(p, before.get(p))) for p in places)
    moved = await connection.fetchval(_MOVE, consumer, *_columns(rows, 4), lock)
    if moved != len(places):
        raise _Superseded


async def _insert_effects(connection: Connection, rows: Sequence[EffectRow]) -> None:
    lanes = sorted({(row.service, row.recipient) for row in rows if row.status not in FINISHED})
    # taking the lane before the rows: whoever finishes its last effect now waits, and then sees ours
    await connection.execute(
        "INSERT INTO hosts.effect_lanes (service, recipient, due_at)"
        " SELECT service, recipient, 'infinity' FROM unnest($1::text[], $2::text[]) AS n (service, recipient)"
        " ON CONFLICT (service, recipient) DO UPDATE SET due_at = effect_lanes.due_at",
        *_columns(lanes, 2),
    )
    await connection.execute(
        _INSERT_EFFECTS,
        *_columns(
            (
                (
                    row.id,
                    row.service,
                    row.source_event,
                    row.kind,
                    row.recipient,
                    dict(row.payload),
                    row.status.value,
                    row.attempts,
                    row.unknowns,
                    row.hops,
                    row.created_at,
                    row.due_at,
                    row.correlation,
                    row.business_date,
                    dict(row.detail),
                    row.trace,
                )
                for row in rows
            ),
            16,
        ),
    )
    for service in sorted({service for service, _ in lanes}):
        await _refresh_lanes(connection, service, [recipient for owner, recipient in lanes if owner == service])


async def _insert_dead_letters(connection: Connection, letters: Sequence[ConsumerDeadLetter]) -> None:
    await connection.execute(
        _INSERT_DEAD_LETTERS,
        *_columns(
            (
                (
                    letter.consumer,
                    letter.record.topic,
                    letter.record.partition,
                    letter.record.offset,
                    letter.record.key,
                    letter.record.type,
                    dict(letter.record.headers),
                    letter.record.value,
                    letter.record.time,
                    letter.reason,
                    letter.error,
                    letter.count,
                    letter.status,
                    letter.created_at,
                )
                for letter in letters
            ),
            14,
        ),
    )


async def _lock_lanes(connection: Connection, service: str, recipients: Sequence[str]) -> None:
    await connection.execute(
        "SELECT 1 FROM hosts.effect_lanes WHERE service = $1 AND recipient = ANY ($2::text[]) ORDER BY recipient FOR UPDATE",
        service,
        recipients,
    )


async def _refresh_lanes(connection: Connection, service: str, recipients: Sequence[str]) -> None:
    """Set each lane to when its earliest unfinished effect is due; a lane without one goes. The lanes are locked."""
    await connection.execute(_LANES_DUE, service, recipients)
    await connection.execute(_LANES_EMPTY, service, recipients)


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The ``width`` columns of rows, as arrays for ``unnest``."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


def _effect(row: Row) -> EffectRow:
    return EffectRow(
        id=str(row["id"]),
        service=row["service"],
        source_event=row["source_event"],
        kind=row["kind"],
        recipient=row["recipient"],
        payload=row["payload"],
        status=EffectStatus(row["status"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        correlation=row["correlation"],
        business_date=row["business_date"],
        unknowns=row["unknowns"],
        hops=row["hops"],
        detail=row["detail"],
        trace=row["trace"],
    )


def _dead_letter(row: Row) -> ConsumerDeadLetter:
    record = Record(
        row["topic"],
        row["part"],
        row["record_offset"],
        row["key"],
        row["type"],
        row["headers"],
        bytes(row["value"]),
        row["record_time"],
    )
    return ConsumerDeadLetter(
        row["consumer"], record, row["reason"], row["error"], row["count"], row["status"], row["created_at"]
    )


_CLAIM = """
WITH head AS (
    SELECT e.* FROM unnest($2::text[]) WITH ORDINALITY AS lane (recipient, place)
    CROSS JOIN LATERAL (
        SELECT id, status AS before, lane.place FROM hosts.effects
        WHERE service = $1 AND recipient = lane.recipient AND NOT finished ORDER BY seq LIMIT 1
    ) e
), claimed AS (
    UPDATE hosts.effects e SET
        status = 'sending',
        due_at = $3,
        attempts = e.attempts + (head.before IN ('pending', 'retry'))::int,
        unknowns = e.unknowns + (head.before = 'sending')::int
    FROM head WHERE e.id = head.id
    RETURNING e.*, head.before, head.place
), leased AS (
    UPDATE hosts.effect_lanes l SET due_at = $3 FROM claimed WHERE l.service = $1 AND l.recipient = claimed.recipient
)
SELECT id, service, source_event, kind, recipient, payload, before AS status, attempts, unknowns, hops, created_at, due_at,
    correlation, business_date, detail, trace
FROM claimed ORDER BY place
"""

_UNDER_WAY = """
SELECT count(*) FROM hosts.effect_lanes l
CROSS JOIN LATERAL (
    SELECT status, due_at FROM hosts.effects
    WHERE service = $1 AND recipient = l.recipient AND NOT finished ORDER BY seq LIMIT 1
) head
WHERE l.service = $1 AND (head.status IN ('sending', 'unknown') OR (head.status <> 'suppressed' AND head.due_at <= $2))
"""

_INSERT_EFFECTS = """
INSERT INTO hosts.effects (id, service, source_event, kind, recipient, payload, status, attempts, unknowns, hops, created_at,
    due_at, correlation, business_date, detail, trace)
SELECT id, service, source_event, kind, recipient, payload, status, attempts, unknowns, hops, created_at, due_at, correlation,
    business_date, detail, trace
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::int[], $9::int[],
    $10::int[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::date[], $15::jsonb[], $16::text[]) WITH ORDINALITY
    AS n (id, service, source_event, kind, recipient, payload, status, attempts, unknowns, hops, created_at, due_at,
    correlation, business_date, detail, trace, place)
ORDER BY place
ON CONFLICT (id) DO NOTHING
"""

_INSERT_DEAD_LETTERS = """
INSERT INTO hosts.dead_letters AS d (consumer, topic, part, record_offset, key, type, headers, value, record_time, reason,
    error, count, status, created_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::jsonb[], $8::bytea[],
    $9::timestamptz[], $10::text[], $11::text[], $12::int[], $13::text[], $14::timestamptz[])
ON CONFLICT (consumer, topic, part, record_offset)
DO UPDATE SET reason = EXCLUDED.reason, error = EXCLUDED.error, count = EXCLUDED.count, status = EXCLUDED.status
"""

_LANES_DUE = """
UPDATE hosts.effect_lanes l
SET due_at = CASE head.status WHEN 'suppressed' THEN 'infinity'::timestamptz ELSE head.due_at END
FROM unnest($2::text[]) AS n (recipient)
CROSS JOIN LATERAL (
    SELECT status, due_at FROM hosts.effects e
    WHERE e.service = $1 AND e.recipient = n.recipient AND NOT finished ORDER BY seq LIMIT 1
) head
WHERE l.service = $1 AND l.recipient = n.recipient
"""

_LANES_EMPTY = """
DELETE FROM hosts.effect_lanes l
WHERE l.service = $1 AND l.recipient = ANY ($2::text[]) AND NOT EXISTS (
    SELECT 1 FROM hosts.effects e WHERE e.service = $1 AND e.recipient = l.recipient AND NOT finished
)
"""

_MOVE = """
WITH loose AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', $6, true)
),
wanted AS (SELECT * FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS w (topic, part, before, after)),
made AS (
    INSERT INTO hosts.positions (consumer, topic, part, position)
    SELECT $1, topic, part, after FROM wanted, loose WHERE coalesce(before, 0) = 0
    ON CONFLICT DO NOTHING RETURNING 1
),
moved AS (
    UPDATE hosts.positions p SET position = w.after FROM wanted w, loose
    WHERE p.consumer = $1 AND p.topic = w.topic AND p.part = w.part AND p.position = coalesce(w.before, p.position)
    RETURNING 1
)
SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM moved)
"""
# Without waiting for the disk where positions only move: a crash takes them back, and the records since are handled again under
# the same ids. A host that was idle meanwhile finds out when it moves them next.

_LOOSE = "SELECT set_config('synchronous_commit', 'off', true)"
"""Do not wait for the disk in this transaction. A key lost with the machine's power costs nothing: the command's id, which the
decider remembers, keeps the repeat from being decided twice. Waiting would cost every request two to eight milliseconds."""

_RECLAIM = """
WITH known AS (
    SELECT *, CASE
        WHEN digest <> $4 THEN 'mismatch' WHEN done THEN 'done' WHEN lease_until > $5 THEN 'in-flight' ELSE 'resumed' END
        AS state
    FROM hosts.idempotency WHERE principal = $1 AND operation = $2 AND key = $3 FOR UPDATE
), resumed AS (
    UPDATE hosts.idempotency i SET lease_until = $6 FROM known
    WHERE known.state = 'resumed' AND i.principal = $1 AND i.operation = $2 AND i.key = $3
)
SELECT state, response_status, response_body FROM known
"""

_NEWEST = """
SELECT m.* FROM hosts.snapshot_manifests m
WHERE service = $1 AND part = $2 AND state_version = $3
    AND chunks = (SELECT count(*) FROM hosts.snapshot_chunks c WHERE c.snapshot = m.snapshot)
ORDER BY events_offset DESC, outcomes_offset DESC LIMIT 1
"""

_DROP_OLDER = f"""
WITH newest AS ({_NEWEST})
DELETE FROM hosts.snapshot_manifests m USING newest
WHERE m.service = $1 AND m.part = $2 AND m.state_version = $3 AND m.snapshot <> newest.snapshot
    AND (m.events_offset, m.outcomes_offset) <= (newest.events_offset, newest.outcomes_offset)
"""

_DROP_ABANDONED = """
DELETE FROM hosts.snapshot_chunks c WHERE service = $1 AND part = $2
    AND NOT EXISTS (SELECT 1 FROM hosts.snapshot_manifests m WHERE m.snapshot = c.snapshot)
"""
