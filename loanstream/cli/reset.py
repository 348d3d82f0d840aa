"""``loanstream reset``: delete the data folder, after asking."""

import shutil

import typer
from rich.console import Console

from loanstream.cli.process import running
from loanstream.runtime.settings import Settings

_OURS = ("installation", "postgres")


class ResetRefused(Exception):
    """The folder must not be deleted; the text says why."""


def reset(settings: Settings, yes: bool, console: Console) -> None:
    """Delete the data folder of an installation that does not run."""
    folder = settings.data_dir
    if not folder.exists():
        console.print(f"{folder} does not exist: nothing to delete.")
        return
    there = running(folder)
    if there is not None:
        raise ResetRefused(f"a system runs on {folder} (process {there.pid}): stop it first")
    if not any((folder / name).exists() for name in _OURS):
        raise ResetRefused(f"{folder} does not look like a data folder of Loanstream: nothing was deleted")
    if not yes and not typer.confirm(f"Delete all data in {folder}, for good?"):
        console.print("Nothing was deleted.")
        return
    shutil.rmtree(folder)
    console.print(f"{folder} is deleted.")
