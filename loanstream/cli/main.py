"""The ``loanstream`` command."""

import asyncio
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from loanstream.cli.failing import explained
from loanstream.cli.hosting import Role
from loanstream.runtime.settings import Settings

app = typer.Typer(
    help="Event-sourced loan-lifecycle services: run them, watch them, audit them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
console = Console()
errors = Console(stderr=True)
DataDir = Annotated[
    Path | None, typer.Option("--data", help="Data folder (default: LOANSTREAM_DATA_DIR or .loanstream).")
]


def settings_for(data: Path | None = None, **changes: Any) -> Settings:
    """Settings of the environment, with what the command line says on top."""
    from dataclasses import replace

    settings = Settings.from_environment()
    if data is not None:
        changes["data_dir"] = data
    return replace(settings, **changes) if changes else settings


@app.command()
def up(
    data: DataDir = None,
    port: Annotated[int | None, typer.Option(help="TCP port (default: LOANSTREAM_PORT or 8600).")] = None,
) -> None:
    """Start every service in one process on loopback, and go on with its data."""
    from loanstream.cli import up as command

    with explained(errors):
        command.up(settings_for(data, **({} if port is None else {"port": port})), console)


@app.command()
def serve(
    services: Annotated[list[str], typer.Argument(help="Services to run, e.g. servicing.")],
    role: Annotated[Role, typer.Option(help="What this process does for them.")] = Role.ALL,
    data: DataDir = None,
) -> None:
    """Run one service, or some, as a process of their own on the shared database."""
    from loanstream.cli import up as command

    with explained(errors):
        command.serve(settings_for(data), services, role)


@app.command()
def demo(
    loans: Annotated[int, typer.Option(help="How many of the 1,000 applications are sent.")] = 1000,
    until: Annotated[
        str | None, typer.Option(help="Last business day, or +12m, +90d; default: until all is closed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides everything that the data leaves open.")] = 1,
    api: Annotated[str | None, typer.Option(help="Address of a running system; default: the data folder's.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    data: DataDir = None,
) -> None:
    """Send real applications through the public API and live the loans day by day; goes on where it stopped."""
    from loanstream.cli import demo as command
    from loanstream.demo.options import DemoOptions, until_of

    with explained(errors):
        options = DemoOptions(loans=loans, until=until_of(until), seed=seed, api=api, json=json)
        report = command.demo(settings_for(data), options, None if json else console)
        if json:
            print(dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            report.show(console)


@app.command("simulate-system")
def simulate_system(
    seed: Annotated[int, typer.Option(help="Seed of the first history.")] = 1,
    histories: Annotated[int, typer.Option(help="How many histories, of consecutive seeds.")] = 100,
    plant: Annotated[str, typer.Option(help="Plant a fault: the simulation must find it.")] = "nothing",
) -> None:
    """Run whole lives of loans on the memory log with a virtual clock, faults and checks."""
    from loanstream.cli import simulate as command

    with explained(errors):
        raise typer.Exit(command.simulate(seed, histories, plant, console))


def run(coroutine: Any) -> Any:
    """Drive a command's coroutine."""
    return asyncio.run(coroutine)
