"""The scheduler: one day at a time, in order, by the calendar's clock, by one process."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Record
from loanstream.runtime.calendars import CHINA, EVERY_DAY, UnknownCalendar
from loanstream.runtime.database import open_pool
from loanstream.runtime.messages import read_command_meta
from loanstream.runtime.projector import Projector
from loanstream.runtime.scheduler import (
    PartitionDay,
    PostgresLeadership,
    Scheduler,
    SoleLeadership,
    days_of_read_models,
    start_day_records,
)
from schemas import codec, ids
from schemas.platform import START_BUSINESS_DAY
from schemas.topics import Role
from tests.runtime.support.databases import BROKEN
from tests.runtime.support.shipping import CONTEXT, SteppedClock, World, definitions, drain, shipping_service

CONTEXTS = ("servicing", CONTEXT)
MONDAY = date(2026, 1, 5)


class Bench(World):
    """A world whose contexts' days are what the test says."""

    days: list[PartitionDay]

    async def open_days(self) -> Sequence[PartitionDay]:
        """What the read models would show."""
        return self.days

    def new_scheduler(self, calendar: str = EVERY_DAY, first_day: date | None = None) -> Scheduler:
        """A scheduler in Shanghai."""
        return Scheduler(
            self.log,
            self.clock,
            self.open_days,
            SoleLeadership(),
            calendar=calendar,
            zone="Asia/Shanghai",
            contexts=CONTEXTS,
            first_day=first_day,
        )

    def show(
        self, day: date, closed: bool, contexts: Sequence[str] = CONTEXTS, partitions: Sequence[int] = (0, 1)
    ) -> None:
        """The newest day of some partitions becomes ``day``."""
        places = [(context, number) for context in contexts for number in partitions]
        kept = [each for each in self.days if (each.context, each.partition) not in places]
        self.days = kept + [PartitionDay(*place, day, closed) for place in places]

    async def started(self) -> list[tuple[int, date]]:
        """Partition and day of every command sent."""
        return [
            (record.partition, _body(record).business_date) for record in await self.all_of(Role.COMMANDS, "servicing")
        ]


def _body(record: Record) -> Any:
    return codec.decode(START_BUSINESS_DAY["servicing"], record.value)


@pytest.fixture
async def bench() -> Bench:
    log = MemoryLog()
    await log.apply(definitions(2), "test")
    bench = Bench(log, 2, SteppedClock(datetime(2026, 1, 5, 1, 0, tzinfo=UTC)))
    bench.days = []
    return bench


async def test_the_first_day_is_todays_and_is_sent_once(bench: Bench) -> None:
    scheduler = bench.new_scheduler()
    assert await scheduler.step()
    assert not await scheduler.step()
    assert await bench.started() == [(0, MONDAY), (1, MONDAY)]


async def test_a_command_of_a_day_has_the_same_id_whoever_sends_it(bench: Bench) -> None:
    await bench.new_scheduler().step()
    await bench.new_scheduler().step()
    sent = await bench.all_of(Role.COMMANDS, "servicing")
    by_api = start_day_records(MONDAY, EVERY_DAY, 2, "user:op", bench.clock.now())
    assert {read_command_meta(record).id for record in sent} == {
        ids.day_command_id("servicing", number, "2026-01-05", "start") for number in (0, 1)
    }
    assert [record.headers["ce_id"] for record in by_api] == [read_command_meta(record).id for record in sent[::2]]
    assert [record.key for record in by_api] == ["partition-0", "partition-1"]


async def test_the_next_day_begins_at_midnight_of_the_zone_and_not_before(bench: Bench) -> None:
    bench.show(MONDAY, closed=True)
    scheduler = bench.new_scheduler()
    assert not await scheduler.step()
    bench.clock.time = datetime(2026, 1, 5, 15, 59, tzinfo=UTC)
    assert not await scheduler.step()
    bench.clock.time = datetime(2026, 1, 5, 16, 0, tzinfo=UTC)
    assert await scheduler.step()
    assert await bench.started() == [(0, date(2026, 1, 6)), (1, date(2026, 1, 6))]


async def test_a_day_waits_until_every_partition_of_every_context_closed_the_one_before(bench: Bench) -> None:
    bench.clock.advance(days=1)
    scheduler = bench.new_scheduler()
    bench.show(MONDAY, closed=True, contexts=["servicing"])
    assert not await scheduler.step()
    bench.show(MONDAY, closed=True, contexts=[CONTEXT], partitions=[0])
    bench.show(MONDAY, closed=False, contexts=[CONTEXT], partitions=[1])
    assert not await scheduler.step()
    bench.show(MONDAY, closed=True)
    assert await scheduler.step()


async def test_missed_days_come_one_by_one_in_the_order_of_the_calendar(bench: Bench) -> None:
    bench.clock.time = datetime(2026, 1, 12, 3, 0, tzinfo=UTC)
    bench.show(date(2026, 1, 8), closed=True)
    scheduler = bench.new_scheduler(CHINA)
    while await scheduler.step():
        bench.show((await bench.started())[-1][1], closed=True)
    assert [day for number, day in await bench.started() if number == 0] == [date(2026, 1, 9), date(2026, 1, 12)]


async def test_a_day_that_only_some_partitions_opened_is_opened_on_the_others(bench: Bench) -> None:
    bench.show(MONDAY, closed=True, contexts=["servicing"], partitions=[0])
    assert await bench.new_scheduler().step()
    assert (1, MONDAY) in await bench.started()


async def test_no_day_begins_on_a_holiday(bench: Bench) -> None:
    bench.clock.time = datetime(2026, 1, 3, 3, 0, tzinfo=UTC)
    assert not await bench.new_scheduler(CHINA).step()


async def test_an_installation_can_begin_in_the_past(bench: Bench) -> None:
    assert await bench.new_scheduler(first_day=date(2026, 1, 2)).step()
    assert (await bench.started())[0] == (0, date(2026, 1, 2))


async def test_an_unknown_calendar_is_refused_at_start(bench: Bench) -> None:
    with pytest.raises(UnknownCalendar):
        await bench.new_scheduler("mars/1").open()


@pytest.mark.postgres
async def test_one_process_leads_and_another_takes_over_when_it_ends(fresh_database: str) -> None:
    async with await open_pool(fresh_database) as first, await open_pool(fresh_database) as second:
        one, other = PostgresLeadership(first), PostgresLeadership(second)
        assert await one.leads()
        assert await one.leads()
        assert not await other.leads()
        await one.close()
        assert await other.leads()
        assert not await one.leads()
        await other.close()


@pytest.mark.postgres
async def test_a_leader_whose_connection_was_cut_leads_no_more(fresh_database: str) -> None:
    async with await open_pool(fresh_database) as first, await open_pool(fresh_database) as second:
        one, other = PostgresLeadership(first), PostgresLeadership(second)
        assert await one.leads()
        await second.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        with pytest.raises(BROKEN):
            await one.leads()
        assert await other.leads()
        assert not await one.leads()
        await other.close()


@pytest.mark.postgres
async def test_the_newest_days_come_from_the_read_models(bench: Bench, fresh_database: str) -> None:
    async with await open_pool(fresh_database) as pool:
        projector = Projector(shipping_service(), bench.log, pool, bench.clock)
        await bench.day(date(2026, 1, 5), CONTEXT, closed=True)
        await bench.day(date(2026, 1, 6), CONTEXT)
        await drain(projector)
        days = await days_of_read_models(pool, [CONTEXT])()
        assert days == [PartitionDay(CONTEXT, number, date(2026, 1, 6), False) for number in (0, 1)]
        await projector.close()
