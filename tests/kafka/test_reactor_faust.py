"""What Faust does by itself, and what it does pinned: each rule of the patch with its mutation as a parameter."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import faust
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import UnknownError
from faust.contrib.asgi import faust_app_running
from faust.transport.drivers.aiokafka import Transport

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.coordination import WholeTopics
from loanstream.runtime.faust_reactor import pinned, reactor
from loanstream.runtime.faust_reactor.application import raw_topic, reactor_app
from loanstream.runtime.faust_reactor.host import ReactorHost
from loanstream.runtime.supervisor import Supervisor
from tests.kafka.reactor_bench import EVENTS, Bench, running, subjects, until
from tests.kafka.rules import holds_unless

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

WITH_AND_WITHOUT = pytest.mark.parametrize("patched", [True, False], ids=["patched", "unpatched"])


@asynccontextmanager
async def reading(bench: Bench, patched: bool) -> AsyncIterator[dict[bytes, float]]:
    """A bare agent of an app of ours that notes keys and when they came; unpatched, with Faust's own transport."""
    app = reactor_app(bench.name, bench.cluster)
    app.conf.consumer_auto_offset_reset = "latest"
    if not patched:
        app.transport = Transport(app.conf.broker_consumer, app)
    seen: dict[bytes, float] = {}

    async def note(stream: Any) -> None:
        async for event in stream.events():
            seen[event.message.key] = time.monotonic()

    app.agent(raw_topic(app, EVENTS))(note)
    async with faust_app_running(app):

        async def awake() -> bool:
            await bench.happen(*[bench.ordered(subject) for subject in subjects(8)])
            return bool(seen)

        await until(awake, bool)
        yield seen


@WITH_AND_WITHOUT
async def test_aborted_records_are_seen_by_nobody(bench: Bench, patched: bool) -> None:
    aborted, committed, last = subjects(3)
    async with reading(bench, patched) as seen:
        await bench.happen(bench.ordered(aborted), abort=True)
        await bench.happen(bench.ordered(committed), transaction=True)
        ends = [bench.ordered(subject) for subject in subjects(20)]
        await bench.happen(*ends, bench.ordered(last))
        await until(lambda: _found(seen, last.encode(), committed.encode()), bool)
    assert (aborted.encode() in seen) is not patched


@WITH_AND_WITHOUT
async def test_an_idle_partition_does_not_stall_a_busy_one(bench: Bench, patched: bool) -> None:
    async with reading(bench, patched) as seen:
        # enough to read that the fetcher turns to the idle partitions before it is through with the busy one
        busy = [subject.encode() for subject in subjects(8000)]
        await bench.flood(EVENTS, busy, b"x" * 400)
        await until(lambda: _found(seen, *busy), bool, 30)
    longest = max(later - earlier for earlier, later in pairwise(seen[key] for key in busy))
    assert (longest < 0.3) is patched, f"{longest:.3f} s"


async def test_an_aborted_event_causes_no_command(bench: Bench) -> None:
    aborted, committed = subjects(2)
    async with running(bench.reactor()):
        await bench.happen(bench.ordered(aborted), abort=True)
        await bench.happen(bench.ordered(committed), transaction=True)
        [command] = await bench.until_commands(1)
    assert command.key == committed


_NOBODY_FETCHES = 2.5
"""Seconds after a revocation when the last fetch has ended too, which would have been told."""


async def nobody_hears(thread: pinned.PinnedConsumerThread, consumer: Any) -> None:
    """What the group's coordination met stays where it is, as in Faust."""


@pytest.mark.parametrize("hear", [pinned.PinnedConsumerThread._hear, nobody_hears])
@pytest.mark.parametrize("error", [UnknownError, ValueError], ids=["of-the-broker", "of-the-library"])
async def test_a_reactor_comes_back_after_an_error_of_its_group_s_coordination(
    bench: Bench, hear: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[tuple[GroupCoordinator, asyncio.AbstractEventLoop]] = []
    rejoin, failed = GroupCoordinator._do_rejoin_group, threading.Event()

    async def fails_at_the_second(coordinator: GroupCoordinator, subscription: Any) -> Any:
        joined.append((coordinator, asyncio.get_running_loop()))
        if len(joined) == 2:
            await asyncio.sleep(_NOBODY_FETCHES)
            failed.set()
            raise error("as a broker that has just come back")
        return await rejoin(coordinator, subscription)

    monkeypatch.setattr(pinned.PinnedConsumerThread, "_hear", hear)
    monkeypatch.setattr(GroupCoordinator, "_do_rejoin_group", fails_at_the_second)
    async with running(bench.reactor()):
        await bench.happen(bench.ordered("before"))
        await bench.until_handled()
        coordinator, loop = joined[0]
        loop.call_soon_threadsafe(coordinator.request_rejoin)
        assert await asyncio.to_thread(failed.wait, 10)
        await bench.happen(bench.ordered("after"))
        with holds_unless(hear is nobody_hears):
            await bench.until_handled(10)


async def test_a_reactor_that_leads_the_group_and_knows_of_no_partition_asks_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, forgotten = AIOKafkaClient._maybe_wait_metadata, threading.Event()

    async def told_nothing_once(client: AIOKafkaClient) -> None:
        await wait(client)
        if not forgotten.is_set():
            forgotten.set()
            client.cluster._partitions = {}  # as a broker that has just come back answers

    monkeypatch.setattr(AIOKafkaClient, "_maybe_wait_metadata", told_nothing_once)
    async with running(bench.reactor()):
        await bench.happen(bench.ordered("an-order"))
        await bench.until_handled(10)
    assert forgotten.is_set()


async def test_a_reactor_without_partitions_is_ready_and_takes_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_the_first(cluster: Any, members: Any) -> Any:
        shares = RoundRobinPartitionAssignor.assign(cluster, {min(members): members[min(members)]})
        nothing = ConsumerProtocolMemberAssignment(0, [], b"")
        return dict.fromkeys(members, nothing) | shares

    monkeypatch.setattr(WholeTopics, "assign", to_the_first)
    several = [bench.reactor() for _ in range(3)]
    async with running(*several):
        await bench.happen(*map(bench.ordered, subjects(8)))
        await bench.until_handled(20)
        owning = [each for each in several if each.waiting_on()]
        assert len(owning) == 1


async def test_a_reactor_that_is_told_no_partitions_in_time_starts_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign, asked = WholeTopics.assign, threading.Event()

    def fails_once(cluster: Any, members: Any) -> Any:
        if not asked.is_set():
            asked.set()
            raise ValueError("an error that nobody hears of")
        return assign(cluster, members)

    monkeypatch.setattr(reactor, "_SETTLE_SECONDS", 2.0)
    monkeypatch.setattr(reactor, "_WATCH_SECONDS", 0.5)
    monkeypatch.setattr(pinned.PinnedConsumerThread, "_hear", nobody_hears)
    monkeypatch.setattr(WholeTopics, "assign", fails_once)
    waiting = bench.reactor()
    async with running(waiting):
        await bench.happen(bench.ordered("an-order"))
        await bench.until_handled(20)
    assert asked.is_set()
    assert waiting.restarts == 1


async def test_a_faust_that_does_not_stop_is_left_behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, deaf = faust.App.stop, asyncio.Event()

    async def keeps_the_first_cancellation(app: faust.App) -> None:
        if deaf.is_set():
            await stop(app)
            return
        deaf.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)
        finally:
            await stop(app)

    monkeypatch.setattr(faust.App, "stop", keeps_the_first_cancellation)
    monkeypatch.setattr(reactor, "_FAUST_STOPS_SECONDS", 0.5)
    failing = bench.reactor()
    async with running(failing):
        failing._failure.set_exception(OSError("the consumer's thread has crashed"))
        await asyncio.wait_for(deaf.wait(), 10)
        # the one left behind is still a member: its successor has what it gives up
        for task in [each for each in asyncio.all_tasks() if "keeps_the_first" in repr(each)]:
            await until(lambda: asyncio.sleep(0, failing.restarts), bool)
            task.cancel()
        await bench.happen(bench.ordered("an-order"))
        await bench.until_handled(30)
    assert failing.restarts >= 1


async def test_a_reactor_refuses_to_start_with_faust_s_own_transport(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpinned(name: str, cluster: ClusterSettings, begin: object) -> Any:
        app = reactor_app(name, cluster)
        app.transport = Transport(app.conf.broker_consumer, app)
        return app

    monkeypatch.setattr(reactor, "reactor_app", unpinned)
    with pytest.raises(pinned.Unpatched, match="aborted records"):
        await asyncio.wait_for(bench.reactor().run(), 20)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_reactor_refuses_to_start_when_the_patch_does_not_reach_what_fetches(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pinned.driver.AIOKafkaConsumerThread._create_worker_consumer
    monkeypatch.setattr(pinned.PinnedConsumerThread, "_create_worker_consumer", own)
    with pytest.raises(pinned.Unpatched, match="isolation level, wait and assignors"):
        await asyncio.wait_for(bench.reactor().run(), 20)


async def test_a_reactor_refuses_to_start_with_another_faust(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "version", lambda name: "0.15.4")
    with pytest.raises(pinned.Unpatched, match=r"faust-streaming 0\.15\.4 is installed, 0\.15\.3 is needed"):
        await asyncio.wait_for(bench.reactor().run(), 20)


async def test_a_reactor_that_refuses_to_start_is_not_started_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "version", lambda name: "0.15.4")
    host = ReactorHost(bench.reactor())
    supervisor = Supervisor(bench.world.log, [host])
    running = asyncio.create_task(supervisor.run())
    await until(supervisor.not_ready, lambda told: any("stopped" in each for each in told))
    supervisor.stop()
    await running
    assert "install requirements.lock" in supervisor.stopped[host.name]
    assert supervisor.restarts == 0


async def _found(seen: dict[bytes, float], *wanted: bytes) -> bool:
    return seen.keys() >= set(wanted)
