"""Errors of commands as one readable sentence on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape


@contextmanager
def explained(errors: Console) -> Iterator[None]:
    """Turn what a user can mend into its sentence and exit code 1; anything else is a bug and shows its traceback."""
    try:
        yield
    except* _explained() as group:
        for error in _leaves(group):
            errors.print(f"[bold red]✗[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _explained() -> tuple[type[Exception], ...]:
    """Errors with a sentence for the user. Imported when one is met: half of the system stands behind them."""
    from loanstream.cli.connection import RequestFailed
    from loanstream.cli.hosting import NothingToRun
    from loanstream.cli.installation import NothingHere, TopicsDiffer
    from loanstream.cli.listening import StartFailed
    from loanstream.cli.occupancy import Occupied
    from loanstream.cli.reset import ResetRefused
    from loanstream.demo.client import DemoError
    from loanstream.demo.options import BadOption
    from loanstream.eventlog.port import LogError
    from loanstream.runtime.decider.positions import PositionRefused
    from loanstream.runtime.embedded_postgres import EmbeddedPostgresError
    from loanstream.runtime.http.issuer import UnknownUser
    from loanstream.runtime.migrations import MigrationRefused
    from loanstream.runtime.rebuilding import RebuildFailed
    from loanstream.runtime.settings import BadSetting
    from services.notify.ports.subscribers import BadSubscribers

    return (
        BadOption,
        BadSetting,
        BadSubscribers,
        DemoError,
        EmbeddedPostgresError,
        LogError,
        MigrationRefused,
        NothingHere,
        NothingToRun,
        Occupied,
        PermissionError,
        PositionRefused,
        RebuildFailed,
        RequestFailed,
        ResetRefused,
        StartFailed,
        TopicsDiffer,
        UnknownUser,
    )
