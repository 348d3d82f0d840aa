"""``loanstream migrate``: the tables of an installation, before its processes start."""

from rich.console import Console

from loanstream.cli.installation import migrate_database
from loanstream.runtime.settings import Settings


async def migrate(settings: Settings, console: Console) -> int:
    """Bring every table up to date. Raises :class:`~loanstream.runtime.migrations.MigrationRefused`."""
    await migrate_database(settings)
    console.print("[bold green]✓[/] The tables of every service are those of this release.", soft_wrap=True)
    return 0
