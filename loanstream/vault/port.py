"""The vault port: personal data, encrypted per subject, apart from every event 个人信息保险库.

Commands, events, dead letters and logs hold the subject's reference; the data is written before a command is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class SubjectErased(LookupError):
    """The subject's key was destroyed: its data cannot be read any more."""


class UnknownSubject(LookupError):
    """No such subject."""


class Vault(Protocol):
    """Personal data of subjects (persons, firms)."""

    async def register(self, identity: str, fields: Mapping[str, str], *, by: str) -> str:
        """Store ``fields`` for the person with this identity number; the same number gives the same subject reference."""
        ...

    async def read(self, subject: str, fields: Sequence[str], *, reader: str, purpose: str) -> Mapping[str, str]:
        """The fields asked for; every read is recorded with reader and purpose. Raises the errors above."""
        ...

    async def find(self, identity: str) -> str | None:
        """Reference of a known identity number, by keyed index."""
        ...

    async def erase(self, subject: str, *, by: str, reason: str) -> None:
        """Destroy the subject's key; the ciphertext stays unreadable."""
        ...
