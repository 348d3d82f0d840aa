"""Waiting for outcomes: one per API replica, tailing the outcomes topics of its services from their ends, without a group."""

import asyncio
from collections.abc import Sequence

import structlog

from loanstream.eventlog.port import EventLog, Record, TopicPartition
from schemas import envelope
from schemas.outcomes import Outcome, decode_outcome
from schemas.topics import Role, topic

_log = structlog.get_logger("loanstream.waiting")

_BATCH = 1000
_IDLE_SECONDS = 1.0
_RETRY_SECONDS = 0.5


class OutcomeWaiter:
    """Gives a future for a command's outcome. Register it **before** the command is sent, or the outcome may pass unseen.

    ``step`` is one unit of work, as with every host; ``run`` loops over it until it is cancelled.
    """

    def __init__(self, log: EventLog, services: Sequence[str]) -> None:
        self._log = log
        self._services = tuple(services)
        self._positions: dict[TopicPartition, int] | None = None
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}
        self._registered = 0
        self._asked = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many commands are waited for."""
        return len(self._waiting)

    @property
    def started(self) -> bool:
        """Whether outcomes are seen from now on."""
        return self._positions is not None

    async def start(self) -> None:
        """Stand at the ends of all outcomes topics; call it before the first request is served."""
        topics = [topic(service, Role.OUTCOMES) for service in self._services]
        places = [TopicPartition(name, n) for name in topics for n in range(await self._log.partitions(name))]
        self._positions = await self._log.ends(places)

    def expect(self, command_id: str) -> "asyncio.Future[Outcome]":
        """A future of the outcome of a command that is not sent yet. Cancel it to stop waiting."""
        if self._positions is None:
            raise RuntimeError("the outcome waiter is not started: call start() before requests are served")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command_id, []).append(future)
        self._registered += 1
        self._asked.set()
        future.add_done_callback(lambda done: self._forget(command_id, done))
        return future

    async def step(self) -> bool:
        """Read what is new and resolve what is waited for; ``False`` when nothing was new."""
        assert self._positions is not None
        if not self._waiting and await self._skip_to_ends():
            return False
        records = await self._log.read(self._positions, _BATCH)
        for record in records:
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            self._resolve(record)
        return bool(records)

    async def run(self) -> None:
        """Step whenever there is something new, until cancelled; whatever fails is tried again: requests would wait in vain."""
        while True:
            try:
                if self._positions is None:
                    await self.start()
                assert self._positions is not None
                if not self._waiting:
                    await self._rest()
                elif await self._log.wait(self._positions, _IDLE_SECONDS):
                    await self.step()
            except Exception as error:
                _log.warning("outcomes cannot be read", error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _rest(self) -> None:
        """While nobody waits, do not follow what is decided; move up now and then, so that little has to be read when one does."""
        self._asked.clear()
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._asked.wait()
        except TimeoutError:
            if not self._waiting:
                await self._skip_to_ends()

    async def _skip_to_ends(self) -> bool:
        """Pass over what nobody waits for without reading it, e.g. the outcomes of a business day.

        A future registered while the ends are asked for may be of an outcome below them: then nothing is passed over.
        """
        assert self._positions is not None
        before = self._registered
        ends = await self._log.ends(self._positions)
        if self._registered != before:
            return False
        self._positions = ends
        return True

    def _resolve(self, record: Record) -> None:
        """Decode only what is awaited: the command's id stands in the header."""
        futures = self._waiting.pop(record.headers.get(envelope.ID, ""), None)
        if futures is None:
            return
        outcome = decode_outcome(record.value)
        for future in futures:
            if not future.done():
                future.set_result(outcome)

    def _forget(self, command_id: str, done: "asyncio.Future[Outcome]") -> None:
        futures = self._waiting.get(command_id)
        if futures is not None and done in futures:
            futures.remove(done)
            if not futures:
                del self._waiting[command_id]
