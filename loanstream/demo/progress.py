"""The progress bar: how many of the applicants are through, and which business day it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from loanstream.demo.ledger import Ledger

_OTHER_COLUMNS = 28
"""Cells of bar, numbers and time, which stay beside a text."""


class Bar:
    """Shows where the demo is; silent without a console."""

    def __init__(self, progress: Progress | None, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._day = self._counts = ""

    def tell(self, text: str) -> None:
        """Something takes long; nothing told means that it goes on."""
        if self._progress is None:
            return
        if not text:
            self._progress.update(self._task, description=self._day, counts=self._counts)
            return
        room = self._progress.console.width - _OTHER_COLUMNS
        self._progress.update(self._task, description="", counts=text if len(text) <= room else text[: room - 1] + "…")

    def show(self, today: date, ledger: Ledger) -> None:
        """A day is done."""
        if self._progress is None:
            return
        running = len(ledger.running())
        through = len(ledger.applications) - len(ledger.in_intake()) - running
        refused = sum(application.state == "refused" for application in ledger.applications.values())
        self._day = str(today)
        self._counts = f"{running} running, {through - refused} closed, {refused} refused"
        self._progress.update(self._task, completed=through, description=self._day, counts=self._counts)


@contextmanager
def bar(console: Console | None, applicants: int) -> Iterator[Bar]:
    """A bar over all applicants: refused, withdrawn, settled or written off is through. It fits 80 columns."""
    if console is None:
        yield Bar(None, TaskID(0))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=8),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        yield Bar(progress, progress.add_task("", total=applicants, counts=""))
