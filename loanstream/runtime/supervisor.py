"""Runs hosts in production: step while there is work, wait where there is none, start anew after an error.

A host that says its log cannot be trusted (a gap, a lost position) is not started again: it stays stopped and shows as not
ready, until somebody mends the cause and restarts the process.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from loanstream.eventlog.port import EventLog, Fenced, LogError, TopicPartition
from loanstream.runtime import consuming
from loanstream.runtime.decider import host as decider_host
from loanstream.runtime.decider.fold import FoldError

_log = structlog.get_logger("loanstream.supervisor")

_FATAL = (FoldError, decider_host.PositionLost, consuming.PositionLost)
_FIRST_BACKOFF = 0.1
_LONGEST_BACKOFF = 10.0
_LONG_ENOUGH = 60.0
"""Seconds that a host ran after which its next error counts as its first."""


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
    restarts: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.settling.update(host.name for host in self.hosts)

    async def run(self) -> None:
        """Run every host until :meth:`stop`; then close them in order."""
        async with asyncio.TaskGroup() as group:
            for host in self.hosts:
                group.create_task(self._keep(host), name=host.name)

    def stop(self) -> None:
        """Ask every host to stop after its present step."""
        self._stopping.set()

    async def not_ready(self) -> list[str]:
        """A sentence for each host that is not open, for the readiness check."""
        waiting = [
            f"{host.name} is starting" for host in self.hosts if host.name not in self.opened | self.stopped.keys()
        ]
        return waiting + [f"{name} stopped: {why}" for name, why in self.stopped.items()]

    async def _keep(self, host: Host) -> None:
        backoff = _FIRST_BACKOFF
        try:
            while not self._stopping.is_set():
                try:
                    begun = time.monotonic()
                    await host.open()
                    self.opened.add(host.name)
                    await self._work(host)
                    return
                except _FATAL as error:
                    self.opened.discard(host.name)
                    self.stopped[host.name] = str(error)
                    _log.critical("host stopped", host=host.name, error=str(error))
                    return
                except Exception as error:
                    self.restarts += 1
                    if time.monotonic() - begun > _LONG_ENOUGH:
                        backoff = _FIRST_BACKOFF
                    self.settling.add(host.name)
                    self._tell(host, error)
                    # Hosts of one process must not all come back in the same instant.
                    await self._pause(backoff * (0.5 + random.random()))  # noqa: S311
                    backoff = min(2 * backoff, _LONGEST_BACKOFF)
        finally:
            await self._close(host)

    async def _work(self, host: Host) -> None:
        """Step at once, then whenever there is something new, or the time to look again has come."""
        while not self._stopping.is_set():
            worked = await host.step()
            self.settling.discard(host.name)
            await self._wait(host, worked)

    async def _wait(self, host: Host, worked: bool) -> None:
        waiting_on = host.waiting_on()
        if not waiting_on and not worked:
            await self._pause(getattr(host, "look_every", self.waits.store))
        elif not waiting_on or await self.log.wait(waiting_on, 0):
            # A busy host must not keep the others of the process waiting.
            await asyncio.sleep(0)
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
            _log.warning("host did not close", host=host.name, error=str(error))

    def _tell(self, host: Host, error: Exception) -> None:
        if isinstance(error, Fenced):
            _log.warning("another owner took over", host=host.name)
        elif isinstance(error, LogError):
            _log.warning("log failed, starting anew", host=host.name, error=str(error))
        else:
            _log.error("host failed, starting anew", host=host.name, exc_info=error)
