"""One running process of an installation: its hosts and its HTTP server."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvicorn
from fastapi import FastAPI

from loanstream.cli.hosting import make_hosts
from loanstream.cli.installation import Installation, open_installation
from loanstream.cli.listening import BACKLOG, StartFailed, bound, said, stop_on_signals
from loanstream.cli.occupancy import Tell, occupants, occupied
from loanstream.cli.role import Role
from loanstream.console import SignInLinks, console
from loanstream.runtime.http.app import build_app, server
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.idleness import Follower, under_way
from loanstream.runtime.metrics import HostMetrics
from loanstream.runtime.settings import Settings, made_folder
from loanstream.runtime.standings import Standings
from loanstream.runtime.supervisor import Supervisor
from loanstream.runtime.telemetry import metrics_text
from loanstream.runtime.tracing import Tracer
from schemas.topics import CONTEXTS

if TYPE_CHECKING:
    from loanstream.runtime.otel import OtelTracer

_READY_POLL = 0.05
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """Where a process of all services is, as its data folder says."""

    pid: int
    url: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is ready."""

    installation: Installation
    app: FastAPI
    url: str
    supervisor: Supervisor
    links: SignInLinks | None
    """Makes one-time links into the console, on loopback."""


def running(data_dir: Path) -> Running | None:
    """The process that runs every service on a data folder, if one does and is ready."""
    for there in occupants(data_dir):
        if there.whole and there.url:
            return Running(there.pid, there.url)
    return None


async def run_process(
    settings: Settings,
    *,
    names: Iterable[str] = CONTEXTS,
    role: Role = Role.ALL,
    announce: Callable[[Process], None] | None = None,
    during: Callable[[Process], Awaitable[None]] | None = None,
) -> None:
    """Run until Ctrl-C or SIGTERM, or, with ``during``, until that is done; then stop in order.

    ``announce`` is told when everything is ready.

    Raises :class:`~loanstream.cli.occupancy.Occupied`, :class:`StartFailed`, and what opening the installation raises.
    """
    made_folder(settings.data_dir)
    async with AsyncExitStack() as stack:
        alone = role is Role.ALL and set(names) == set(CONTEXTS)
        tell = stack.enter_context(occupied(settings.data_dir, _called(names, role, alone), alone=alone))
        # Before the database: who cannot listen need not start anything.
        listener = stack.enter_context(bound(settings))
        installation = await stack.enter_async_context(open_installation(settings, names))
        tracer = _tracer(settings, _called(names, role, alone))
        if tracer is not None:
            stack.push_async_callback(asyncio.to_thread, tracer.close)
        supervisor = Supervisor(installation.log, make_hosts(installation, role, tracer))
        metrics = HostMetrics(installation.log, installation.store, installation.clock)
        metrics.show(supervisor)
        issuer = installation.issuer
        links = SignInLinks(issuer.issue) if isinstance(issuer, LocalIssuer) and settings.is_loopback else None
        # a reactor under Faust says nothing of what it waits for: the stores do
        known = alone and not settings.kafka_servers
        app = make_app(installation, supervisor, links, metrics, tracer, alone=known)
        http = server(app, settings)
        await _run(installation, supervisor, metrics, app, http, listener, links, tell, announce, during)


def make_app(
    installation: Installation,
    supervisor: Supervisor | None,
    links: SignInLinks | None = None,
    metrics: HostMetrics | None = None,
    tracer: Tracer | None = None,
    *,
    alone: bool = True,
) -> FastAPI:
    """The HTTP application of an installation, console included; without hosts it answers queries only.

    Unless it is ``alone``, what is under way is what the hosts of all processes stored, not what those of this one know.
    """
    pairs = [(service, installation.kits[service.name]) for service in installation.services]
    senders = [service.name for service, kit in pairs if service.effects(kit)]
    follow = [h for h in supervisor.hosts if h.waiting_on is not None] if supervisor else []

    standings = Standings(installation.log, installation.store, installation.pool, installation.services)

    async def work(of: Collection[str]) -> dict[str, int]:
        if supervisor is not None and supervisor.settling:
            return dict.fromkeys(supervisor.settling, 1)
        hosts: list[Follower] = [*follow] if alone else [*await standings.now()]
        return await under_way(installation.log, installation.store, installation.clock, lambda: hosts, senders, of)

    return build_app(
        pairs,
        installation.settings,
        installation.authenticator,
        issuer=installation.issuer,
        ready=supervisor.not_ready if supervisor else None,
        dead=(lambda: supervisor.dead) if supervisor else None,
        under_way=work,
        metrics=metrics.text if metrics else metrics_text,
        tracer=tracer,
        console=console(installation.settings, links=links),
    )


async def _run(
    installation: Installation,
    supervisor: Supervisor,
    metrics: HostMetrics,
    app: FastAPI,
    http: uvicorn.Server,
    listener: socket.socket,
    links: SignInLinks | None,
    tell: Tell,
    announce: Callable[[Process], None] | None,
    during: Callable[[Process], Awaitable[None]] | None,
) -> None:
    await installation.waiter.start()
    stop_on_signals(http, app.state.stopping)
    with said(installation.settings):
        listener.listen(BACKLOG)
    async with asyncio.TaskGroup() as group:
        waiter = group.create_task(installation.waiter.run(), name="waiter")
        looking = group.create_task(metrics.run(), name="metrics")
        hosts = group.create_task(supervisor.run(), name="hosts")
        serving = group.create_task(http.serve([listener]), name="http")
        ending = group.create_task(_stop_hosts(app.state.stopping, http, supervisor), name="ending")
        try:
            await _ready(supervisor, http, serving)
            process = Process(installation, app, _url(installation.settings, listener), supervisor, links)
            tell(process.url)
            if announce is not None:
                announce(process)
            if during is not None:
                await during(process)
                http.should_exit = True
            await serving
        finally:
            http.should_exit = True
            supervisor.stop()
            waiter.cancel()
            looking.cancel()
            ending.cancel()
            await asyncio.wait((hosts,))


async def _stop_hosts(stopping: asyncio.Event, http: uvicorn.Server, supervisor: Supervisor) -> None:
    """Stop the hosts as soon as nobody waits for their answer: the server takes longer to close its connections."""
    await stopping.wait()
    while http.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells no event
        await asyncio.sleep(_READY_POLL)
    supervisor.stop()


async def _ready(supervisor: Supervisor, http: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    while not http.started or await supervisor.not_ready():
        if serving.done():
            raise StartFailed("the HTTP server ended before it was ready; the log says why")
        if supervisor.stopped:
            raise StartFailed("; ".join(f"{name}: {why}" for name, why in supervisor.stopped.items()))
        await asyncio.sleep(_READY_POLL)


def _url(settings: Settings, listener: socket.socket) -> str:
    host, port = settings.host, listener.getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _tracer(settings: Settings, name: str) -> "OtelTracer | None":
    """What makes and exports spans, where a collector is set; its library is not even loaded where none is."""
    if not settings.otlp_endpoint:
        return None
    from loanstream.runtime.otel import otlp_tracer

    return otlp_tracer(settings.otlp_endpoint, name, version("loanstream"))


def _called(names: Iterable[str], role: Role, alone: bool) -> str:
    """The command that this process is, as its user would type it."""
    if alone:
        return "loanstream up"
    return f"loanstream serve {' '.join(names)}" + ("" if role is Role.ALL else f" --role {role}")
