"""``loanstream effects release``: send what was held back after effects were lost."""

import structlog
from rich.console import Console

from loanstream.cli.installation import open_database
from loanstream.runtime.database import open_pool
from loanstream.runtime.postgres_store import open_store
from loanstream.runtime.settings import BadSetting, Settings
from schemas.topics import CONTEXTS

_log = structlog.get_logger("loanstream.operations")
_CONNECTIONS = 2


async def release_effects(settings: Settings, service: str, console: Console) -> int:
    """Turn the suppressed effects of a service into pending ones; its sender takes them when it runs.

    Raises :class:`BadSetting` for a service that does not exist.
    """
    if service not in CONTEXTS:
        raise BadSetting(f"no service {service!r}; there are {', '.join(CONTEXTS)}")
    async with open_database(settings) as dsn:
        pool = await open_pool(dsn, maximum=_CONNECTIONS)
        try:
            count = await (await open_store(pool)).release_effects(service)
        finally:
            await pool.close()
    _log.warning("effects released", service=service, rows=count)
    console.print(f"{count} suppressed effects of {service} are pending again.")
    return 0
