"""A process that answers HTTP: taking its address, and ending in order."""

import asyncio
import errno
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import structlog
import uvicorn

from loanstream.runtime.hanging import where
from loanstream.runtime.settings import Settings

BACKLOG = 2048
STOP_SECONDS = 25.0
"""How long an orderly end may take; it takes a second, unless brokers and database are gone as well."""

_log = structlog.get_logger(__name__)


class StartFailed(Exception):
    """The process did not become ready; the text says what is missing."""


@contextmanager
def bound(settings: Settings) -> Iterator[socket.socket]:
    """The address to listen on, taken but not listened on yet. Raises :class:`StartFailed`."""
    with said(settings):
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[
            0
        ]
        listener = socket.socket(family, kind, protocol)
    with listener:
        with said(settings):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        yield listener


@contextmanager
def said(settings: Settings) -> Iterator[None]:
    """Why nothing can listen there, as a sentence. Raises :class:`StartFailed`."""
    try:
        yield
    except OSError as error:
        advice = (
            f"port {settings.port} is in use by another program: stop it, or take another port with --port or LOANSTREAM_PORT"
            " (0 takes a free one)"
            if error.errno == errno.EADDRINUSE
            else f"{error.strerror}: check LOANSTREAM_HOST, and --port or LOANSTREAM_PORT"
        )
        raise StartFailed(f"cannot listen on {settings.host}:{settings.port}: {advice}") from None


def stop_on_signals(http: uvicorn.Server, stopping: asyncio.Event) -> None:
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
        late = threading.Timer(STOP_SECONDS, _give_up, (number, loop))
        late.daemon = True
        late.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)


def _give_up(number: int, loop: asyncio.AbstractEventLoop) -> None:
    """End a process that does not end: the log is transactional, and what hangs would hang for whoever waits for the end."""
    try:
        _log.error("does not end by itself and is ended", seconds=STOP_SECONDS, waiting=_waiting(loop))
    finally:
        # whatever the tasks of a loop that still runs look like from here
        os._exit(128 + number)


def _waiting(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Every task that has not ended, with the innermost place where it stands."""
    return sorted(f"{task.get_name()} at {where(task)}" for task in asyncio.all_tasks(loop))
