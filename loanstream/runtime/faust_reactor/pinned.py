"""Faust's consumer settings that Faust does not let anybody set, and the proof that they are in force; errors it drops.

Outside its own exactly-once mode Faust reads uncommitted and so hands over records of aborted transactions; it lets a broker hold
back an answer for 1.5 seconds, during which a busy partition waits for an idle one; and a member that knows of no partition hands
out none to anybody. All are set where Faust makes its consumer, for the consumers of reactors only, and with Faust pinned to the
version that this was written for. And it never takes the errors of its group's coordination, which then waits for ever: the
consumer's thread does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any, cast

import aiokafka
import faust
import structlog
from aiokafka.consumer.fetcher import READ_COMMITTED
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import WorkerThread

from loanstream.eventlog.kafka.coordination import WholeTopics, has_ended, heard
from loanstream.runtime.stopping import MustStop

FAUST = "0.15.3"
FETCH_MAX_WAIT_MS = 100
_HEAR_SECONDS = 0.5

_log = structlog.get_logger(__name__)

Begin = Callable[["PinnedConsumer"], Awaitable[Mapping[TP, int]]]
"""Given the consumer, whose partitions have just been assigned: where to begin in each of them."""


class Unpatched(MustStop):
    """Faust would lose or invent records: the worker must not start."""


class _DaemonThread(WorkerThread):
    """Faust's consumer thread never keeps a process alive whose work is over."""

    def __init__(self, service: Any, **options: Any) -> None:
        super().__init__(service, **options)
        self.daemon = True


class PinnedConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads committed records only, and never lets an idle partition hold up a busy one."""

    Worker = _DaemonThread
    abstract = False
    _hearing: "asyncio.Task[None] | None" = None

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._partition_assignment_strategy = (WholeTopics,)
        return consumer

    async def on_start(self) -> None:
        """Start, and see whether what fetches was told."""
        await super().on_start()
        consumer = self._ensure_consumer()
        check_fetching(consumer)
        self._hearing = asyncio.get_running_loop().create_task(self._hear(consumer))

    async def on_thread_stop(self) -> None:
        """Stop."""
        if self._hearing is not None:
            self._hearing.cancel()
        await super().on_thread_stop()

    async def _hear(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        """Take what the group's coordination met: Faust asks the fetcher for records, not the consumer that would tell."""
        while True:
            await asyncio.sleep(_HEAR_SECONDS)
            error = heard(consumer)
            if error is not None:
                _log.warning("trouble in the group", group=self.app.conf.id, error=repr(error))
                if has_ended(consumer):
                    cast(PinnedTransport, self.transport).lost = error
                    return


class PinnedConsumer(driver.Consumer):
    """Begins where the transport's ``begin`` says, not where the group's offsets do."""

    abstract = False

    def _new_consumer_thread(self) -> PinnedConsumerThread:
        return PinnedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def wait_empty(self) -> None:
        """Wait for the records under way, except at the end, when whoever works on them has been waited for."""
        if cast(PinnedTransport, self.transport).ending:
            await self.commit_and_end_transactions()
        else:
            await super().wait_empty()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to the first record to handle of every partition assigned."""
        begin = cast(PinnedTransport, self.transport).begin
        if begin is None:
            return await super().seek_to_committed()
        positions: Mapping[TP, int] = await begin(self)
        await self._thread.seek_wait(positions)
        return positions


class PinnedTransport(driver.Transport):
    """Faust's transport with the consumer above."""

    Consumer = PinnedConsumer

    begin: Begin | None = None
    """Group offsets count where there is none."""
    lost: Exception | None = None
    """Why the consumer is a member of its group no longer and will not be again."""
    ending = False
    """Whether records that are still under way are left to whoever reads them next."""


def pin(app: faust.App, begin: Begin | None = None) -> None:
    """Give an app the pinned transport. Raises :class:`Unpatched` for another Faust than the one this was written for."""
    check_version(version("faust-streaming"))
    transport = PinnedTransport(app.conf.broker_consumer, app)
    transport.begin = begin
    app.transport = transport


def check(app: faust.App) -> None:
    """Raise :class:`Unpatched` unless this Faust is the right one and the app reads through the pinned transport."""
    check_version(version("faust-streaming"))
    if not isinstance(app.transport, PinnedTransport):
        raise Unpatched(
            f"{app.conf.id} would read through {type(app.transport).__module__}, which hands over aborted records: pin(app) first"
        )


def check_version(installed: str) -> None:
    """Raise :class:`Unpatched` for any Faust but the pinned one."""
    if installed != FAUST:
        raise Unpatched(f"faust-streaming {installed} is installed, {FAUST} is needed: install requirements.lock")


def check_fetching(consumer: aiokafka.AIOKafkaConsumer) -> None:
    """Raise :class:`Unpatched` unless a started consumer reads committed records, waits briefly and hands out whole topics."""
    fetcher, coordinator = consumer._fetcher, consumer._coordinator
    found = (
        getattr(fetcher, "_isolation_level", None),
        getattr(fetcher, "_fetch_max_wait_ms", None),
        tuple(getattr(coordinator, "_assignors", ())),
    )
    if found != (READ_COMMITTED, FETCH_MAX_WAIT_MS, (WholeTopics,)):
        raise Unpatched(
            f"the consumer reads with isolation level, wait and assignors {found}, not"
            f" {(READ_COMMITTED, FETCH_MAX_WAIT_MS, WholeTopics)}: aiokafka {aiokafka.__version__} is not the one that this"
            " release was tested with"
        )
