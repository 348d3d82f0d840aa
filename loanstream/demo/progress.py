"""The progress bar: how many of the applicants are through, and which business day it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from loanstream.demo.ledger import Ledger


class Bar:
    """Shows where the demo is; silent without a console."""

    def __init__(self, progress: Progress | None, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def tell(self, text: str) -> None:
        """Something takes long."""
        if self._progress is not None:
            self._progress.update(self._task, description=text)

    def show(self, today: date, ledger: Ledger) -> None:
        """A day is done."""
        if self._progress is None:
            return
        running = len(ledger.running())
        closed = len(ledger.applications) - len(ledger.in_intake()) - running
        self._progress.update(
            self._task,
            completed=closed,
            description=f"{today}  {running} running 在贷",
        )


@contextmanager
def bar(console: Console | None, applicants: int) -> Iterator[Bar]:
    """A bar over all applicants: refused, withdrawn, settled or written off is done."""
    if console is None:
        yield Bar(None, TaskID(0))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("closed 已结"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        yield Bar(progress, progress.add_task("…", total=applicants))
