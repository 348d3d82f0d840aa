"""What Prometheus is shown of real hosts on the memory log."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.metrics import HostMetrics
from loanstream.runtime.reaction_host import ReactionHost
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
    await metrics.count_effects()
    shown = series(metrics)
    place = {"consumer": "shipping.router", "topic": topic("shipping", Role.EVENTS), "partition": "0"}
    assert value(shown, "loanstream_lag_events", **place) == 1
    assert value(shown, "loanstream_dead_letters_total", consumer="shipping.router", reason="poison") == 1
    assert value(shown, "loanstream_reactions_total", consumer="shipping.router", result="reacted") == 1
    assert value(shown, "loanstream_effects", service="shipping", status="pending") == 1
    await sender.step()
    await metrics.count_effects()
    assert value(series(metrics), "loanstream_effects", service="shipping", status="succeeded") == 1
    assert value(series(metrics), "loanstream_effects", service="shipping", status="pending") is None


async def test_stopped_fenced_and_restarted_hosts_are_shown_and_a_stopped_one_has_no_lag() -> None:
    log = await counting_log()
    host = a_decider(log)
    metrics, supervisor = shown_by(log, MemoryStore(), host)
    await log.send([start_day(A_DAY)])
    await host.step()
    supervisor.opened.clear()
    supervisor.stopped[host.name] = "the topic was remade"
    supervisor.restarted[host.name] = 3
    supervisor.fenced[host.name] = 2
    await metrics.look(0.0)
    shown = series(metrics)
    expected = {"stopped": 1, "open": 0, "restarts_total": 3, "fenced_total": 2}
    assert {name: value(shown, f"loanstream_host_{name}", host=host.name) for name in expected} == expected
    assert not any(name == "loanstream_lag_events" for name, _ in shown)


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
