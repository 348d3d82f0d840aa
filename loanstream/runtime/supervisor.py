"""Runs hosts in production: step while there is work, wait where there is none, start anew after an error.

A host that says its log cannot be trusted (a gap, a lost position) is not started again: it stays stopped and shows as not
ready, until somebody mends the cause and restarts the process.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from loanstream.eventlog.port import EventLog, Fenced, LogError, TopicPartition
from loanstream.runtime.hanging import where
from loanstream.runtime.measuring import labels_of
from loanstream.runtime.stopping import MustStop

_log = structlog.get_logger("loanstream.supervisor")

_FIRST_BACKOFF = 0.1
_LONGEST_BACKOFF = 10.0
_CLOSING = 2.0
"""Seconds that a host may take to give up what it holds once it was told to end at once."""
_LONG_ENOUGH = 60.0
"""Seconds that a host ran after which its next error counts as its first."""


T = TypeVar("T")


class CutOff(Exception):
    """A host's step was broken off by something that it waited for."""


class Host(Protocol):
    """What the supervisor runs."""

    name: str

    async def open(self) -> None:
        """Start; again after an error."""
        ...

    async def step(self) -> bool:
        """One unit of work, and whether there was any."""
        ...

    async def close(self) -> None:
        """Stop in order."""
        ...

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show; empty when work shows elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Waits:
    """How long an idle host waits, in seconds, before it looks again."""

    log: float = 1.0
    """When nothing woke it from the log."""
    store: float = 0.05
    """When its work does not show in the log (senders of effects), and the host names no ``look_every`` of its own."""
    last_step: float = 5.0
    """For its present step when it is to stop: a commit under way ends, a rebuild is broken off."""
    long_step: float = 60.0
    """After which a step that has not ended is told."""


@dataclass(slots=True)
class Supervisor:
    """The hosts of one process."""

    log: EventLog
    hosts: Sequence[Host]
    waits: Waits = field(default_factory=Waits)
    opened: set[str] = field(default_factory=set)
    stopped: dict[str, str] = field(default_factory=dict)
    """Hosts that will not go on, and why."""
    settling: set[str] = field(default_factory=set)
    """Hosts that have not finished a step since they were opened, the first time or after an error: they may not know yet how
    much work there is."""
    dead: set[str] = field(default_factory=set)
    """Hosts whose loop ended although nobody stopped it: only a new process brings them back."""
    restarted: Counter[str] = field(default_factory=Counter)
    """How often each host was started anew, and among these how often because another owner had taken over."""
    fenced: Counter[str] = field(default_factory=Counter)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.settling.update(host.name for host in self.hosts)

    @property
    def restarts(self) -> int:
        """How often a host was started anew."""
        return self.restarted.total()

    async def run(self) -> None:
        """Run every host until :meth:`stop`; then let each end its step, for ``last_step`` seconds at most, and close it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(host), name=host.name) for host in self.hosts]
            await self._stopping.wait()
            if tasks:
                await self._end(tasks)

    def stop(self) -> None:
        """Ask every host to stop after its present step."""
        self._stopping.set()

    async def _end(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        _, late = await asyncio.wait(tasks, timeout=self.waits.last_step)
        for task in late:
            _log.warning("host does not end its step and is cut off", host=task.get_name())
            task.cancel()
        if late:
            # one that hangs in giving up what it holds is cut off there, too: the fence makes it safe
            _, hanging = await asyncio.wait(late, timeout=_CLOSING)
            for task in hanging:
                task.cancel()

    async def not_ready(self) -> list[str]:
        """A sentence for each host that is not open, for the readiness check; of a rebuild, how far it is."""
        waiting = [_starting(host) for host in self.hosts if host.name not in self.opened | self.stopped.keys()]
        return waiting + [f"{name} stopped: {why}" for name, why in self.stopped.items()]

    async def _keep(self, host: Host) -> None:
        structlog.contextvars.bind_contextvars(host=host.name, **labels_of(host.name))
        backoff = _FIRST_BACKOFF
        try:
            while not self._stopping.is_set():
                try:
                    begun = time.monotonic()
                    await _unless_cancelled(self._work(host))
                    return
                except MustStop as error:
                    self.opened.discard(host.name)
                    self.stopped[host.name] = str(error)
                    _log.critical("host stopped", error=str(error))
                    return
                except Exception as error:
                    self.opened.discard(host.name)
                    if time.monotonic() - begun > _LONG_ENOUGH:
                        backoff = _FIRST_BACKOFF
                    self.settling.add(host.name)
                    self._tell(host, error)
                    # Hosts of one process must not all come back in the same instant.
                    await self._pause(backoff * (0.5 + random.random()))  # noqa: S311
                    backoff = min(2 * backoff, _LONGEST_BACKOFF)
        finally:
            if not self._stopping.is_set() and host.name not in self.stopped:
                self.dead.add(host.name)
            await self._close(host)

    async def _work(self, host: Host) -> None:
        """Open, step at once, then whenever there is something new, or the time to look again has come."""
        await host.open()
        self.opened.add(host.name)
        while not self._stopping.is_set():
            worked = await self._stepped(host)
            self.settling.discard(host.name)
            await self._wait(host, worked)

    async def _stepped(self, host: Host) -> bool:
        """One step; of one that takes very long the log says where it waits, again and again.

        A host that knows how long a step of its own can take, its ``longest_step``, is cut off there and started anew: a client of
        a database or a broker that was killed may wait for ever.
        """
        stepping = asyncio.current_task()
        assert stepping is not None
        telling = _Telling(host.name, self.waits.long_step, stepping)
        try:
            async with asyncio.timeout(getattr(host, "longest_step", None)):
                return await host.step()
        finally:
            telling.stop()

    async def _wait(self, host: Host, worked: bool) -> None:
        waiting_on = host.waiting_on()
        if worked:
            # A busy host looks again at once, and must not keep the others of the process waiting.
            await asyncio.sleep(0)
        elif not waiting_on:
            await self._pause(getattr(host, "look_every", self.waits.store))
        elif await self._until_new(waiting_on):
            await self._pause(getattr(host, "gather", 0.0))

    async def _until_new(self, positions: Mapping[TopicPartition, int]) -> bool:
        """Wait; whether something new is known to be there."""
        waiting = asyncio.ensure_future(self.log.wait(positions, self.waits.log))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
            return waiting.done() and waiting.result()
        finally:
            waiting.cancel()
            stopping.cancel()

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _close(self, host: Host) -> None:
        try:
            await host.close()
        except Exception as error:
            _log.warning("host did not close", error=str(error))

    def _tell(self, host: Host, error: Exception) -> None:
        self.restarted[host.name] += 1
        if isinstance(error, Fenced):
            self.fenced[host.name] += 1
            _log.warning("another owner took over")
        elif isinstance(error, LogError):
            _log.warning("log failed, starting anew", error=str(error))
        else:
            _log.error("host failed, starting anew", exc_info=error)


class _Telling:
    """Tells where a task waits, every so many seconds, until it is stopped."""

    __slots__ = ("_host", "_next", "_seconds", "_task")

    def __init__(self, host: str, seconds: float, task: "asyncio.Task[Any]") -> None:
        self._host, self._seconds, self._task = host, seconds, task
        self._next = asyncio.get_running_loop().call_later(seconds, self._tell)

    def stop(self) -> None:
        """It goes on."""
        self._next.cancel()

    def _tell(self) -> None:
        _log.warning("step takes long", host=self._host, seconds=self._seconds, where=where(self._task))
        self._next = asyncio.get_running_loop().call_later(self._seconds, self._tell)


async def _unless_cancelled(work: Awaitable[T]) -> T:
    """What a library cancelled under a host is an error as any other; only who cancels the host itself ends its loop."""
    try:
        return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise CutOff("something that the host waited for was cancelled") from error


def _starting(host: Host) -> str:
    rebuild = str(getattr(host, "rebuild", ""))
    return f"{host.name} is starting: {rebuild}" if rebuild else f"{host.name} is starting"
