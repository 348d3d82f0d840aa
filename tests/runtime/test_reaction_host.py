"""Routers and reactors on the memory log: at least once, in order, nothing lost to a poison event."""

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import NewRecord, OutcomeUnknown, RecordRefused, TopicPartition
from loanstream.runtime.definitions import EffectStatus, Reaction
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.messages import read_command_meta
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.stopping import PositionLost
from schemas import ids
from schemas.platform import START_BUSINESS_DAY
from schemas.topics import Role, topic
from tests.runtime.support.shipping import (
    CONTEXT,
    REACTIONS,
    Ordered,
    Pack,
    Shipped,
    World,
    definitions,
    drain,
    shipping_service,
)

EVENTS = topic(CONTEXT, Role.EVENTS)


class Bench(World):
    """A world with a store and one router."""

    def start(self) -> "Bench":
        """A store and a router for it."""
        self.store = MemoryStore()
        self.router = self.new_router()
        return self

    def new_router(self, **options: object) -> ReactionHost:
        """Another router on the same store."""
        return ReactionHost(shipping_service(), self.log, self.store, self.clock, **options)  # type: ignore[arg-type]


@pytest.fixture
async def bench() -> Bench:
    log = MemoryLog(markers=True)
    await log.apply(definitions(3), "test")
    return Bench(log, 3).start()


async def test_an_event_becomes_a_command_that_names_its_cause(bench: Bench) -> None:
    [event] = await bench.happen("order-1", Ordered(order_id="order-1"), hops=4)
    await drain(bench.router)
    [record] = await bench.all_of(Role.COMMANDS)
    meta = read_command_meta(record)
    assert await bench.commands() == [("order-1", Pack(order_id="order-1"))]
    assert meta.id == ids.reaction_command_id(event, "shipping.pack", "order-1", 0)
    assert (meta.actor, meta.causation, meta.hops) == ("service:shipping", event, 5)
    assert (meta.reaction, meta.source_aggregate, meta.source_sequence, meta.source_n) == (
        "shipping.pack",
        "order-1",
        1,
        0,
    )
    assert meta.correlation == ids.derived("correlation", "order-1")
    assert meta.time == bench.clock.now()


async def test_two_commands_to_one_target_are_numbered(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="twice"))
    await drain(bench.router)
    assert [read_command_meta(record).source_n for record in await bench.all_of(Role.COMMANDS)] == [0, 1]


async def test_an_effect_row_is_written_with_the_position(bench: Bench) -> None:
    [event] = await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1"), hops=2)
    await drain(bench.router)
    [row] = await bench.store.effects(CONTEXT)
    assert row.id == ids.derived("effect", event, "parcel", "c-1")
    assert row.payload == {"order": "order-1", "fee": "0.10"}
    assert (row.status, row.hops, row.recipient) == (EffectStatus.PENDING, 2, "c-1")


async def test_other_events_are_stepped_over_and_unknown_ones_counted(bench: Bench) -> None:
    await bench.happen("order-1", Shipped(order_id="order-1"))
    await bench.happen("order-1", Shipped(order_id="order-1"), ce_type="loanstream.shipping.Sunk.v1")
    await drain(bench.router)
    assert bench.router.counts["unknown"] == 1
    assert await bench.store.dead_letters() == []


async def test_another_version_of_a_named_type_is_a_dead_letter(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1"), ce_type="loanstream.shipping.Ordered.v2")
    await drain(bench.router)
    [letter] = await bench.store.dead_letters()
    assert letter.reason == "unknown-type"
    assert "Ordered.v2 is not the version" in letter.error


async def test_a_poison_event_is_parked_with_what_follows_for_its_key_while_others_go_on(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="poison"), Ordered(order_id="order-1"))
    await bench.happen("order-2", Ordered(order_id="order-2"))
    await drain(bench.router)
    await bench.happen("order-1", Ordered(order_id="order-1"))
    await drain(bench.router)
    assert [target for target, _ in await bench.commands()] == ["order-2"]
    letters = await bench.store.open_dead_letters("shipping.router", EVENTS, "order-1")
    assert [letter.reason for letter in letters] == ["poison", "parked", "parked"]
    assert letters[0].error == "RuntimeError: cannot be packed"


async def test_a_malformed_record_is_a_dead_letter_with_its_bytes(bench: Bench) -> None:
    record, _ = bench.record("order-1", Ordered(order_id="order-1"))
    await bench.log.send([structs.replace(record, value=b'{"order_id": 5}')])
    await drain(bench.router)
    [letter] = await bench.store.dead_letters()
    assert (letter.reason, letter.record.value) == ("poison", b'{"order_id": 5}')


async def test_a_replay_hands_over_the_key_in_order_once_the_cause_is_mended(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="poison"), Ordered(order_id="order-1"))
    await drain(bench.router)
    [cause, _] = await bench.store.open_dead_letters("shipping.router", EVENTS, "order-1")
    assert (await bench.router.replay(cause)).error == "RuntimeError: cannot be packed"
    assert [each.count for each in await bench.store.open_dead_letters("shipping.router", EVENTS, "order-1")] == [2, 1]

    mended = Reaction("shipping.pack", Ordered, lambda event, meta: REACTIONS[0].react(replace(event, behave=""), meta))
    operator = ReactionHost(shipping_service([mended]), bench.log, bench.store, bench.clock)
    assert (await operator.replay(cause)).settled == 2
    assert [meta.source_sequence for meta in map(read_command_meta, await bench.all_of(Role.COMMANDS))] == [1, 2]

    await bench.happen("order-1", Ordered(order_id="order-1"))
    await drain(bench.router)
    assert len(await bench.commands()) == 3
    assert await bench.store.parked_keys("shipping.router") == set()


async def test_a_chain_of_more_than_sixteen_hops_is_a_dead_letter_instead_of_a_command(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1"), hops=15)
    await bench.happen("order-2", Ordered(order_id="order-2"), hops=16)
    await drain(bench.router)
    assert [read_command_meta(record).hops for record in await bench.all_of(Role.COMMANDS)] == [16]
    [letter] = await bench.store.dead_letters()
    assert (letter.record.key, letter.reason) == ("order-2", "hops")
    assert (await bench.router.replay(letter)).settled == 1
    assert len(await bench.commands()) == 2


async def test_every_partition_follows_the_leading_contexts_business_day(bench: Bench) -> None:
    await bench.day(date(2026, 1, 6))
    await drain(bench.router)
    records = await bench.all_of(Role.COMMANDS)
    assert [(record.partition, record.key) for record in records] == [(n, f"partition-{n}") for n in range(3)]
    metas = [read_command_meta(record) for record in records]
    assert [meta.id for meta in metas] == [ids.day_command_id(CONTEXT, n, "2026-01-06", "start") for n in range(3)]
    assert {meta.hops for meta in metas} == {0}
    day = START_BUSINESS_DAY[CONTEXT](business_date=date(2026, 1, 6), calendar="every-day/1")
    assert [body for _, body in await bench.commands()] == [day] * 3


async def test_a_crash_between_sending_and_advancing_repeats_the_same_ids(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", customer="c-1"))
    assert isinstance(bench.log, MemoryLog)
    bench.log.fault = _fail_once("after", OutcomeUnknown("connection lost"))
    with pytest.raises(OutcomeUnknown):
        await bench.router.step()
    await drain(bench.new_router())
    sent = [read_command_meta(record).id for record in await bench.all_of(Role.COMMANDS)]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len(await bench.store.effects(CONTEXT)) == 1


async def test_of_two_routers_the_one_that_was_overtaken_reads_on_from_the_others_position(bench: Bench) -> None:
    first, second = bench.router, bench.new_router()
    await drain(first, second)
    await bench.happen("order-1", Ordered(order_id="order-1", behave="poison"))
    await drain(first)
    await bench.happen("order-1", Ordered(order_id="order-1"))
    await drain(second)
    assert first.waiting_on() != second.waiting_on()
    assert await bench.commands() == []
    assert [letter.reason for letter in await bench.store.dead_letters()] == ["parked", "poison"]
    await drain(first)
    assert first.waiting_on() == second.waiting_on()
    assert len(await bench.store.dead_letters()) == 2


async def test_members_share_the_partitions_and_take_over_from_one_that_leaves(bench: Bench) -> None:
    group = ("shipping.router", EVENTS)
    first = bench.new_router(membership=bench.log.membership(*group))
    second = bench.new_router(membership=bench.log.membership(*group))
    await bench.happen("order-1", Ordered(order_id="order-1"))
    await drain(first, second)
    assert second.waiting_on() == {}
    await first.close()
    await bench.happen("order-1", Ordered(order_id="order-1"))
    bench.clock.advance(seconds=2)
    await drain(second)
    assert [meta.source_sequence for meta in map(read_command_meta, await bench.all_of(Role.COMMANDS))] == [1, 2]


async def test_a_command_too_large_for_the_log_is_a_dead_letter(bench: Bench) -> None:
    await bench.happen("order-1", Ordered(order_id="order-1", behave="huge"))
    await bench.happen("order-2", Ordered(order_id="order-2"))
    await drain(bench.router)
    [letter] = await bench.store.dead_letters()
    assert "1000" in letter.error
    assert len(await bench.commands()) == 1


async def test_a_record_that_the_log_refuses_alone_does_not_stop_the_others(bench: Bench) -> None:
    for number in range(5):
        await bench.happen(f"order-{number}", Ordered(order_id=f"order-{number}"))

    def refuse(what: str, when: str, records: list[NewRecord]) -> None:
        if any(record.key == "order-3" for record in records):
            raise RecordRefused("no order-3 here")

    bench.log.fault = refuse  # type: ignore[attr-defined]
    await drain(bench.router)
    assert sorted(target for target, _ in await bench.commands()) == ["order-0", "order-1", "order-2", "order-4"]
    [letter] = await bench.store.dead_letters()
    assert "no order-3 here" in letter.error
    assert bench.router.counts == {"reacted": 4, "poison": 1, "other": 6}


async def test_a_position_beyond_the_log_stops_the_host_instead_of_starting_again(bench: Bench) -> None:
    await bench.store.advance("shipping.router", {}, {TopicPartition(EVENTS, 1): 99}, (), ())
    with pytest.raises(PositionLost, match=r"stands at 99 .* ends at 1"):
        await bench.router.step()


async def test_nothing_to_do_is_said_so(bench: Bench) -> None:
    await drain(bench.router)
    assert not await bench.router.step()
    assert len(bench.router.waiting_on()) == 6


def _fail_once(when_to_fail: str, error: Exception):  # type: ignore[no-untyped-def]
    left = [error]

    def fault(what: str, when: str, records: list[NewRecord]) -> None:
        if when == when_to_fail and what == "send" and left:
            raise left.pop()

    return fault
