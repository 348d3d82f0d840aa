"""The PostgreSQL log keeps the port's contract, and what only it promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from loanstream.eventlog.port import (
    EventLog,
    Fenced,
    LogUnavailable,
    OffsetOutOfRange,
    OutcomeUnknown,
    RecordRefused,
    UnknownTopic,
)
from loanstream.eventlog.postgres import PostgresLog
from loanstream.eventlog.postgres.signals import CHANNEL, LOOK_EVERY
from tests.conftest import with_database
from tests.eventlog.contract import C0, C1, COMMANDS, E0, EVENTS, INSTALLATION, TOPICS, Connect, LogContract
from tests.eventlog.records import A_TIME, a_record, everything, keys

pytestmark = pytest.mark.postgres

if TYPE_CHECKING:
    Database = asyncpg.Connection[asyncpg.Record]

_LOCK_HEAD = """
SELECT 1 FROM eventlog.heads h JOIN eventlog.topics t USING (topic_id) WHERE t.name = $1 AND h.part = $2 FOR UPDATE OF h
"""
_APPENDERS = """
SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%eventlog.append(%'
"""
_KILL_APPENDERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%eventlog.append(%' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def connect(fresh_database: str) -> AsyncIterator[Connect]:
    """Handles on the log of a database of its own; each has connections of its own, as a process has."""
    handles: list[PostgresLog] = []

    async def connect() -> EventLog:
        handles.append(PostgresLog(fresh_database))
        return handles[-1]

    yield connect
    for handle in handles:
        await handle.close()


@pytest.fixture
async def log(connect: Connect) -> EventLog:
    """A handle on a log with topics."""
    log = await connect()
    await log.apply(TOPICS, INSTALLATION)
    return log


@pytest.fixture
async def other(log: EventLog, connect: Connect) -> EventLog:
    """A second handle: another process."""
    return await connect()


@pytest.fixture
async def database(fresh_database: str) -> AsyncIterator["Database"]:
    """A connection of the test's own, to look behind the log and to get in its way."""
    connection = await asyncpg.connect(fresh_database)
    yield connection
    await connection.close()


class TestPostgresLog(LogContract):
    """The contract."""

    @pytest.fixture
    async def connect(self, connect: Connect) -> Connect:
        """The module's."""
        return connect


# one order of commits


async def test_offsets_of_a_partition_have_no_gaps(log: EventLog) -> None:
    await asyncio.gather(*(log.send([a_record(COMMANDS, 0, str(n))]) for n in range(50)))
    assert [record.offset for record in await everything(log, [C0])] == list(range(50))


async def test_a_commit_waits_for_the_one_that_holds_the_partition(log: EventLog, database: "Database") -> None:
    """Were it not so, a reader could see the later offset, pass on, and never see the earlier one."""
    await log.send([a_record(EVENTS, 0, "before")])
    async with database.transaction():
        await database.execute(_LOCK_HEAD, EVENTS, 0)
        late = asyncio.create_task(log.send([a_record(EVENTS, 0, "late"), a_record(EVENTS, 1, "late")]))
        await _blocked(database, 1)
        assert not late.done()
        assert keys(await everything(log, [E0])) == ["before"]
    await late
    assert keys(await everything(log, [E0])) == ["before", "late"]


async def test_commits_over_many_partitions_in_any_order_meet_no_deadlock(log: EventLog, connect: Connect) -> None:
    handles = [log, await connect(), await connect()]

    async def hurry(handle: EventLog, turn: int) -> None:
        for n in range(20):
            places = [(topic, part) for topic in (EVENTS, COMMANDS) for part in range(3)]
            places = places[(n + turn) % 6 :] + places[: (n + turn) % 6]
            await handle.send([a_record(topic, part, f"{turn}.{n}") for topic, part in places[: 2 + n % 5]])

    await asyncio.gather(*(hurry(handle, turn) for turn, handle in enumerate(handles * 2)))


async def test_private_topics_stand_in_a_table_of_their_own(log: EventLog, database: "Database") -> None:
    await log.send([a_record(EVENTS, 0), a_record(COMMANDS, 0), a_record(COMMANDS, 1)])
    facts = await database.fetchval("SELECT count(*) FROM eventlog.records WHERE key <> 'identity'")
    private = await database.fetchval("SELECT count(*) FROM eventlog.private_records")
    assert (facts, private) == (1, 2)


# group commit


async def test_what_waits_together_goes_in_one_transaction(log: EventLog, database: "Database") -> None:
    await log.send([a_record(EVENTS, 0, "first")])
    writers = [await log.writer("w", n) for n in range(30)]
    await asyncio.gather(*(writer.commit([a_record(EVENTS, 0, str(writer.partition))]) for writer in writers))
    count = "SELECT count(DISTINCT xmin::text) FROM eventlog.records WHERE key NOT IN ('identity', 'first')"
    assert await database.fetchval(count) <= 2


async def test_a_commit_that_waits_alone_goes_alone(log: EventLog, database: "Database") -> None:
    for n in range(3):
        await log.send([a_record(EVENTS, 0, str(n))])
    assert (
        await database.fetchval("SELECT count(DISTINCT xmin::text) FROM eventlog.records WHERE key <> 'identity'") == 3
    )


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
async def test_a_record_that_the_database_cannot_hold_fails_its_own_commit_only(log: EventLog, bad: str) -> None:
    writers = [await log.writer("w", n) for n in range(4)]
    results = await asyncio.gather(
        *(writer.commit([a_record(EVENTS, 0, bad if writer.partition == 2 else "good")]) for writer in writers),
        log.send([a_record(COMMANDS, 0, bad)]),
        return_exceptions=True,
    )
    assert [isinstance(result, RecordRefused) for result in results] == [False, False, True, False, True]
    assert keys(await everything(log, [E0])) == ["good"] * 3
    await writers[2].commit([a_record(EVENTS, 0, "again")])


async def test_an_append_whose_caller_is_cancelled_happens_whole(log: EventLog, database: "Database") -> None:
    writer = await log.writer("w", 0)
    async with database.transaction():
        await database.execute(_LOCK_HEAD, EVENTS, 0)
        commit = asyncio.create_task(writer.commit([a_record(EVENTS, 0, "a"), a_record(COMMANDS, 0, "a")]))
        await _blocked(database, 1)
        commit.cancel()
        await asyncio.gather(commit, return_exceptions=True)
    await writer.commit([a_record(EVENTS, 0, "b")])
    assert keys(await everything(log, [E0])) == ["a", "b"]
    assert keys(await everything(log, [C0])) == ["a"]


async def test_close_lets_what_was_submitted_finish(log: EventLog, other: EventLog) -> None:
    await log.send([a_record(EVENTS, 0, "first")])
    sends = [asyncio.create_task(log.send([a_record(EVENTS, 0, str(n))])) for n in range(20)]
    await asyncio.sleep(0)
    await log.close()
    await asyncio.gather(*sends)
    assert keys(await everything(other, [E0])) == ["first", *(str(n) for n in range(20))]
    with pytest.raises(LogUnavailable, match="closed"):
        await log.ends([E0])


# fences


async def test_a_takeover_waits_for_the_commit_under_way_and_sees_it(
    log: EventLog, other: EventLog, database: "Database"
) -> None:
    old = await log.writer("w", 0)
    async with database.transaction():
        await database.execute(_LOCK_HEAD, EVENTS, 0)
        commit = asyncio.create_task(old.commit([a_record(EVENTS, 0, "under way")]))
        await _blocked(database, 1)
        takeover = asyncio.create_task(other.writer("w", 0))
        await asyncio.sleep(0.1)
        assert not takeover.done()
    await takeover
    assert keys(await everything(other, [E0])) == ["under way"]
    await commit
    with pytest.raises(Fenced):
        await old.commit([a_record(EVENTS, 0, "zombie")])


async def test_a_takeover_during_the_wait_for_the_fence_fences(log: EventLog, database: "Database") -> None:
    old = await log.writer("w", 0)
    async with database.transaction():
        await database.execute("UPDATE eventlog.writers SET epoch = epoch + 1 WHERE owner = 'w' AND part = 0")
        commit = asyncio.create_task(old.commit([a_record(EVENTS, 0, "zombie")]))
        await _blocked(database, 1)
    with pytest.raises(Fenced):
        await commit
    assert await everything(log, [E0]) == []


# broken connections


async def test_a_connection_lost_in_a_commit_leaves_the_outcome_unknown_and_the_log_usable(
    log: EventLog, database: "Database"
) -> None:
    writer = await log.writer("w", 0)
    async with database.transaction():
        await database.execute(_LOCK_HEAD, EVENTS, 0)
        appends = [
            asyncio.create_task(writer.commit([a_record(EVENTS, 0, "lost")])),
            asyncio.create_task(log.send([a_record(EVENTS, 0, "lost")])),
        ]
        await _blocked(database, 1)
        await database.execute(_KILL_APPENDERS)
        for append in appends:
            with pytest.raises(OutcomeUnknown):
                await append
    assert await everything(log, [E0]) == []
    again = await log.writer("w", 0)
    with pytest.raises(Fenced):
        await writer.commit([a_record(EVENTS, 0, "zombie")])
    await again.commit([a_record(EVENTS, 0, "kept")])
    assert keys(await everything(log, [E0])) == ["kept"]


async def test_all_connections_may_die_between_two_calls(log: EventLog, other: EventLog, database: "Database") -> None:
    member = log.membership("g", COMMANDS)
    assert await member.refresh() == {0, 1, 2}
    await log.send([a_record(COMMANDS, 0, "before")])
    await log.wait({C1: 0}, 0)
    for _ in range(2):
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await asyncio.sleep(0.05)
        assert member.owned() == frozenset()
        waiting = asyncio.create_task(other.wait({C1: 0}, 5))
        assert keys(await log.read({C0: 0}, 10)) == ["before"]
        assert await member.refresh() == {0, 1, 2}
    with_patience = [asyncio.create_task(log.send([a_record(COMMANDS, 1, "after")])) for _ in range(3)]
    results = await asyncio.gather(*with_patience, return_exceptions=True)
    assert all(result is None or isinstance(result, OutcomeUnknown) for result in results)
    await log.send([a_record(COMMANDS, 1, "after")])
    assert await waiting


async def test_a_database_that_does_not_answer_is_said_to_be_unavailable(fresh_database: str) -> None:
    log = PostgresLog(with_database(fresh_database, "there_is_none"), patience=0.1)
    with pytest.raises(LogUnavailable, match="there_is_none"):
        await log.ends([E0])
    nowhere = PostgresLog("postgresql://nobody@127.0.0.1:1/nothing", patience=0.1)
    with pytest.raises(LogUnavailable, match="check that it runs"):
        await nowhere.writer("w", 0)
    await log.close()
    await nowhere.close()


async def test_a_database_without_a_log_asks_for_topics_apply(fresh_database: str) -> None:
    log = PostgresLog(fresh_database)
    assert await log.describe() == {}
    calls = (log.partitions(EVENTS), log.ends([E0]), log.writer("w", 0), log.send([a_record(EVENTS)]))
    for call in calls:
        with pytest.raises(UnknownTopic, match="topics apply"):
            await call
    await log.close()


# signals


async def test_a_record_that_nobody_told_of_is_seen_at_the_next_look(log: EventLog, database: "Database") -> None:
    waiting = asyncio.create_task(log.wait({C0: 0}, 5))
    await asyncio.sleep(0.1)
    await database.execute(
        "WITH moved AS (UPDATE eventlog.heads h SET next_off = 1 FROM eventlog.topics t "
        "  WHERE t.topic_id = h.topic_id AND t.name = $1 AND h.part = 0 RETURNING h.topic_id) "
        "INSERT INTO eventlog.private_records SELECT topic_id, 0, 0, now(), 'k', 't', '{}', '' FROM moved",
        COMMANDS,
    )
    async with asyncio.timeout(3 * LOOK_EVERY):
        assert await waiting
    assert len(await log.read({C0: 0}, 10)) == 1


async def test_notifications_are_few_and_name_what_was_reached(log: EventLog, database: "Database") -> None:
    heard: list[str] = []
    await log.wait({C0: 0}, 0)
    await log.send([a_record(COMMANDS, 1)])
    await database.add_listener(CHANNEL, lambda _c, _p, _n, payload: heard.append(str(payload)))
    await asyncio.gather(*(log.send([a_record(COMMANDS, 0, str(n)), a_record(EVENTS, 0)]) for n in range(300)))
    ids = {row["name"]: row["topic_id"] for row in await database.fetch("SELECT name, topic_id FROM eventlog.topics")}
    expected = {f"{ids[COMMANDS]}.0": "300", f"{ids[EVENTS]}.0": "301"}
    for _ in range(100):
        last = dict(entry.rsplit(".", 1) for line in heard for entry in line.split())
        if expected.items() <= last.items():
            break
        await asyncio.sleep(0.02)
    assert expected.items() <= last.items()
    assert len(heard) < 50


async def test_a_wait_wakes_within_milliseconds_on_another_process(log: EventLog, other: EventLog) -> None:
    loop = asyncio.get_running_loop()
    await other.wait({C0: 0}, 0.05)
    await log.send([a_record(COMMANDS, 1)])
    await asyncio.sleep(0.05)
    delays = []
    for n in range(10):
        waiting = asyncio.create_task(other.wait({C0: n}, 5))
        await asyncio.sleep(0.01)
        began = loop.time()
        await log.send([a_record(COMMANDS, 0)])
        assert await waiting
        delays.append(loop.time() - began)
    assert sorted(delays)[len(delays) // 2] < LOOK_EVERY / 4


# trimming


async def test_trimming_goes_in_pieces(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loanstream.eventlog.postgres.log._TRIMMED_AT_ONCE", 10)
    await log.send([a_record(COMMANDS, 0, str(n), minute=n) for n in range(45)])
    assert await log.trim(C0, A_TIME + timedelta(minutes=33)) == 33
    assert keys(await everything(log, [C0])) == [str(n) for n in range(33, 45)]


async def test_readers_during_a_trim_are_told_or_see_all(log: EventLog, other: EventLog) -> None:
    """No reader may come out of a trim with records missing and no error."""
    await log.send([a_record(COMMANDS, 0, str(n), minute=n) for n in range(500)])

    async def trim() -> None:
        for minute in range(0, 500, 10):
            await log.trim(C0, A_TIME + timedelta(minutes=minute))

    trimming = asyncio.create_task(trim())
    while not trimming.done():
        start = await other.start(C0)
        try:
            found = [record.offset for record in await other.read({C0: start}, 50)]
        except OffsetOutOfRange:
            continue
        assert found == list(range(start, start + len(found)))
    await trimming


async def _blocked(database: "Database", count: int) -> None:
    """Wait until ``count`` appends stand in the server and wait for a lock."""
    for _ in range(500):
        await database.execute("SELECT pg_stat_clear_snapshot()")
        if await database.fetchval(_APPENDERS) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no append came to wait for a lock")
