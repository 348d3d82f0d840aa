"""Which mail port and subscribers an installation has."""

from pathlib import Path

from loanstream.runtime.clock import Clock
from services.notify.ports.mail import MailPort
from services.notify.ports.smtp import SmtpMail, server_of
from services.notify.ports.spool import SpoolMail
from services.notify.ports.subscribers import load_subscribers
from services.notify.ports.webhook import Webhooks


def make_mail(*, url: str = "", sender: str = "loanstream@localhost", spool: Path | None = None) -> MailPort:
    """The mail server when ``url`` is given, else the sandbox: the file ``spool``, or memory without one.

    Raises :class:`~services.notify.ports.smtp.BadMailServer`.
    """
    return SmtpMail(server_of(url), sender) if url else SpoolMail(spool)


def make_webhooks(settings_file: Path, clock: Clock) -> Webhooks:
    """The subscribers of the settings file. Raises :class:`~services.notify.ports.subscribers.BadSubscribers`."""
    return Webhooks(load_subscribers(settings_file), clock)
