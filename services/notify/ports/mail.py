"""The mail port: hands a finished letter to a channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loanstream.runtime.definitions import EffectResult


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter with its address: personal data, so it lives only between the vault and the channel."""

    id: str
    """The idempotency key: the same letter always has the same."""
    to: str
    subject: str
    body: str
    language: str
    category: str
    time: datetime


class MailPort(Protocol):
    """Hands letters over; answers ``SUCCEEDED``, ``FAILED``, ``RETRY`` or ``UNKNOWN`` with ``detail["reason"]``."""

    async def send(self, mail: Mail) -> EffectResult:
        """Hand a letter over."""
        ...

    async def ask(self, mail_id: str) -> EffectResult:
        """What became of a letter whose outcome is unknown: ``SUCCEEDED`` or ``RETRY``."""
        ...

    async def close(self) -> None:
        """Release what is open."""
        ...
