"""``loanstream issuer``: the local issuer as a process of its own, with its key and its users, and nothing else."""

import asyncio
import time

from loanstream.cli.installation import open_issuer
from loanstream.cli.listening import BACKLOG, bound, said, stop_on_signals
from loanstream.runtime.http.app import server
from loanstream.runtime.http.issuing import issuer_app
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.settings import PREFIX, BadSetting, Settings, made_folder
from loanstream.runtime.telemetry import configure_logging


def issue(settings: Settings) -> None:
    """Run until Ctrl-C or SIGTERM, logging to standard error.

    Raises :class:`BadSetting` where nobody is told its address, :class:`~loanstream.cli.listening.StartFailed`.
    """
    if not settings.issuer_url:
        raise BadSetting(
            f"{PREFIX}ISSUER_URL is empty: set it, here and for every other process, to the address at which they reach this one;"
            " it stands in each token"
        )
    configure_logging(settings.log_format, settings.log_level)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    made_folder(settings.data_dir)
    with bound(settings) as listener:
        issuer = open_issuer(settings)
        app = issuer_app(issuer, settings, Authenticator(issuer.verifier(), time.time))
        http = server(app, settings)
        stop_on_signals(http, app.state.stopping)
        with said(settings):
            listener.listen(BACKLOG)
        await http.serve([listener])
