"""Waking those who wait for records: directly within this process, by NOTIFY between processes, by a look now and then.

NOTIFY goes out after the commit, one for all that was committed meanwhile, never inside the transaction, where its
database-wide lock would halve the throughput. It names partitions and offsets, so that only those wake whom it concerns. It
may get lost; whoever waits then sees the record at the next look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import asyncpg
import structlog

from loanstream.eventlog.port import LogError, TopicPartition
from loanstream.eventlog.postgres.connections import BROKEN, Connections
from loanstream.eventlog.postgres.topics import Topics

CHANNEL = "loanstream_log"
LOOK_EVERY = 0.7
"""Seconds between two looks at the ends of what is waited for."""

_LONGEST_PAYLOAD = 7_500
_QUIET = 0.002
"""Seconds between two notifications: under load they carry what came together meanwhile."""

_LAST_WORDS = 1.0
_NOTIFY = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload"
_log = structlog.get_logger(__name__)


class Signals:
    """Who waits for which partition, and how far each is known to reach. ``ends`` asks the database, and tells :meth:`learn`."""

    def __init__(
        self,
        connections: Connections,
        topics: Topics,
        ends: Callable[[Iterable[TopicPartition]], Awaitable[dict[TopicPartition, int]]],
    ) -> None:
        self._connections = connections
        self._topics = topics
        self._ends = ends
        self.reached: dict[TopicPartition, int] = {}
        """How far partitions are known to reach: further, it may be, than this process has heard."""
        self._waiting: dict[TopicPartition, set[asyncio.Future[bool]]] = {}
        self._unsaid: dict[TopicPartition, int] = {}
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._speaker: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def wait(self, positions: Mapping[TopicPartition, int], timeout: float) -> bool:
        """Whether a record at or after any of the positions came within ``timeout`` seconds."""
        unknown = [place for place in positions if place not in self.reached]
        if unknown:
            await self._ends(unknown)
        if any(self.reached[place] > position for place, position in positions.items()):
            return True
        if timeout <= 0:
            return False
        self._keep()
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[bool] = loop.create_future()
        alarm = loop.call_later(timeout, _settle, woken, False)
        for place in positions:
            self._waiting.setdefault(place, set()).add(woken)
        try:
            return await woken
        finally:
            alarm.cancel()
            for place in positions:
                self._waiting[place].discard(woken)

    def learn(self, ends: Mapping[TopicPartition, int]) -> None:
        """Note how far partitions reach, and wake who waits for what is new."""
        for place, end in ends.items():
            if end > self.reached.get(place, -1):
                self.reached[place] = end
                for woken in self._waiting.get(place, ()):
                    _settle(woken, True)

    def announce(self, reached: Mapping[TopicPartition, int]) -> None:
        """What this process committed: wakes its own waiters at once and the other processes soon."""
        self.learn(reached)
        self._unsaid.update(reached)
        self._keep()
        if self._speaker is None:
            self._speaker = asyncio.create_task(self._speak())

    async def close(self) -> None:
        """Say what is unsaid if that is quickly done, and stop."""
        if self._speaker is not None:
            await asyncio.wait({self._speaker}, timeout=_LAST_WORDS)
        tasks = [task for task in (self._speaker, self._keeper) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _keep(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._tend())

    async def _tend(self) -> None:
        """Keep the connection open and look at the ends now and then, for what no notification told."""
        while True:
            try:
                await self._listening()
                if self.reached:
                    # every known place: who reads several of which one never rests waits for none
                    await self._ends(list(self.reached))
            except (*BROKEN, asyncpg.PostgresError, LogError) as error:
                _log.warning("the log's signals are interrupted", error=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def _listening(self) -> "asyncpg.Connection[asyncpg.Record]":
        async with self._opening:
            if self._connection is None or self._connection.is_closed():
                # a notification needs no disk: it is about what was committed before
                self._connection = await self._connections.own(synchronous_commit="off")
                await self._connection.add_listener(CHANNEL, self._heard)
        return self._connection

    def _heard(self, connection: object, pid: int, _channel: str, payload: object) -> None:
        if self._connection is not None and connection is self._connection and pid == self._connection.get_server_pid():
            return
        ends: dict[TopicPartition, int] = {}
        for topic_id, partition, end in (entry.split(".") for entry in str(payload).split()):
            topic = self._topics.named(int(topic_id))
            if topic is not None:
                ends[TopicPartition(topic.definition.name, int(partition))] = int(end)
        self.learn(ends)

    async def _speak(self) -> None:
        try:
            while self._unsaid:
                said, self._unsaid = self._unsaid, {}
                connection = await self._listening()
                await connection.execute(_NOTIFY, CHANNEL, list(self._payloads(said)))
                await asyncio.sleep(_QUIET)
        except (*BROKEN, asyncpg.PostgresError, LogError) as error:
            _log.info("a notification was lost, waiters see the records at their next look", error=str(error))
        finally:
            self._speaker = None

    def _payloads(self, reached: Mapping[TopicPartition, int]) -> Iterable[str]:
        line: list[str] = []
        length = 0
        for place, end in reached.items():
            entry = f"{self._topics.known(place.topic).topic_id}.{place.partition}.{end}"
            if length + len(entry) >= _LONGEST_PAYLOAD:
                yield " ".join(line)
                line, length = [], 0
            line.append(entry)
            length += len(entry) + 1
        yield " ".join(line)


def _settle(woken: asyncio.Future[bool], value: bool) -> None:
    if not woken.done():
        woken.set_result(value)
