"""The processes of a system: started, killed, paused, and started again by a keeper as a container's supervisor would."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.ports import free_port

SERVICES = ("origination", "servicing", "funding", "risk", "notify")
ALL = "api"
"""Name of the processes that answer for all services and decide for none."""
_RESTART_SECONDS = 0.5
_STOP_SECONDS = 35.0
_LOOK_SECONDS = 0.5


@dataclass
class Member:
    """One process and where it listens."""

    name: str
    arguments: tuple[str, ...]
    port: int
    environment: Mapping[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    paused: bool = False
    back_after: list[float] = field(default_factory=list)
    """Seconds from each start, but for the first, until it said that it was ready."""
    ended_before: int = 0
    """Starts that were ended again before they were ready."""

    @property
    def url(self) -> str:
        """Base address of its HTTP interface."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the running process."""
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start it once."""
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "loanstream.cli",
                *self.arguments,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
            )

    def signal(self, number: int) -> None:
        """Send a signal to this process, and to no other."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)

    async def ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
                return (await http.get(f"{self.url}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Fleet:
    """So many processes of every service, and as many that answer for all."""

    folder: Path
    settings: Mapping[str, str]
    members: list[Member] = field(default_factory=list)
    _keepers: list["asyncio.Task[None]"] = field(default_factory=list)
    _ending: bool = False

    def plan(self, *, replicas: int = 2, through: Mapping[str, str] | None = None) -> None:
        """Name the processes; ``through`` gives single members other bootstrap addresses."""
        for number in range(replicas):
            self._add(f"{ALL}.{number}", ("serve", *SERVICES, "--role", "api"), through)
            for service in SERVICES:
                self._add(f"{service}.{number}", ("serve", service), through)

    async def start(self) -> None:
        """Start every process and keep it running; returns when all are ready."""
        for member in self.members:
            await member.start()
            self._keepers.append(asyncio.create_task(self._keep(member)))
        await self.all_ready()

    async def all_ready(self, seconds: float = 120.0) -> None:
        """Wait until every process is ready."""
        async with asyncio.timeout(seconds):
            for member in self.members:
                while not await member.ready():  # noqa: ASYNC110 - another process tells no event
                    await asyncio.sleep(0.2)

    async def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        self._ending = True
        codes = []
        for member in self.members:
            member.signal(signal.SIGCONT)
            member.signal(signal.SIGTERM)
        for keeper in self._keepers:
            keeper.cancel()
        for member in self.members:
            assert member.process is not None
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    codes.append(await member.process.wait())
            except TimeoutError:
                member.process.kill()
                codes.append(await member.process.wait())
        return codes

    def starting(self) -> list[str]:
        """Processes that were started again and are not ready yet."""
        return [m.name for m in self.members if m.starts > 1 + len(m.back_after) + m.ended_before]

    def recoveries(self) -> dict[str, list[float]]:
        """How long each service's processes took from a start to being ready."""
        found: dict[str, list[float]] = {}
        for member in self.members:
            found.setdefault(member.name.partition(".")[0], []).extend(round(s, 1) for s in member.back_after)
        return found

    def serving(self, service: str) -> list[Member]:
        """The members that can answer for a service."""
        return [m for m in self.members if m.name.partition(".")[0] in (ALL, service)]

    def _add(self, name: str, arguments: tuple[str, ...], through: Mapping[str, str] | None) -> None:
        port = free_port()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LOANSTREAM_")}
        environment |= dict(self.settings) | {"LOANSTREAM_PORT": str(port)}
        if through and name in through:
            environment["LOANSTREAM_KAFKA_SERVERS"] = through[name]
        self.members.append(Member(name, arguments, port, environment, self.folder / f"{name}.log"))

    async def _keep(self, member: Member) -> None:
        while not self._ending:
            assert member.process is not None
            await member.process.wait()
            await asyncio.sleep(_RESTART_SECONDS)
            if not self._ending:
                member.paused = False
                await member.start()
                await self._until_ready(member)

    async def _until_ready(self, member: Member) -> None:
        """Watch one start until the process is ready or gone, and note how long it took."""
        assert member.process is not None
        begun = time.monotonic()
        while member.process.returncode is None:
            if await member.ready():
                member.back_after.append(time.monotonic() - begun)
                return
            await asyncio.sleep(_LOOK_SECONDS)
        member.ended_before += 1
