"""One running process of an installation: its hosts, its HTTP server, and the note in the data folder that says where it is."""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from loanstream.cli.hosting import make_hosts
from loanstream.cli.installation import Installation, open_installation
from loanstream.cli.role import Role
from loanstream.console import SignInLinks, console
from loanstream.runtime.http.app import build_app, server
from loanstream.runtime.idleness import under_way
from loanstream.runtime.settings import Settings
from loanstream.runtime.supervisor import Supervisor
from schemas.topics import CONTEXTS

_READY_POLL = 0.05


class AlreadyRunning(Exception):
    """Another process runs on this data folder; the text says where."""


class StartFailed(Exception):
    """The process did not become ready; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running process is, as its data folder says."""

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
    """The process that runs on a data folder, if one does."""
    try:
        note = json.loads((data_dir / "run.json").read_text())
        with (data_dir / "run.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Running(int(note["pid"]), str(note["url"]))
    except (OSError, ValueError, KeyError):
        return None
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

    Raises :class:`AlreadyRunning`, :class:`StartFailed`, and what opening the installation raises.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        if role is Role.ALL and tuple(names) == CONTEXTS:
            stack.enter_context(_alone(settings.data_dir))
        installation = await stack.enter_async_context(open_installation(settings, names))
        supervisor = Supervisor(installation.log, make_hosts(installation, role))
        links = SignInLinks(installation.issuer.issue) if installation.issuer and settings.is_loopback else None
        app = make_app(installation, supervisor, links)
        http = server(app, settings)
        await _run(installation, supervisor, app, http, links, announce, during)


def make_app(installation: Installation, supervisor: Supervisor | None, links: SignInLinks | None = None) -> FastAPI:
    """The HTTP application of an installation, console included; without hosts it answers queries only."""
    pairs = [(service, installation.kits[service.name]) for service in installation.services]
    senders = [service.name for service, kit in pairs if service.effects(kit)]
    follow = [h for h in supervisor.hosts if h.waiting_on is not None] if supervisor else []

    async def work(of: Collection[str]) -> dict[str, int]:
        if supervisor is not None and supervisor.settling:
            return dict.fromkeys(supervisor.settling, 1)
        return await under_way(installation.log, installation.store, installation.clock, lambda: follow, senders, of)

    return build_app(
        pairs,
        installation.settings,
        installation.authenticator,
        issuer=installation.issuer,
        ready=supervisor.not_ready if supervisor else None,
        under_way=work,
        console=console(installation.settings, links=links),
    )


async def _run(
    installation: Installation,
    supervisor: Supervisor,
    app: FastAPI,
    http: uvicorn.Server,
    links: SignInLinks | None,
    announce: Callable[[Process], None] | None,
    during: Callable[[Process], Awaitable[None]] | None,
) -> None:
    await installation.waiter.start()
    _stop_on_signals(http, app.state.stopping)
    async with asyncio.TaskGroup() as group:
        waiter = group.create_task(installation.waiter.run(), name="waiter")
        hosts = group.create_task(supervisor.run(), name="hosts")
        serving = group.create_task(http.serve(), name="http")
        try:
            process = await _ready(installation, supervisor, app, http, links, serving)
            with _note(installation.settings.data_dir, process.url):
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
            await asyncio.wait((hosts,))


def _stop_on_signals(http: uvicorn.Server, stopping: asyncio.Event) -> None:
    """Ctrl-C and SIGTERM end the server first, and with it everything else in order; open streams at once.

    uvicorn's own handler would raise the signal again after the server's end, before the hosts have stopped.
    """
    http.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if http.should_exit:
            # Asked twice: something hangs, e.g. because its database is gone. Nothing is lost, the log is transactional.
            os._exit(128 + number)
        http.should_exit = True
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)


async def _ready(
    installation: Installation,
    supervisor: Supervisor,
    app: FastAPI,
    http: uvicorn.Server,
    links: SignInLinks | None,
    serving: "asyncio.Task[None]",
) -> Process:
    while not http.started or await supervisor.not_ready():
        if serving.done():
            raise StartFailed(
                f"nothing can listen on {installation.settings.host}:{installation.settings.port}: another program does; "
                "set LOANSTREAM_PORT to a free port"
            )
        if supervisor.stopped:
            raise StartFailed("; ".join(f"{name}: {why}" for name, why in supervisor.stopped.items()))
        await asyncio.sleep(_READY_POLL)
    port = http.servers[0].sockets[0].getsockname()[1]
    host = installation.settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Process(installation, app, url, supervisor, links)


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One process of all services at a time on a data folder."""
    with (data_dir / "run.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            there = running(data_dir)
            where = f" at {there.url} (process {there.pid})" if there else ""
            raise AlreadyRunning(f"Loanstream already runs on {data_dir}{where}; stop that one first.") from None
        yield


@contextmanager
def _note(data_dir: Path, url: str) -> Iterator[None]:
    note = data_dir / "run.json"
    note.write_text(json.dumps({"pid": os.getpid(), "url": url}))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
