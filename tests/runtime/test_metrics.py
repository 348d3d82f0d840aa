"""What Prometheus is shown of real hosts on the memory log."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.loop_delay import watch_loop
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.metrics import HostMetrics
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.stores import Audit
from loanstream.runtime.supervisor import Host, Supervisor
from schemas.topics import Role, topic
from tests.runtime.support.carrier import Carrier
from tests.runtime.support.shipping import Ordered, World, definitions, shipping_service
from tests.support.counting import (
    A_DAY,
    CONTEXT,
    SteppedClock,
    count,
    counting_log,
    counting_service,
    start_day,
)

Series = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def series(metrics: HostMetrics) -> Series:
    """Every value by name and labels, parsed by the library."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def value(shown: Series, name: str, **labels: str) -> float | None:
    """One of them; ``None`` where it is not shown."""
    return shown.get((name, frozenset(labels.items())))


def shown_by(log: MemoryLog, store: MemoryStore, *hosts: Host) -> tuple[HostMetrics, Supervisor]:
    """Metrics of hosts that count as open."""
    supervisor = Supervisor(log, hosts)
    supervisor.opened.update(host.name for host in hosts)
    metrics = HostMetrics(log, store)
    metrics.show(supervisor)
    return metrics, supervisor


def a_decider(log: MemoryLog) -> OwnedDecider:
    """A decider of counters."""
    clock = SteppedClock()
    return OwnedDecider(DeciderHost(counting_service(), 0, log, clock, MemoryStore()), Ownership(None, 1), clock)


async def test_a_deciders_lag_batches_commits_rebuild_and_dead_letters_are_shown() -> None:
    log = await counting_log()
    host = a_decider(log)
    metrics, _ = shown_by(log, MemoryStore(), host)
    await log.send([start_day(A_DAY), count("a"), count("b", fail=True)])
    await host.step()
    await log.send([count("c"), count("d")])
    await metrics.look(0.0)
    shown = series(metrics)
    place = {"consumer": f"{CONTEXT}.decider", "topic": topic(CONTEXT, Role.COMMANDS), "partition": "0"}
    partition = {"service": CONTEXT, "partition": "0"}
    assert value(shown, "loanstream_lag_events", **place) == 2
    assert value(shown, "loanstream_lag_seconds", **place) > 0  # type: ignore[operator]
    assert value(shown, "loanstream_decider_batch_commands_sum", service=CONTEXT) == 3
    assert value(shown, "loanstream_decider_commit_seconds_count", service=CONTEXT) == 1
    assert value(shown, "loanstream_decider_rebuild_records", **partition) == 2
    assert value(shown, "loanstream_decider_rebuild_records_done", **partition) == 2
    assert value(shown, "loanstream_decider_rebuild_running", **partition) == 0
    # the partition itself, a, and the window of b
    assert value(shown, "loanstream_decider_aggregates", **partition) == 3
    assert value(shown, "loanstream_dead_letters_total", consumer=f"{CONTEXT}.decider", reason="poison") == 1
    await host.step()
    await metrics.look(2.0)
    assert value(series(metrics), "loanstream_lag_events", **place) == 0
    assert value(series(metrics), "loanstream_lag_seconds", **place) == 0


async def test_a_routers_lag_and_dead_letters_and_the_effects_by_status_are_shown() -> None:
    log, store = MemoryLog(), MemoryStore()
    await log.apply(definitions(1), "test")
    world = World(log, 1)
    router = ReactionHost(shipping_service(), log, store, world.clock)
    sender = EffectsHost(shipping_service(), {"parcel": Carrier()}, log, store, world.clock)
    await sender.open()
    metrics, _ = shown_by(log, store, router, sender)
    await world.happen("o-1", Ordered(order_id="o-1", customer="c-1"))
    await world.happen("o-2", Ordered(order_id="o-2", behave="poison"))
    while await router.step():
        pass
    await world.happen("o-3", Ordered(order_id="o-3"))
    await metrics.look(0.0)
    await metrics.count()
    shown = series(metrics)
    place = {"consumer": "shipping.router", "topic": topic("shipping", Role.EVENTS), "partition": "0"}
    assert value(shown, "loanstream_lag_events", **place) == 1
    assert value(shown, "loanstream_dead_letters_total", consumer="shipping.router", reason="poison") == 1
    assert value(shown, "loanstream_reactions_total", consumer="shipping.router", result="reacted") == 1
    assert value(shown, "loanstream_effects", service="shipping", status="pending") == 1
    await sender.step()
    await metrics.count()
    assert value(series(metrics), "loanstream_effects", service="shipping", status="succeeded") == 1
    assert value(series(metrics), "loanstream_effects", service="shipping", status="pending") == 0


async def test_dead_letters_that_wait_are_shown_by_the_partition_of_their_records_until_they_are_replayed() -> None:
    log, store = MemoryLog(), MemoryStore()
    await log.apply(definitions(1), "test")
    world = World(log, 1)
    router = ReactionHost(shipping_service(), log, store, world.clock)
    metrics, _ = shown_by(log, store, router)
    await world.happen("o-1", Ordered(order_id="o-1", behave="poison"))
    await world.happen("o-1", Ordered(order_id="o-1"))
    while await router.step():
        pass
    await metrics.count()
    place = {"consumer": "shipping.router", "topic": topic("shipping", Role.EVENTS), "partition": "0"}
    assert value(series(metrics), "loanstream_dead_letters_open", **place) == 2
    for letter in await store.dead_letters(router.name):
        await store.settle_dead_letter(router.name, TopicPartition(place["topic"], 0), letter.record.offset, "replayed")
    await metrics.count()
    assert value(series(metrics), "loanstream_dead_letters_open", **place) == 0


async def test_an_effect_that_no_sender_takes_is_overdue() -> None:
    log, store = MemoryLog(), MemoryStore()
    await log.apply(definitions(1), "test")
    world = World(log, 1)
    router = ReactionHost(shipping_service(), log, store, world.clock)
    sender = EffectsHost(shipping_service(), {"parcel": Carrier()}, log, store, world.clock)
    metrics, _ = shown_by(log, store, router, sender)
    await world.happen("o-1", Ordered(order_id="o-1", customer="c-1"))
    while await router.step():
        pass
    [row] = await store.effects("shipping")
    metrics._clock = SteppedClock(row.due_at + timedelta(minutes=2))
    await metrics.count()
    assert value(series(metrics), "loanstream_effects_overdue_seconds", service="shipping") == 120
    await sender.step()
    await metrics.count()
    assert value(series(metrics), "loanstream_effects_overdue_seconds", service="shipping") == 0


async def test_the_last_audit_of_each_service_is_shown_and_none_where_there_was_none() -> None:
    log, store = MemoryLog(), MemoryStore()
    await log.apply(definitions(1), "test")
    metrics, _ = shown_by(log, store, a_decider(log))
    await metrics.count()
    assert value(series(metrics), "loanstream_audit_findings", service="risk") is None
    await store.keep_audits({"risk": Audit(datetime(2026, 1, 5, tzinfo=UTC), 3)})
    await metrics.count()
    assert value(series(metrics), "loanstream_audit_findings", service="risk") == 3
    ended = value(series(metrics), "loanstream_audit_ended_timestamp_seconds", service="risk")
    assert ended == datetime(2026, 1, 5, tzinfo=UTC).timestamp()


async def test_an_owned_partition_shows_its_business_day_what_is_on_hold_and_what_waits_for_a_replay() -> None:
    log = await counting_log()
    host = a_decider(log)
    metrics, supervisor = shown_by(log, MemoryStore(), host)
    partition = {"service": CONTEXT, "partition": "0"}
    assert value(series(metrics), "loanstream_business_day_open", **partition) is None
    await log.send([start_day(A_DAY), count("a"), count("b", fail=True)])
    await host.step()
    shown = series(metrics)
    midnight = datetime(A_DAY.year, A_DAY.month, A_DAY.day, tzinfo=UTC).timestamp()
    assert value(shown, "loanstream_business_day_timestamp_seconds", **partition) == midnight
    assert value(shown, "loanstream_business_day_open", **partition) == 0
    assert value(shown, "loanstream_aggregates_held", **partition) == 0
    place = {"consumer": f"{CONTEXT}.decider", "topic": topic(CONTEXT, Role.COMMANDS), "partition": "0"}
    assert value(shown, "loanstream_dead_letters_open", **place) == 1
    host.host.fold.held.add("a")  # type: ignore[union-attr]
    host.host.fold.day.open = True  # type: ignore[union-attr]
    shown = series(metrics)
    assert value(shown, "loanstream_business_day_open", **partition) == 1
    assert value(shown, "loanstream_aggregates_held", **partition) == 1
    supervisor.opened.clear()
    assert value(series(metrics), "loanstream_business_day_open", **partition) is None


async def test_counters_begin_at_nothing_so_that_a_rate_sees_their_first_step() -> None:
    log = await counting_log()
    world = World(MemoryLog(), 1)
    router = ReactionHost(shipping_service(), log, MemoryStore(), world.clock)
    metrics, _ = shown_by(log, MemoryStore(), a_decider(log), router)
    shown = series(metrics)
    for consumer, reason in ((f"{CONTEXT}.decider", "poison"), ("shipping.router", "unknown-type")):
        assert value(shown, "loanstream_dead_letters_total", consumer=consumer, reason=reason) == 0
    assert value(shown, "loanstream_reactions_total", consumer="shipping.router", result="unknown") == 0
    assert value(shown, "loanstream_decider_snapshots_total", service=CONTEXT, partition="0", result="failed") == 0


async def test_stopped_fenced_and_restarted_hosts_are_shown_and_a_stopped_one_has_no_lag() -> None:
    log = await counting_log()
    host = a_decider(log)
    metrics, supervisor = shown_by(log, MemoryStore(), host)
    await log.send([start_day(A_DAY)])
    await host.step()
    supervisor.opened.clear()
    supervisor.stopped[host.name] = "the topic was remade"
    supervisor.dead.add(host.name)
    supervisor.restarted[host.name] = 3
    supervisor.fenced[host.name] = 2
    await metrics.look(0.0)
    shown = series(metrics)
    expected = {"stopped": 1, "dead": 1, "open": 0, "restarts_total": 3, "fenced_total": 2}
    assert {name: value(shown, f"loanstream_host_{name}", host=host.name) for name in expected} == expected
    assert not any(name == "loanstream_lag_events" for name, _ in shown)


async def test_what_starts_anew_inside_a_host_counts_as_its_restart() -> None:
    log = await counting_log()
    host = a_decider(log)
    metrics, supervisor = shown_by(log, MemoryStore(), host)
    supervisor.restarted[host.name] = 1
    host.restarts = 2  # type: ignore[attr-defined]
    assert value(series(metrics), "loanstream_host_restarts_total", host=host.name) == 3


async def test_what_is_shown_says_how_old_it_is_when_the_log_does_not_answer() -> None:
    log = await counting_log()
    metrics, _ = shown_by(log, MemoryStore(), a_decider(log))
    log.ends = _hung_up  # type: ignore[method-assign,assignment]
    short = timedelta(milliseconds=20)
    running = asyncio.create_task(metrics.run(every=short, count_every=short))
    await asyncio.sleep(0.3)
    running.cancel()
    shown = series(metrics)
    assert value(shown, "loanstream_metrics_age_seconds", where="log") >= 0.25  # type: ignore[operator]
    assert value(shown, "loanstream_metrics_age_seconds", where="store") < 0.25  # type: ignore[operator]


async def _hung_up(*_places: object) -> object:
    raise ConnectionResetError


async def test_an_event_loop_that_is_held_up_is_shown() -> None:
    log = await counting_log()
    metrics, _ = shown_by(log, MemoryStore(), a_decider(log))
    running = asyncio.create_task(watch_loop(metrics._delays.observe, every=0.01))
    await asyncio.sleep(0.005)
    time.sleep(0.2)  # noqa: ASYNC251 - what must not happen
    await asyncio.sleep(0.005)
    running.cancel()
    assert value(series(metrics), "loanstream_event_loop_delay_seconds_sum") > 0.1  # type: ignore[operator]


async def test_looking_goes_on_when_the_log_did_not_answer() -> None:
    log = await counting_log()
    host = a_decider(log)
    await host.open()
    metrics, _ = shown_by(log, MemoryStore(), host)
    looked, ends = asyncio.Event(), log.ends
    answers = iter([ConnectionResetError()])

    async def answered(*places: object) -> object:
        for error in answers:
            raise error
        looked.set()
        return await ends(*places)  # type: ignore[arg-type]

    log.ends = answered  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(metrics.run(every=timedelta(milliseconds=1)))
    async with asyncio.timeout(10):
        await looked.wait()
    running.cancel()


def test_two_processes_in_one_interpreter_do_not_mix() -> None:
    first, second = (HostMetrics(MemoryLog(), MemoryStore()) for _ in range(2))
    first._told("servicing")(5, 0.1)
    assert value(series(first), "loanstream_decider_batch_commands_sum", service="servicing") == 5
    assert value(series(second), "loanstream_decider_batch_commands_sum", service="servicing") is None
