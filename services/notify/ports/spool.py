"""The sandbox mail port: letters are appended to a JSON-lines file, for installations without a mail server.

It knows what it holds, so it can be asked, and a letter stands in it once, also across restarts. Lines are handed to the
operating system at once and not forced to disk. The file holds addresses: only its owner can read it.
"""

import json
import os
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path

from loanstream.runtime.definitions import EffectResult, EffectStatus
from services.notify.ports.mail import Mail


class SpoolMail:
    """The mail port into a file, or into memory only when no path is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: TextIOWrapper | None = None
        self._held: dict[str, Mail | None] | None = None

    async def send(self, mail: Mail) -> EffectResult:
        """See :class:`~services.notify.ports.mail.MailPort`."""
        held = self._known()
        if mail.id not in held:
            self._append(mail)
            held[mail.id] = None if self._path else mail
        return EffectResult(EffectStatus.SUCCEEDED)

    async def ask(self, mail_id: str) -> EffectResult:
        """Whether the letter stands in the spool."""
        return EffectResult(EffectStatus.SUCCEEDED if mail_id in self._known() else EffectStatus.RETRY)

    async def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def letters(self) -> list[Mail]:
        """What a spool in memory holds, in order."""
        return [mail for mail in self._known().values() if mail is not None]

    def _known(self) -> dict[str, Mail | None]:
        if self._held is None:
            self._held = dict.fromkeys(_ids_in(self._path)) if self._path else {}
        return self._held

    def _append(self, mail: Mail) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = _opened(self._path)
        line = asdict(mail) | {"time": mail.time.isoformat()}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def _opened(path: Path) -> TextIOWrapper:
    """The file for appending; a line that was cut off by a crash is ended, so that it spoils no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")
    if torn:
        file.write("\n")
    return file


def _ids_in(path: Path) -> list[str]:
    """Ids of the whole letters in the file; a torn line counts as not written."""
    if not path.exists():
        return []
    found = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                found.append(json.loads(line)["id"])
            except (ValueError, KeyError, TypeError):
                continue
    return found
