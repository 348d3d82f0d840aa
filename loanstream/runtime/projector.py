"""The projector: keeps the read models of one service, rows and position in one transaction.

A step reads all its topics in one call, merges the rows and writes them with a compare-and-set of the positions: a zombie
cannot apply anything twice. A record that cannot be projected stops its partition and shows as lag; the others go on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import structlog

from loanstream.eventlog.port import EventLog, Membership, Record, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.consuming import GATHER_SECONDS, LONGEST_STEP_SECONDS, Ownership, check_positions
from loanstream.runtime.database import Connection, Pool, PooledConnection, give_back, is_lost, quoted
from loanstream.runtime.definitions import Service
from loanstream.runtime.migrations import READ_MIGRATIONS, migrate
from loanstream.runtime.projecting import Projecting
from loanstream.runtime.upserts import ProjectionDefect, RowBatch, Types, column_types
from schemas.topics import Role, topic

LOOK_AGAIN = timedelta(seconds=1)
"""How often a stopped projector looks whether an operator let it pass over a record."""

_DEFECTS = (
    ProjectionDefect,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.ProgramLimitExceededError,
)
"""What lies in a record and would fail again; anything else is the database's state and passes."""

_BREATH = 100
"""Records projected between two pauses, while a batch is being written."""

_MOVE = """
WITH moved AS (
    UPDATE projection_positions p SET position = n.after, error = '', stopped_at = NULL
    FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS n (topic, part, before, after)
    WHERE p.topic = n.topic AND p.part = n.part AND p.position = n.before
    RETURNING 1
)
SELECT count(*) FROM moved
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ProjectionLag:
    """How far the read models are behind on one partition."""

    place: TopicPartition
    events: int
    seconds: float
    """Age of the oldest record that waits; 0 when none does."""
    error: str = ""
    """Why the partition stopped; empty while it runs."""


class NotStopped(ValueError):
    """A skip of a record at which the projector does not stand; the text says where it stands."""


_Spot = tuple[str, int, int]
"""Topic, partition and offset of a record."""


class _Superseded(Exception):
    """Another projector moved a position; ends the transaction."""


@dataclass(slots=True)
class _Work:
    """What a batch of records comes to."""

    rows: RowBatch = field(default_factory=RowBatch)
    after: dict[TopicPartition, int] = field(default_factory=dict)
    failed: dict[TopicPartition, tuple[Record, Exception]] = field(default_factory=dict)


def read_schema(service: str) -> str:
    """Schema of a service's live read models."""
    return f"{service}_read"


class Projector:
    """Projects one service into ``schema``; ``membership`` says which partitions (all when absent).

    Holds one connection of ``pool`` from ``open`` to ``close``. Table names in statements are unqualified and follow the search
    path, so that a swap of schemas by a rebuild takes effect between two transactions.
    """

    gather = GATHER_SECONDS
    longest_step = LONGEST_STEP_SECONDS

    def __init__(
        self,
        service: Service,
        log: EventLog,
        pool: Pool,
        clock: Clock,
        *,
        schema: str = "",
        membership: Membership | None = None,
        batch: int = 1_000,
    ) -> None:
        self.service = service
        self.schema = schema or read_schema(service.name)
        self.name = f"{service.name}.projector"
        self.batch = batch
        self.applied_records = 0
        """Records written since ``open``, for progress and rates."""
        self._log = log
        self._pool = pool
        self._clock = clock
        self._membership = membership
        self._projecting = Projecting(service)
        self._connection: PooledConnection | None = None
        self._ownership: Ownership | None = None
        self._types: Types = {}
        self._positions: dict[TopicPartition, int] = {}
        self._places: list[TopicPartition] = []
        """Where it reads, also while positions are not known."""
        self._stopped: dict[TopicPartition, str] = {}
        self._skips: set[_Spot] = set()
        self._looked: datetime | None = None

    # -- life --------------------------------------------------------------------------------------------------------

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset to apply, by partition."""
        return self._positions

    @property
    def errors(self) -> Mapping[TopicPartition, str]:
        """Why partitions stopped."""
        return self._stopped

    async def open(self) -> None:
        """Bring the tables up to date and take the positions up.

        Raises :class:`~loanstream.runtime.migrations.MigrationRefused`, :class:`~loanstream.runtime.stopping.PositionLost`.
        """
        await self.close()
        partitions = await self._log.partitions(topic(self.service.name, Role.EVENTS))
        self._ownership = Ownership(self._membership, partitions)
        self._connection = await self._pool.acquire()
        try:
            await prepare(self._connection, self.service, self.schema)
            await self._connection.execute(f"SET search_path TO {quoted(self.schema)}")
            # a crash may take the last transactions away, rows and position alike: they are then applied again
            await self._connection.execute("SET synchronous_commit TO off")
            self._types = await column_types(self._connection, self.schema)
        except BaseException:
            await self._disconnect()
            raise
        self._positions = {}

    async def close(self) -> None:
        """Give partitions and connection back."""
        await self._disconnect()
        if self._ownership is not None:
            await self._ownership.close()
            self._ownership = None

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await give_back(self._pool, connection)

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show; stopped partitions are left out.

        When the database hung up, rows that were written without waiting for the disk may be gone: then no position is known
        until it was read again, and all count as work.
        """
        if not self._positions or self._connection is None or is_lost(self._connection):
            return dict.fromkeys(self._places, 0)
        return {place: position for place, position in self._positions.items() if place not in self._stopped}

    async def step(self) -> bool:
        """Apply one batch of records. ``False`` when none waits, but for those of stopped partitions.

        Raises the errors of log and database; the next step connects anew and takes the positions up again.
        """
        if self._connection is None or is_lost(self._connection):
            await self.open()
        try:
            await self._own()
            await self._look_for_skips()
            waiting = self.waiting_on()
            records = await self._log.read(waiting, self.batch) if waiting else []
            if records:
                await self.project(records)
        except BaseException:
            await self._disconnect()
            raise
        return bool(records)

    # -- work --------------------------------------------------------------------------------------------------------

    async def project(self, records: Sequence[Record], passed: frozenset[_Spot] = frozenset()) -> bool:
        """Apply records that were read at the current positions; ``False`` when another projector was faster.

        Of those in ``passed`` only the platform's own rows are written, as far as they can be.
        """
        work = self._collect(records, passed)
        try:
            await self._write(work)
        except _Superseded:
            _log.info("another projector was faster", host=self.name)
            await self._load(list(self._positions))
            return False
        except asyncpg.TransactionRollbackError as error:
            # a deadlock with another projector: nothing was written, the next step tries again
            _log.info("transaction rolled back", host=self.name, error=str(error))
            return False
        except _DEFECTS as error:
            return await self._isolate(records, passed, error)
        self._positions.update(work.after)
        self.applied_records += len(records)
        for record, failure in work.failed.values():
            await self._stop(record, failure)
        return True

    def _collect(self, records: Sequence[Record], passed: frozenset[_Spot]) -> _Work:
        """Rows of the records; a partition ends before its first record that cannot be projected."""
        failed: dict[TopicPartition, tuple[Record, Exception]] = {}
        while True:
            work = _Work(failed=failed)
            culprit = self._fill(work, records, passed)
            if culprit is None:
                return work
            # its rows may stand in the batch by half: once more without it
            if _spot(culprit[0]) in self._skips:
                passed |= {_spot(culprit[0])}
            else:
                failed[_place(culprit[0])] = culprit

    def _fill(
        self, work: _Work, records: Sequence[Record], passed: frozenset[_Spot]
    ) -> tuple[Record, Exception] | None:
        add, rows, after, failed = self._projecting.add, work.rows, work.after, work.failed
        place = TopicPartition("", -1)
        for record in records:
            if record.partition != place[1] or record.topic != place[0]:
                # records come in runs of one partition
                place = TopicPartition(record.topic, record.partition)
            if failed and place in failed and record.offset >= failed[place][0].offset:
                continue
            if passed and _spot(record) in passed:
                self._index_only(rows, record)
            else:
                try:
                    add(rows, record)
                except Exception as error:
                    return record, error
            after[place] = record.offset + 1
        return None

    def _index_only(self, rows: RowBatch, record: Record) -> None:
        """A record that an operator let pass keeps its place in the index, if that much of it can be read."""
        try:
            self._projecting.add(RowBatch(), record, builtin_only=True)
        except Exception as error:
            _log.warning("passed over", host=self.name, offset=record.offset, error=type(error).__name__)
        else:
            self._projecting.add(rows, record, builtin_only=True)

    async def _write(self, work: _Work) -> None:
        if not work.after:
            return
        assert self._connection is not None
        statements = list(work.rows.statements(self._types))
        moves = [(*place, self._positions[place], after) for place, after in sorted(work.after.items())]
        async with self._connection.transaction():
            moved = await self._connection.fetchval(_MOVE, *map(list, zip(*moves, strict=True)))
            if moved != len(moves):
                raise _Superseded
            for sql, arrays in statements:
                await self._connection.execute(sql, *arrays)

    # -- work up to a place ------------------------------------------------------------------------------------------

    async def project_up_to(self, ends: Mapping[TopicPartition, int]) -> bool:
        """A step that applies no record at or after ``ends``; nothing of a partition that has no end there.

        ``False`` when no such record waits, but for those of stopped partitions.
        """
        await self._own()
        waiting = {place: at for place, at in self.waiting_on().items() if at < ends.get(place, 0)}
        read = await self._log.read(waiting, self.batch) if waiting else []
        records = [record for record in read if record.offset < ends[_place(record)]]
        if records:
            await self.project(records)
        return bool(records)

    # -- catching up -------------------------------------------------------------------------------------------------

    async def catch_up(
        self, until: Mapping[TopicPartition, int], progress: Callable[[int], None] | None = None
    ) -> None:
        """Step until the positions ``until`` are reached or nothing waits, reading the next batch while one is written.

        ``progress`` gets the records applied so far. Makes tasks: the simulation steps instead. Whatever does not go smoothly
        is left to a plain step.
        """
        while await self.step() and not self._reached(until, self._positions):
            await self._run_ahead(until, progress)
            if progress is not None:
                progress(self.applied_records)

    def _reached(self, until: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> bool:
        return all(positions.get(place, end) >= end for place, end in until.items() if place not in self._stopped)

    async def _run_ahead(self, until: Mapping[TopicPartition, int], progress: Callable[[int], None] | None) -> None:
        ahead = dict(self.waiting_on())
        reading = asyncio.create_task(self._log.read(ahead, self.batch))
        writing: asyncio.Task[None] | None = None
        try:
            while records := await reading:
                ahead.update(_ends(records))
                last = self._reached(until, ahead)
                if not last:
                    reading = asyncio.create_task(self._log.read(dict(ahead), self.batch))
                work = await self._collect_gently(records)
                if writing is not None:
                    await writing
                    writing = None
                    if progress is not None:
                        progress(self.applied_records)
                if work is None:
                    return
                writing = asyncio.create_task(self._write_and_move(work, len(records)))
                if last:
                    break
            if writing is not None:
                await writing
        except (_Superseded, asyncpg.TransactionRollbackError, *_DEFECTS) as error:
            _log.info("a batch needs care", host=self.name, error=type(error).__name__)
            writing = None
        finally:
            await _stopped(reading, writing)

    async def _collect_gently(self, records: Sequence[Record]) -> _Work | None:
        """Rows of the records, with pauses in which the writing goes on; ``None`` when one cannot be projected."""
        work = _Work()
        for first in range(0, len(records), _BREATH):
            if self._fill(work, records[first : first + _BREATH], frozenset()) is not None:
                return None
            await asyncio.sleep(0)
        return work

    async def _write_and_move(self, work: _Work, count: int) -> None:
        await self._write(work)
        self._positions.update(work.after)
        self.applied_records += count

    async def _isolate(self, records: Sequence[Record], passed: frozenset[_Spot], error: Exception) -> bool:
        """The database refuses a batch: apply what comes before the culprit, stop its partition, go on with the others."""
        if len(records) == 1:
            spot = _spot(records[0])
            if spot in self._skips and spot not in passed:
                return await self.project(records, passed | {spot})
            await self._stop(records[0], error)
            return True
        half = len(records) // 2
        if not await self.project(records[:half], passed):
            return False
        rest = [record for record in records[half:] if _place(record) not in self._stopped]
        return not rest or await self.project(rest, passed)

    # -- stopping and skipping ---------------------------------------------------------------------------------------

    async def _stop(self, record: Record, error: Exception) -> None:
        """Stand exactly at the record, so that an operator can name it, and say why."""
        assert self._connection is not None
        place = _place(record)
        sentence = f"{type(error).__name__}: {error}"[:500].replace("\x00", "")
        _log.error("projection stopped", host=self.name, topic=place.topic, partition=place.partition, error=sentence)
        await self._connection.execute(
            "UPDATE projection_positions SET position = $4, error = $5, stopped_at = $6"
            " WHERE topic = $1 AND part = $2 AND position = $3",
            *place,
            self._positions[place],
            record.offset,
            f"offset {record.offset}, {record.type} of {record.key}: {sentence}",
            self._clock.now(),
        )
        self._positions[place] = record.offset
        self._stopped[place] = sentence

    async def _look_for_skips(self) -> None:
        now = self._clock.now()
        if not self._stopped or (self._looked is not None and now - self._looked < LOOK_AGAIN):
            return
        self._looked = now
        await self._load_skips()
        for place in list(self._stopped):
            if (*place, self._positions[place]) in self._skips:
                del self._stopped[place]

    async def _load_skips(self) -> None:
        assert self._connection is not None
        rows = await self._connection.fetch("SELECT topic, part, position FROM projection_skips")
        self._skips = {(row["topic"], row["part"], row["position"]) for row in rows}

    # -- positions ---------------------------------------------------------------------------------------------------

    async def _own(self) -> None:
        assert self._ownership is not None
        numbers = await self._ownership.owned(self._clock.now())
        wanted = {TopicPartition(name, number) for name in self._projecting.topics for number in numbers}
        self._places = sorted(wanted)
        if wanted == self._positions.keys():
            return
        if wanted <= self._positions.keys():
            self._positions = {place: self._positions[place] for place in sorted(wanted)}
            self._stopped = {place: error for place, error in self._stopped.items() if place in wanted}
            return
        await self._load(wanted)

    async def _load(self, wanted: Sequence[TopicPartition] | set[TopicPartition]) -> None:
        assert self._connection is not None
        places = sorted(wanted)
        await self._connection.execute(
            "INSERT INTO projection_positions (topic, part, position) SELECT topic, part, 0"
            " FROM unnest($1::text[], $2::int[]) AS n (topic, part) ON CONFLICT DO NOTHING",
            [place.topic for place in places],
            [place.partition for place in places],
        )
        rows = await self._connection.fetch("SELECT topic, part, position FROM projection_positions")
        stored = {TopicPartition(row["topic"], row["part"]): row["position"] for row in rows}
        await check_positions(self._log, self.name, stored, places)
        self._positions = {place: stored[place] for place in places}
        self._stopped = {}
        await self._load_skips()

    # -- questions ---------------------------------------------------------------------------------------------------

    async def lag(self) -> list[ProjectionLag]:
        """See :func:`projection_lag`."""
        return await projection_lag(self._pool, self._log, self._clock, self.schema)

    async def applied(self, subject: str, sequence: int) -> bool:
        """See :func:`applied`."""
        return await applied(self._pool, self.schema, subject, sequence)

    async def skip(self, place: TopicPartition, position: int, actor: str, reason: str) -> None:
        """See :func:`skip`."""
        await skip(self._pool, self._clock, self.schema, place, position, actor, reason)


async def prepare(connection: Connection, service: Service, schema: str) -> None:
    """Make the read tables of a service in ``schema``, or bring them up to date."""
    advice = f"Read models can be made anew from the log: loanstream rebuild {service.name}"
    sets = {"platform": READ_MIGRATIONS, service.name: service.projection.migrations}
    await migrate(connection, schema, sets, advice)


async def applied(pool: Pool, schema: str, subject: str, sequence: int) -> bool:
    """Whether the read models have event ``sequence`` of aggregate ``subject``."""
    return bool(
        await pool.fetchval(
            f"SELECT EXISTS (SELECT 1 FROM {quoted(schema)}.event_index WHERE subject = $1 AND sequence >= $2)",
            subject,
            sequence,
        )
    )


async def projection_lag(pool: Pool, log: EventLog, clock: Clock, schema: str) -> list[ProjectionLag]:
    """Lag per topic and partition, in events and in seconds, with the error of stopped ones. Needs no running projector."""
    rows = await pool.fetch(
        f"SELECT topic, part, position, error FROM {quoted(schema)}.projection_positions ORDER BY topic, part"
    )
    positions = {TopicPartition(row["topic"], row["part"]): row["position"] for row in rows}
    ends = await log.ends(positions)
    behind = {place: position for place, position in positions.items() if position < ends[place]}
    oldest: dict[TopicPartition, datetime] = {}
    for record in await log.read(behind, len(behind)) if behind else ():
        oldest.setdefault(_place(record), record.time)
    now = clock.now()
    return [
        ProjectionLag(
            place,
            ends[place] - positions[place] if place in oldest else 0,
            max(0.0, (now - oldest[place]).total_seconds()) if place in oldest else 0.0,
            row["error"],
        )
        for place, row in zip(positions, rows, strict=True)
    ]


async def skip(
    pool: Pool, clock: Clock, schema: str, place: TopicPartition, position: int, actor: str, reason: str
) -> None:
    """Let the projector pass over the record at which it stopped; recorded with who and why.

    A rebuild passes over it as well, unless the record can be projected by then.
    Raises :class:`NotStopped` when it does not stand there with an error.
    """
    table = quoted(schema)
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            f"SELECT position, error FROM {table}.projection_positions WHERE topic = $1 AND part = $2 FOR UPDATE",
            *place,
        )
        if row is None or row["position"] != position or not row["error"]:
            stands = "nowhere" if row is None else f"at {row['position']}, {row['error'] or 'without an error'}"
            raise NotStopped(
                f"{place.topic} partition {place.partition} stands {stands}: only the record that stopped it can be skipped"
            )
        await connection.execute(
            f"INSERT INTO {table}.projection_skips VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *place,
            position,
            actor,
            reason,
            row["error"],
            clock.now(),
        )


async def _stopped(*tasks: "asyncio.Task[Any] | None") -> None:
    """Cancel what still runs and wait until it has ended."""
    left = [task for task in tasks if task is not None]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _ends(records: Sequence[Record]) -> dict[TopicPartition, int]:
    """The position after the records of each partition."""
    offsets = {(record.topic, record.partition): record.offset for record in records}
    return {TopicPartition(*place): offset + 1 for place, offset in offsets.items()}


def _spot(record: Record) -> _Spot:
    return record.topic, record.partition, record.offset


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
