"""The projector on PostgreSQL: rows and position move together, a bad record stops its partition and nothing else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.partitioning import partition_of
from loanstream.eventlog.port import NewRecord, TopicPartition
from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.projector import NotStopped, Projector
from loanstream.runtime.stopping import PositionLost
from schemas import codec, ids
from schemas.outcomes import DEADLETTER_TYPE, DeadLetter, Outcome, Status, encode_outcome, outcome_type
from schemas.servicing.events import Settled
from schemas.topics import Role, topic
from tests.runtime.support.databases import BROKEN, database_of_its_own
from tests.runtime.support.shipping import (
    A_DAY,
    CONTEXT,
    HANDLERS,
    Ordered,
    Shipped,
    World,
    definitions,
    drain,
    shipping_service,
)

pytestmark = pytest.mark.postgres

EVENTS = topic(CONTEXT, Role.EVENTS)


class Bench(World):
    """A world with a database and one projector."""

    pool: Pool

    def new_projector(self, handlers: Any = HANDLERS, **options: Any) -> Projector:
        """Another projector of the same schema."""
        return Projector(shipping_service(handlers=handlers), self.log, self.pool, self.clock, **options)

    async def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        """What a read table holds."""
        return [dict(row) for row in await self.pool.fetch(f"SELECT * FROM shipping_read.{table} ORDER BY {order}")]

    async def orders(self) -> dict[str, int | None]:
        """Amounts by order."""
        return {row["order_id"]: row["amount"] for row in await self.rows("orders", "order_id")}

    async def outcome(self, command_id: str, status: Status, **members: Any) -> None:
        """An outcome happens on partition 0."""
        outcome = Outcome(
            command_id=command_id,
            command_type="loanstream.shipping.Pack.v1",
            target="order-1",
            status=status.value,
            position=0,
            actor="user:t",
            cause="",
            time="2026-01-05T09:00:00Z",
            body=msgspec.Raw(b'{"order_id":"order-1"}'),
            **members,
        )
        name = topic(CONTEXT, Role.OUTCOMES)
        value = encode_outcome(outcome)
        await self.log.send([NewRecord(name, 0, "order-1", outcome_type(status), {}, value, self.clock.now())])


@pytest.fixture(scope="module")
def database(postgres_dsn: str) -> Iterator[str]:
    with database_of_its_own(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture
async def bench(database: str) -> AsyncIterator[Bench]:
    log = MemoryLog(markers=True)
    await log.apply(definitions(2), "test")
    bench = Bench(log, 2)
    bench.pool = await open_pool(database, minimum=0)
    await bench.pool.execute("DROP SCHEMA IF EXISTS shipping_read CASCADE")
    yield bench
    bench.pool.terminate()


@pytest.fixture
async def projector(bench: Bench) -> AsyncIterator[Projector]:
    projector = bench.new_projector()
    yield projector
    await projector.close()


def on_partition(number: int) -> list[str]:
    """Ids of orders that belong to a partition."""
    return [name for name in (f"order-{n}" for n in range(40)) if partition_of(name, 2) == number]


HERE, THERE = on_partition(0), on_partition(1)


async def test_an_event_becomes_rows_of_the_service_and_a_place_in_the_index(
    bench: Bench, projector: Projector
) -> None:
    order = Ordered(order_id="order-1", loan_id="loan-1", customer="c-1", amount=1234, lines=("a", "b"))
    [event] = await bench.happen("order-1", order)
    await drain(projector)
    assert await bench.rows("orders", "order_id") == [
        {
            "order_id": "order-1",
            "status": "ordered",
            "amount": 1234,
            "currency": "CNY",
            "ordered_on": A_DAY,
            "fee": Decimal("0.10"),
            "lines": ["a", "b"],
            "loan_settled": False,
        }
    ]
    [place] = await bench.rows("event_index", "partitionseq")
    assert str(place["event_id"]) == event
    assert (place["subject"], place["sequence"], place["partitionseq"], place["log_offset"]) == ("order-1", 1, 1, 2)
    assert (place["loan_id"], place["application_id"]) == ("loan-1", None)
    assert (place["type"], place["business_date"]) == ("loanstream.shipping.Ordered.v1", A_DAY)
    assert place["time"] == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def test_increments_add_up_over_events_batches_and_partitions(bench: Bench) -> None:
    for number, order in enumerate((*HERE[:5], *THERE[:5])):
        await bench.happen(order, Ordered(order_id=order, customer="c-1", amount=number))
    projector = bench.new_projector(batch=3)
    await drain(projector)
    assert await bench.rows("customers", "customer") == [{"customer": "c-1", "orders": 10, "total": 45}]
    await projector.close()


async def test_rows_are_upserted_in_part_whatever_comes_first(bench: Bench, projector: Projector) -> None:
    await bench.happen("order-1", Shipped(order_id="order-1"))
    await drain(projector)
    await bench.happen("order-1", Ordered(order_id="order-1", amount=5))
    await bench.happen("loan-1", settled("loan-1"))
    await drain(projector)
    rows = await bench.rows("orders", "order_id")
    assert [(r["order_id"], r["status"], r["amount"], r["loan_settled"]) for r in rows] == [
        ("order-1", "shipped", 5, False),
        ("order-of-loan-1", "ordered", None, True),
    ]


async def test_foreign_events_are_not_indexed_and_unknown_ones_are_stepped_over(
    bench: Bench, projector: Projector
) -> None:
    await bench.happen("loan-1", settled("loan-1"))
    await bench.happen("loan-2", settled("loan-2"), ce_type="loanstream.servicing.Teleported.v1")
    await drain(projector)
    assert await bench.rows("event_index", "partitionseq") == []
    assert projector._projecting.unknown == 1
    assert len(await bench.rows("orders", "order_id")) == 1


async def test_a_step_repeats_nothing_after_a_restart(bench: Bench, projector: Projector) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1", amount=7))
    await drain(projector)
    await projector.close()
    restarted = bench.new_projector()
    await drain(restarted)
    assert (await bench.rows("customers", "customer"))[0]["orders"] == 1
    await restarted.close()


async def test_a_zombie_applies_nothing_a_second_time(bench: Bench, projector: Projector) -> None:
    zombie = bench.new_projector()
    await drain(projector, zombie)
    await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1", amount=7))
    records = await bench.log.read(zombie.waiting_on(), 10)
    await drain(projector)
    assert not await zombie.project(records)
    assert (await bench.rows("customers", "customer"))[0]["orders"] == 1
    assert zombie.waiting_on() == projector.waiting_on()
    await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1", amount=7))
    await drain(zombie)
    assert (await bench.rows("customers", "customer"))[0]["orders"] == 2
    await zombie.close()


async def test_an_event_that_cannot_be_shown_stops_its_partition_and_shows_as_lag(
    bench: Bench, projector: Projector
) -> None:
    await bench.happen(HERE[0], Ordered(order_id=HERE[0], amount=1))
    await bench.happen(HERE[1], Ordered(order_id=HERE[1], behave="unreadable"))
    await bench.happen(HERE[2], Ordered(order_id=HERE[2], amount=3))
    await bench.happen(THERE[0], Ordered(order_id=THERE[0], amount=4))
    await drain(projector)
    bench.clock.advance(seconds=30)
    assert await bench.orders() == {HERE[0]: 1, THERE[0]: 4}
    lags = {(lag.place.topic, lag.place.partition): lag for lag in await projector.lag()}
    stopped = lags[EVENTS, 0]
    assert (stopped.events, stopped.seconds) == (3, 30.0)
    assert stopped.error == f"offset 4, loanstream.shipping.Ordered.v1 of {HERE[1]}: RuntimeError: cannot be shown"
    assert [lag.events for place, lag in lags.items() if place != (EVENTS, 0)] == [0] * (len(lags) - 1)
    assert not await projector.step()
    assert TopicPartition(EVENTS, 0) not in projector.waiting_on()


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
async def test_a_row_that_the_database_refuses_is_found_and_everything_before_it_applied(
    bench: Bench, batch: int
) -> None:
    orders = [order for pair in zip(HERE[:6], THERE[:6], strict=True) for order in pair]
    for number, order in enumerate(orders):
        amount = 1_000_000 if order == HERE[3] else number
        await bench.happen(order, Ordered(order_id=order, customer="c-1", amount=amount))
    projector = bench.new_projector(batch=batch)
    await drain(projector)
    shown = {*HERE[:3], *THERE[:6]}
    assert set(await bench.orders()) == shown
    assert (await bench.rows("customers", "customer"))[0]["orders"] == len(shown)
    [stopped] = [lag for lag in await projector.lag() if lag.error]
    assert "violates check constraint" in stopped.error
    await projector.close()


async def test_a_stopped_partition_goes_on_once_the_cause_is_mended(bench: Bench, projector: Projector) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="unreadable"), Shipped(order_id="order-1"))
    await drain(projector)
    await projector.close()
    mended = bench.new_projector({**HANDLERS, Ordered: lambda e, m: HANDLERS[Ordered](replace(e, behave=""), m)})
    await drain(mended)
    assert [(row["status"], row["amount"]) for row in await bench.rows("orders", "order_id")] == [("shipped", 0)]
    assert [lag for lag in await mended.lag() if lag.error or lag.events] == []
    await mended.close()


@pytest.mark.parametrize("bad", [{"behave": "unreadable"}, {"amount": 1_000_000}])
async def test_an_operator_lets_the_projector_pass_over_a_record(
    bench: Bench, projector: Projector, bad: dict[str, Any]
) -> None:
    place = TopicPartition(EVENTS, 0)
    await bench.happen(HERE[0], Ordered(order_id=HERE[0], loan_id="loan-1", **bad))
    await bench.happen(HERE[1], Ordered(order_id=HERE[1], amount=2))
    await drain(projector)
    [stopped] = [lag for lag in await projector.lag() if lag.error]
    position = projector._positions[place]
    with pytest.raises(NotStopped, match="only the record that stopped it"):
        await projector.skip(place, position + 1, "user:op", "a test")
    await projector.skip(place, position, "user:op", "known bad import")
    bench.clock.advance(seconds=2)
    await drain(projector)
    assert await bench.orders() == {HERE[1]: 2}
    assert [row["loan_id"] for row in await bench.rows("event_index", "partitionseq")] == ["loan-1", None]
    [skipped] = await bench.rows("projection_skips", "position")
    assert (skipped["actor"], skipped["reason"], skipped["error"]) == ("user:op", "known bad import", stopped.error)
    assert [lag for lag in await projector.lag() if lag.error or lag.events] == []


async def test_an_unknown_type_in_the_own_topic_stops_the_partition(bench: Bench, projector: Projector) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1"), ce_type="loanstream.shipping.Sunk.v1")
    await drain(projector)
    [stopped] = [lag for lag in await projector.lag() if lag.error]
    assert "not in the contract of this release" in stopped.error


async def test_another_version_of_a_projected_foreign_type_stops_the_partition(
    bench: Bench, projector: Projector
) -> None:
    await bench.happen("loan-1", settled("loan-1"), ce_type="loanstream.servicing.Settled.v2")
    await drain(projector)
    [stopped] = [lag for lag in await projector.lag() if lag.error]
    assert "not the version that this release projects" in stopped.error


async def test_business_days_are_shown_by_partition(bench: Bench, projector: Projector) -> None:
    await bench.day(date(2026, 1, 5), CONTEXT, closed=True)
    await bench.day(date(2026, 1, 6), CONTEXT)
    await drain(projector)
    rows = await bench.rows("business_days", "business_date, partition")
    assert [(row["business_date"].day, row["partition"], row["closed"], row["aggregates"]) for row in rows] == [
        (5, 0, True, 3),
        (5, 1, True, 3),
        (6, 0, False, 0),
        (6, 1, False, 0),
    ]
    assert {row["calendar"] for row in rows} == {"every-day/1"}


async def test_outcomes_are_kept_when_somebody_may_ask_for_them(bench: Bench, projector: Projector) -> None:
    named = {name: ids.derived("command", name) for name in ("waited", "reaction", "empty", "refused", "mended", "day")}
    events = ({"id": "e", "type": "t", "subject": "s", "sequence": 1, "data": {}},)
    await bench.outcome(named["waited"], Status.EXECUTED, event_count=1, events=events)
    await bench.outcome(named["reaction"], Status.EXECUTED, event_count=1, reaction="x")
    await bench.outcome(named["empty"], Status.EXECUTED)
    await bench.outcome(named["refused"], Status.REFUSED, code="too-late", reaction="x")
    await bench.outcome(named["waited"], Status.ALREADY_APPLIED)
    await bench.outcome(named["mended"], Status.FAILED, error_id="e-1", reaction="x")
    await bench.outcome(named["mended"], Status.EXECUTED, event_count=1, reaction="x", replay=True)
    await drain(projector)
    rows = {str(row["command_id"]): row for row in await bench.rows("outcomes", "command_id")}
    assert {name: rows[i]["status"] for name, i in named.items() if i in rows} == {
        "waited": "executed",
        "empty": "executed",
        "refused": "refused",
        "mended": "executed",
    }
    assert rows[named["waited"]]["outcome"]["events"] == list(events)
    assert rows[named["refused"]]["code"] == "too-late"


async def test_dead_letters_of_the_decider_are_shown_whatever_bytes_they_hold(
    bench: Bench, projector: Projector
) -> None:
    letter = DeadLetter(
        error_id="e-1",
        topic=topic(CONTEXT, Role.COMMANDS),
        partition=0,
        offset=17,
        key="order-1",
        type="loanstream.shipping.Pack.v1",
        headers={"ce_id": "c-1"},
        value='{"\x00ÿ"',
        reason="poison",
        error="ValueError: \x00",
    )
    name = topic(CONTEXT, Role.DEADLETTERS)
    await bench.log.send([NewRecord(name, 0, "order-1", DEADLETTER_TYPE, {}, codec.encode(letter), bench.clock.now())])
    await drain(projector)
    [row] = await bench.rows("dead_letters", "error_id")
    assert (row["command_id"], row["log_offset"], row["value"]) == ("c-1", 17, '{"�ÿ"')


async def test_a_dead_letter_that_a_reactor_wrote_is_no_row_and_no_obstacle(bench: Bench, projector: Projector) -> None:
    name = topic(CONTEXT, Role.DEADLETTERS)
    as_it_came = NewRecord(name, 0, "order-1", "loanstream.shipping.Ordered.v1", {}, b"\xff", bench.clock.now())
    await bench.log.send([as_it_came])
    await drain(projector)
    assert (await bench.rows("dead_letters", "error_id"), dict(projector.errors)) == ([], {})


async def test_read_your_writes_asks_for_a_sequence(bench: Bench, projector: Projector) -> None:
    await drain(projector)
    await bench.happen("order-1", Ordered(order_id="order-1"), Shipped(order_id="order-1"))
    assert not await projector.applied("order-1", 1)
    await drain(projector)
    assert await projector.applied("order-1", 2)
    assert not await projector.applied("order-1", 3)


async def test_a_position_beyond_the_log_stops_the_host(bench: Bench, projector: Projector) -> None:
    await projector.step()
    await bench.pool.execute("UPDATE shipping_read.projection_positions SET position = 99 WHERE part = 1")
    await projector.close()
    with pytest.raises(PositionLost, match=r"rebuild what shipping.projector keeps"):
        await bench.new_projector().step()


async def test_a_broken_connection_is_made_anew_and_nothing_is_applied_twice(
    bench: Bench, projector: Projector
) -> None:
    await drain(projector)
    await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1"))
    await bench.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with suppress(*BROKEN):  # nothing is raised where the client has heard of it before the step
        await projector.step()
    await drain(projector)
    assert (await bench.rows("customers", "customer"))[0]["orders"] == 1


def settled(loan: str) -> Settled:
    """A loan was paid in full."""
    return Settled(loan_id=loan, party_ref="p", contract_no="c", settled_on=A_DAY, kind="paid")
