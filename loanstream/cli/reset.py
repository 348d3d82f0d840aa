"""``loanstream reset``: delete the data folder, after asking."""

import shutil
from pathlib import Path

import typer
from rich.console import Console

from loanstream.cli.occupancy import occupants, vacant
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from loanstream.runtime.settings import Settings, is_installed


class ResetRefused(Exception):
    """The folder must not be deleted; the text says why."""


def reset(settings: Settings, yes: bool, console: Console) -> None:
    """Delete the data folder of an installation on which nothing runs.

    Raises :class:`ResetRefused`, :class:`~loanstream.cli.occupancy.Occupied` for a process that starts at this moment.
    """
    folder = settings.data_dir
    if not folder.exists():
        console.print(f"{folder} does not exist: nothing to delete.")
        return
    if not is_installed(folder):
        raise ResetRefused(f"{folder} does not look like a data folder of Loanstream: nothing was deleted")
    _refuse_occupied(folder)
    if not yes and not typer.confirm(f"Delete all data in {folder}, for good?"):
        console.print("Nothing was deleted.")
        return
    with vacant(folder):
        _refuse_occupied(folder)
        if not EmbeddedPostgres(folder).stop_unheld():
            raise ResetRefused(
                f"a command works with the database in {folder}: wait until it has ended; nothing was deleted"
            )
        shutil.rmtree(folder)
    console.print(f"{folder} is deleted.")


def _refuse_occupied(folder: Path) -> None:
    there = occupants(folder)
    if there:
        who = ", ".join(map(str, there))
        raise ResetRefused(f"{who} {'runs' if len(there) == 1 else 'run'} on {folder}: stop first; nothing was deleted")
