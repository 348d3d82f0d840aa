"""``loanstream up`` and ``serve``: run the services, say where to look."""

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TextIO

import uvloop
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from loanstream.cli.process import Process, run_process
from loanstream.cli.role import Role
from loanstream.runtime.http.issuer import initial_password
from loanstream.runtime.settings import Settings, made_folder
from loanstream.runtime.telemetry import configure_logging

LOG_FILE = "loanstream.log"


def up(settings: Settings, console: Console) -> None:
    """Start every service in one process and run until Ctrl-C."""
    console.print("Starting Loanstream …", style="dim")
    with _log_stream(settings.data_dir) as log:
        configure_logging(settings.log_format, settings.log_level, log)

        def announce(process: Process) -> None:
            console.print(_where_to_look(process, settings))

        _run(run_process(settings, announce=announce), settings)
    console.print("Stopped. The data stays; `make up` goes on with it.", style="dim")


def serve(settings: Settings, services: Sequence[str], role: Role) -> None:
    """Run one service, or some, with one role, logging to standard error."""
    configure_logging(settings.log_format, settings.log_level)
    _run(run_process(settings, names=tuple(services), role=role), settings)


def _run(process: Coroutine[Any, Any, None], settings: Settings) -> None:
    """On uvloop, or with Kafka on asyncio's own loop.

    A write to a connection that has just been lost is no error there, and one of uvloop's own kind on uvloop: aiokafka does not
    know it, and the tasks that keep its metadata, its groups and its producers would end of it.
    """
    if settings.kafka_servers:
        asyncio.run(process)
    else:
        uvloop.run(process)


def _log_stream(data_dir: Path) -> TextIO:
    return (made_folder(data_dir) / LOG_FILE).open("a", buffering=1, encoding="utf-8")


def _password(settings: Settings) -> str:
    """The initial one, in the data folder only: keys that others keep come without it, and one that was given is not repeated."""
    if settings.keys_dir or settings.issuer_url:
        return "as in users.json"
    if settings.initial_password:
        return "of LOANSTREAM_INITIAL_PASSWORD"
    return f"[bold]{initial_password(settings.data_dir)}[/]"


def _where_to_look(process: Process, settings: Settings) -> Panel:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    facts.add_column()
    if process.links is None:
        facts.add_row("Console", process.url)
    else:
        facts.add_row("Console", process.url + process.links.path("operations-officer"))
        facts.add_row("", "(signs you in once as operations-officer, within 15 minutes)", style="dim")
    if process.installation.issuer is not None:
        facts.add_row(
            "Sign in",
            f"user [bold]operations-officer[/] (or auditor, administrator …), password {_password(settings)}",
        )
    facts.add_row("API", f"{process.url}/api/openapi.json")
    facts.add_row("Try it", "make demo   (or: .venv/bin/loanstream demo --loans 50 --until +12m)")
    facts.add_row("Data", f"{settings.data_dir}   log: {settings.data_dir / LOG_FILE}")
    facts.add_row("Stop", "Ctrl-C")
    return Panel(facts, title="Loanstream runs", title_align="left", expand=False)
