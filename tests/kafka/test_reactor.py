"""Reactors under Faust on a real cluster and a real database: good records, bad records, and members that share them."""

import pytest
from msgspec import structs

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.definitions import Reaction, Send, Service
from loanstream.runtime.faust_reactor import reactor as reactor_module
from loanstream.runtime.messages import read_command_meta
from loanstream.runtime.reaction_host import ReactionHost
from schemas.envelope import TRACE, EventMeta
from tests.kafka.reactor_bench import (
    COMMANDS,
    EVENTS,
    LETTERS,
    PARTITIONS,
    Bench,
    expected_ids,
    ids_of,
    running,
    running_until_stopped,
    subjects,
    until,
)
from tests.runtime.support.shipping import Ordered, Pack, SteppedClock, definitions, shipping_service
from tests.runtime.test_tracing import OUTSIDE, traced

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


async def test_events_become_commands_and_effects_and_the_position_moves_with_them(bench: Bench) -> None:
    records = [bench.ordered(subject, customer=f"c-{subject}") for subject in subjects(40)]
    async with running(bench.reactor()):
        await bench.happen(*records, transaction=True)
        commands = await bench.until_commands(40)
        await bench.until_handled()
    assert ids_of(commands) == expected_ids(records)
    assert {row.recipient for row in await bench.store.effects("shipping")} == {f"c-{r.key}" for r in records}
    by_target = {record.key: read_command_meta(record) for record in commands}
    for record in records:
        meta = by_target[record.key]
        assert (meta.causation, meta.source_aggregate, meta.source_sequence) == (
            record.headers["ce_id"],
            record.key,
            1,
        )


async def test_what_a_reaction_causes_continues_the_trace_of_the_event(bench: Bench) -> None:
    tracer, exporter = traced()
    [subject] = subjects(1)
    record = bench.ordered(subject)
    async with running(bench.reactor(tracer=tracer)):
        await bench.happen(structs.replace(record, headers={**record.headers, TRACE: OUTSIDE}))
        [command] = await bench.until_commands(1)
    [span] = [one for one in exporter.get_finished_spans() if one.name.startswith("react shipping")]
    assert span.parent is not None
    assert span.context is not None
    assert f"{span.parent.span_id:016x}" in OUTSIDE
    assert command.headers[TRACE] == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


async def test_commands_of_one_source_arrive_in_the_order_of_its_events(bench: Bench) -> None:
    [subject] = subjects(1)
    records = [bench.ordered(subject) for _ in range(30)]
    async with running(bench.reactor()):
        await bench.happen(*records)
        commands = await bench.until_commands(30)
    assert [read_command_meta(record).source_sequence for record in commands] == list(range(1, 31))


async def test_poison_goes_to_both_dead_letters_and_the_next_record_is_handled(bench: Bench) -> None:
    bad, good = subjects(2)
    poison = bench.ordered(bad, behave="poison")
    async with running(bench.reactor()):
        await bench.happen(poison, bench.ordered(bad), bench.ordered(good))
        [command] = await bench.until_commands(1)
        await bench.until_handled()
        first, second = await bench.messages(LETTERS)
    assert command.key == good
    stored = await bench.store.open_dead_letters(bench.name, EVENTS, bad)
    assert [letter.reason for letter in stored] == ["poison", "parked"]
    headers = dict(first.headers)
    assert {name: headers[name].decode() for name in poison.headers} == dict(poison.headers)
    assert (headers["ce_type"].decode(), first.key.decode(), first.value) == (poison.type, bad, poison.value)
    place = headers["dlq_topic"].decode(), int(headers["dlq_partition"]), int(headers["dlq_offset"])
    assert place == (EVENTS, stored[0].record.partition, stored[0].record.offset)
    assert b"cannot be packed" in headers["dlq_error"]
    assert dict(second.headers)["dlq_reason"] == b"parked"


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (b"\xff\xfe", b"{}", [("ce_type", b"loanstream.shipping.Ordered.v1")]),
        (None, b"", []),
        (b"order", None, [("ce_type", b"loanstream.shipping.Ordered.v1")]),
        (b"order", b"\xff", [("ce_type", b"loanstream.shipping.Ordered.v1"), ("ce_id", b"\xff\x00")]),
        (b"order", b"{}", [("ce_type", b"loanstream.shipping.Ordered.v1"), ("ce_id", None)]),
        (b"or\x00der", b"{}", [("ce_type", b"loanstream.shipping.Ordered.v1")]),
        (b"order", b"x" * 999_000, [("ce_type", b"loanstream.shipping.Ordered.v1")]),
    ],
    ids=[
        "key is no text",
        "nothing at all",
        "no value",
        "header is no text",
        "null header",
        "zero byte",
        "too large to send on",
    ],
)
async def test_bytes_that_are_no_record_stop_nothing(
    bench: Bench, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    good = next(subject for subject in subjects(100) if bench.ordered(subject).partition == 0)
    async with running(bench.reactor()):
        offset = await bench.raw(EVENTS, key, value, headers)
        record = bench.ordered(good)
        await bench.happen(record)
        [command] = await bench.until_commands(1)
        await bench.until_handled()
    assert command.key == good
    letters = await bench.store.dead_letters(bench.name)
    messages = await bench.messages(LETTERS)
    if not headers:
        assert (letters, messages) == ([], [])  # of no type at all: nobody reacts to it
        return
    assert [(letter.record.offset, letter.reason) for letter in letters] == [(offset, "poison")]
    assert letters[0].record.value == (value or b"")
    [message] = messages
    assert message.key == key
    assert message.value == value or b"999000 bytes" in dict(message.headers)["dlq_omitted"]
    assert [header for header in message.headers if not header[0].startswith("dlq_")] == headers


async def test_a_replay_settles_the_letters_of_a_key_and_frees_it(bench: Bench) -> None:
    [subject] = subjects(1)
    reactor = bench.reactor()
    async with running(reactor):
        await bench.happen(bench.ordered(subject, behave="poison"), bench.ordered(subject))
        await bench.until_handled()
        log = MemoryLog()
        await log.apply(definitions(PARTITIONS), "test")
        router = ReactionHost(_mended(), log, bench.store, SteppedClock(), name=bench.name)
        first = (await bench.store.open_dead_letters(bench.name, EVENTS, subject))[0]
        assert (await router.replay(first)).settled == 2
        await bench.happen(bench.ordered(subject))
        [command] = await bench.until_commands(1)
    replayed = await log.read({TopicPartition(COMMANDS, n): 0 for n in range(PARTITIONS)}, 10)
    assert [read_command_meta(record).source_sequence for record in replayed] == [1, 2]
    assert read_command_meta(command).source_sequence == 3
    assert not await bench.store.parked_keys(bench.name)


async def test_two_members_share_the_partitions_and_the_second_takes_over(bench: Bench) -> None:
    first, second = bench.reactor(), bench.reactor()
    async with running(first):
        async with running(second):
            await until(lambda: _sizes(first, second), lambda sizes: sizes == [PARTITIONS, PARTITIONS], 30)
            assert not set(first.waiting_on()) & set(second.waiting_on())
            records = [bench.ordered(subject, customer="c") for subject in subjects(60)]
            await bench.happen(*records, transaction=True)
            await bench.until_handled()
            assert first.counts["reacted"] > 0
            assert second.counts["reacted"] > 0
        more = [bench.ordered(subject, customer="c") for subject in subjects(60)]
        await bench.happen(*more, transaction=True)
        await bench.until_handled(30)
    assert ids_of(await bench.commands()) == expected_ids([*records, *more])


async def test_reading_begins_where_the_store_stands_not_where_the_group_does(bench: Bench) -> None:
    records = [bench.ordered(subject) for subject in subjects(20)]
    async with running(bench.reactor()):
        await bench.happen(*records)
        await bench.until_handled()
    now = await bench.store.positions(bench.name)
    assert await bench.store.advance(bench.name, now, {place: bench.begun[place] for place in now}, (), ())
    async with running(bench.reactor()):
        await bench.until_commands(40)
        await bench.until_handled()
    assert sorted(set(ids_of(await bench.commands()))) == expected_ids(records)


async def test_a_position_beyond_the_log_stops_the_reactor_and_says_what_to_do(bench: Bench) -> None:
    now = await bench.store.positions(bench.name)
    place = TopicPartition(EVENTS, 1)
    await bench.store.advance(bench.name, {place: now[place]}, {place: now[place] + 1000}, (), ())
    reactor = bench.reactor()
    async with running_until_stopped(reactor):
        [sentence] = await reactor.not_ready()
    assert f"stands at {now[place] + 1000} of {EVENTS} partition 1" in sentence
    assert "remade or truncated" in sentence


async def test_a_topic_that_loses_records_while_it_is_read_stops_the_reactor(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactor_module, "_WATCH_SECONDS", 0.3)
    reactor = bench.reactor()
    async with running(reactor):
        # the same as a log that now ends a million records earlier
        reactor._lanes[TopicPartition(EVENTS, 0)].position += 1_000_000
        [sentence] = await until(reactor.not_ready, bool, 10)
    assert f"{EVENTS} partition 0" in sentence


async def _sizes(*reactors: object) -> list[int]:
    return [len(reactor.waiting_on()) for reactor in reactors]  # type: ignore[attr-defined]


def _mended() -> Service:
    """The service of a release in which nothing is poison."""

    def pack(event: Ordered, _meta: EventMeta) -> list[Send]:
        return [Send(event.order_id, Pack(order_id=event.order_id))]

    return shipping_service(reactions=[Reaction("shipping.pack", Ordered, pack)])
