"""A reactor: one member of the group of a service's reactors, run as a task beside whatever else the process does.

Faust fetches in a thread of its own and hands over in the event loop that :meth:`Reactor.run` is called in, whichever kind it is.
After an error of Faust's the app is made anew; records come again from the stored positions on.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.contrib.asgi import bind_to_running_loop
from faust.types import TP

from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.port import LogError, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.definitions import Service
from loanstream.runtime.faust_reactor.application import raw_topic, reactor_app
from loanstream.runtime.faust_reactor.guard import Patience
from loanstream.runtime.faust_reactor.lane import Desk, Lane, MovedBack
from loanstream.runtime.faust_reactor.pinned import PinnedConsumer, PinnedTransport, Unpatched, check
from loanstream.runtime.faust_reactor.received import received
from loanstream.runtime.faust_reactor.sending import Sending
from loanstream.runtime.reacting import Plan, plan, reacting
from loanstream.runtime.stopping import PositionLost
from loanstream.runtime.stores import HostStore
from loanstream.runtime.tracing import Tracer
from schemas.topics import Role, topic

_log = structlog.get_logger(__name__)

STOP_SECONDS = 5.0
"""How long runs under way may take to end when the reactor is stopped."""

_FAUST_STOPS_SECONDS = 10.0
_PATIENCE_SECONDS = 5.0
_FIRST_BACKOFF = 0.2
_LONGEST_BACKOFF = 10.0
_LOOK_SECONDS = 0.1
_SETTLE_SECONDS = 60.0
"""Within which a member is told its partitions: twice what the broker gives it to join anew."""
_WATCH_SECONDS = 5.0
"""How often positions are held against the log while records come: what Faust does with one that is out of range is silent."""


class Reactor:
    """Runs the reactions of one service on Kafka.

    ``hurried`` is the same store as ``store`` which waits for a lock but a moment; ``batch`` is the most records that one
    transaction covers; ``tracer`` makes a span of each reaction.
    """

    def __init__(
        self,
        service: Service,
        cluster: ClusterSettings,
        store: HostStore,
        clock: Clock,
        *,
        hurried: HostStore | None = None,
        name: str = "",
        batch: int = 200,
        patience: Patience | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.service = service
        self.name = name or f"{service.name}.reactor"
        self.counts: Counter[str] = Counter()
        """Records by what became of them: ``reacted``, ``other``, ``unknown``, and dead letters by reason."""
        self.restarts = 0
        self.stopped = ""
        """Why it will not go on; empty while it does."""
        self._cluster = cluster
        self._store = store
        self._hurried = hurried or store
        self._clock = clock
        self._batch = batch
        self._patience = patience or Patience()
        self._react = reacting(tracer)
        self._lanes: dict[TopicPartition, Lane] = {}
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._ready = False
        self._assignments = 0
        self._unsettled = 0
        self._failure: asyncio.Future[None]
        self._stopping = asyncio.Event()
        self._desk: Desk

    async def run(self) -> None:
        """Run until cancelled; what is under way then ends in order.

        Raises :class:`~loanstream.runtime.faust_reactor.pinned.Unpatched` at once. A position that does not fit the log
        stops the reactor, which then waits to be cancelled and says so in :meth:`not_ready`.
        """
        backoff = _FIRST_BACKOFF
        while not self.stopped:
            try:
                await self._run_once()
            except Unpatched:
                raise
            except PositionLost as error:
                self.stopped = str(error)
                _log.critical("host stopped", host=self.name, error=self.stopped)
            except Exception as error:
                self.restarts += 1
                backoff = _FIRST_BACKOFF if self._ready else min(2 * backoff, _LONGEST_BACKOFF)
                self._tell(error)
                await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311
            finally:
                self._ready = False
        await asyncio.Event().wait()

    async def not_ready(self) -> list[str]:
        """A sentence when it does not read its partitions, for the readiness check."""
        if self.stopped:
            return [f"{self.name} stopped: {self.stopped}"]
        return [] if self._ready else [f"{self.name} is starting"]

    def troubles(self) -> list[str]:
        """A sentence for each partition that waits for the store or the broker."""
        return [
            f"{self.name} waits at {place.topic} partition {place.partition}: {lane.trouble}"
            for place, lane in self._lanes.items()
            if lane.trouble
        ]

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """The next offset to handle of each partition that is this member's now."""
        return {place: lane.position for place, lane in self._lanes.items()}

    async def _run_once(self) -> None:
        self._failure = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()
        self._unsettled = 0
        made = await self._planned()
        app = self._app(made)
        check(app)
        starting = asyncio.ensure_future(app.maybe_start())
        try:
            # Faust sets its flags from its consumer's thread too, which wakes nobody who waits for them here
            watched = time.monotonic()
            transport = cast(PinnedTransport, app.transport)
            while not (self._failure.done() or transport.lost or app.should_stop or _failed(starting)):
                await asyncio.sleep(_LOOK_SECONDS)
                if time.monotonic() - watched > _WATCH_SECONDS:
                    await self._watch(app)
                    watched = time.monotonic()
            if self._failure.done():
                self._failure.result()
            if transport.lost is not None:
                raise transport.lost
            if starting.done():
                starting.result()
            raise RuntimeError(f"Faust stopped: {app.crash_reason!r}")
        finally:
            await self._close(app, starting)

    async def _planned(self) -> Plan:
        """What the service reacts to. Raises :class:`UnknownTopic` for a topic that Faust would wait for without a word."""
        cluster = Cluster(self._cluster, _PATIENCE_SECONDS)
        try:
            made = plan(self.service, await cluster.count(topic(self.service.name, Role.COMMANDS)))
            for name in (topic(self.service.name, Role.DEADLETTERS), *made.topics):
                await cluster.count(name)
        finally:
            await cluster.close()
        return made

    def _app(self, made: Plan) -> faust.App:
        app = reactor_app(self.name, self._cluster, self._begin)
        bind_to_running_loop(app)
        app.finalize()
        sending = Sending(app.producer.send, topic(self.service.name, Role.DEADLETTERS))
        self._desk = Desk(
            self.name,
            made,
            self._store,
            self._hurried,
            sending,
            self._clock,
            self._patience,
            self._batch,
            self.counts,
            self._react,
        )
        app.agent(raw_topic(app, *made.topics), name=f"{self.name}.agent")(self._distribute)
        cast(Any, app.on_rebalance_complete).connect(self._settled)
        return app

    async def _distribute(self, stream: faust.StreamT[bytes]) -> None:
        """The agent body: hand each record to its lane, which acknowledges it."""
        async for event in cast(faust.Stream[bytes], stream).noack().events():
            each = received(event)
            lane = self._lanes.get(each.place)
            if lane is None:
                # the partition was taken away while the record was on its way
                event.ack()
            else:
                lane.put(each)

    async def _begin(self, consumer: PinnedConsumer) -> Mapping[TP, int]:
        """Partitions were assigned: a lane for each, beginning where the store stands."""
        try:
            return await self._begun(consumer)
        except Exception as error:
            # Faust asks for positions in places where it drops what is raised
            if not self._failure.done():
                self._failure.set_exception(error)
            raise

    async def _settled(self, app: Any, *_: Any, **__: Any) -> None:
        """The group has settled. Faust asks for positions only where there are partitions: this member may have none."""
        if not app.consumer.assignment():
            self._drop_lanes()
            self._assignments += 1
            self._ready = True

    async def _begun(self, consumer: PinnedConsumer) -> Mapping[TP, int]:
        self._drop_lanes()
        self._assignments += 1
        this, assigned = self._assignments, sorted(consumer.assignment())
        stored = await self._store.positions(self.name)
        parked = frozenset(await self._store.parked_keys(self.name))
        positions = {tp: stored.get(TopicPartition(*tp), 0) for tp in assigned}
        await self._check(consumer, positions)
        if this == self._assignments:  # else partitions were assigned anew while the store and the broker were asked
            for tp, position in positions.items():
                self._open_lane(consumer, tp, position, parked)
            self._ready = True
        return positions

    def _open_lane(self, consumer: PinnedConsumer, tp: TP, position: int, parked: frozenset[tuple[str, str]]) -> None:
        place = TopicPartition(*tp)
        lane = Lane(
            self._desk,
            place,
            position,
            parked,
            on_full=lambda: consumer.on_buffer_full(tp),
            on_room=lambda: consumer.on_buffer_drop(tp),
        )
        self._lanes[place] = lane
        self._tasks[place] = asyncio.create_task(
            lane.work(self._stopping), name=f"{self.name} {tp.topic}/{tp.partition}"
        )
        self._tasks[place].add_done_callback(lambda task: self._lane_ended(lane, task))

    async def _check(self, consumer: PinnedConsumer, positions: Mapping[TP, int]) -> None:
        """Raise :class:`PositionLost` where a position lies outside the log. Nothing is ever reset by itself."""
        starts = await consumer.earliest_offsets(*positions)
        ends = await consumer.highwaters(*positions)
        for tp, position in positions.items():
            if not starts[tp] <= position <= ends[tp]:
                raise PositionLost(
                    f"{self.name} stands at {position} of {tp.topic} partition {tp.partition}, which holds {starts[tp]} to"
                    f" {ends[tp]}: the topic was remade or truncated; restore it, or rebuild what {self.name} keeps from it"
                )

    async def _watch(self, app: faust.App) -> None:
        """Hold the positions against the log and the store, and the rebalance against the clock.

        Raises :class:`PositionLost` when a topic was remade or truncated while records were read from it, :class:`MovedBack` when
        the store has forgotten positions, as a database that crashed, and :class:`TimeoutError` when the group does not settle,
        at the start as well.
        """
        self._unsettled = self._unsettled + 1 if app.rebalancing or not self._ready else 0
        if self._unsettled * _WATCH_SECONDS > _SETTLE_SECONDS:
            raise TimeoutError(f"the group does not settle in {_SETTLE_SECONDS:g} s")
        handled = self.waiting_on()
        if not handled or app.rebalancing:
            return
        positions = {TP(*place): position for place, position in handled.items()}
        try:
            async with asyncio.timeout(_WATCH_SECONDS):
                await self._check(cast(PinnedConsumer, app.consumer), positions)
                stored = await self._store.positions(self.name)
                if any(stored.get(place, 0) < position for place, position in handled.items()):
                    raise MovedBack("the store stands before what was handled")
        except (PositionLost, MovedBack):
            raise
        except Exception as error:
            _log.info("positions could not be held against the log", host=self.name, error=repr(error))

    def _lane_ended(self, lane: Lane, task: asyncio.Task[None]) -> None:
        if self._failure.done() or task.cancelled() or self._stopping.is_set():
            return
        self._failure.set_exception(task.exception() or MovedBack(lane.trouble))

    def _drop_lanes(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        for lane in self._lanes.values():
            lane.let_go()
        self._tasks, self._lanes = {}, {}

    async def _close(self, app: faust.App, starting: asyncio.Future[bool]) -> None:
        """End the runs under way, then stop Faust, without waiting for records that nobody has begun."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        while (busy := self._under_way()) and time.monotonic() < until:
            await asyncio.wait(busy, timeout=_LOOK_SECONDS)
        self._drop_lanes()
        cast(PinnedTransport, app.transport).ending = True
        starting.cancel()
        if not self._failure.done():
            self._failure.cancel()
        # Faust may keep what cancels it to itself, when its consumer's thread has crashed: it is left behind then
        ending: list[asyncio.Future[Any]] = [starting, asyncio.ensure_future(app.stop())]
        done, left = await asyncio.wait(ending, timeout=_FAUST_STOPS_SECONDS)
        for task in left:
            task.cancel()
        failed = [repr(task.exception()) for task in done if not task.cancelled() and task.exception()]
        if left or failed:
            _log.warning("Faust did not stop", host=self.name, error="; ".join(failed) or "not in time")

    def _under_way(self) -> list[asyncio.Task[None]]:
        """Runs that can be waited for: one in trouble has nothing written and is begun anew by whoever comes next."""
        busy = [place for place, lane in self._lanes.items() if lane.busy and not lane.trouble]
        return [self._tasks[place] for place in busy if not self._tasks[place].done()]

    def _tell(self, error: Exception) -> None:
        if isinstance(error, (KafkaError, LogError, OSError, MovedBack)):
            _log.warning("reactor failed, starting anew", host=self.name, error=repr(error))
        else:
            _log.error("reactor failed, starting anew", host=self.name, exc_info=error)


def _failed(task: asyncio.Future[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
