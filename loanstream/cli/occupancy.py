"""Who runs on a data folder: locks that end with their process however it ends, and notes that say who holds them and where.

``up`` needs the folder alone, ``serve`` shares it with other ``serve``: hosts of the same service fence each other. Whoever
deletes the folder needs it alone too.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

_LOCK = "run.lock"
_NOTES = "processes"


class Occupied(Exception):
    """Others run on the data folder; the text says who, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Occupant:
    """A process that runs on a data folder."""

    pid: int
    command: str
    """As it was called, e.g. ``loanstream serve servicing``."""
    whole: bool
    """Whether it runs every service."""
    url: str = ""
    """Where it answers; empty while it starts."""

    def __str__(self) -> str:
        """Who and where, for a sentence."""
        return f"`{self.command}` ({f'{self.url}, ' if self.url else 'starting, '}process {self.pid})"


Tell = Callable[[str], None]
"""Notes the address at which this process answers."""


@contextmanager
def occupied(data_dir: Path, command: str, *, alone: bool) -> Iterator[Tell]:
    """Hold the folder for this process: alone, or beside others that do not need it alone.

    Raises :class:`Occupied`.
    """
    with _lock(data_dir, alone=alone), _noted(data_dir, Occupant(os.getpid(), command, alone)) as tell:
        yield tell


@contextmanager
def vacant(data_dir: Path) -> Iterator[None]:
    """Hold the folder against every process that would start on it. Raises :class:`Occupied`."""
    with _lock(data_dir, alone=True):
        yield


def occupants(data_dir: Path) -> list[Occupant]:
    """The processes that run on the folder now. Notes of processes that died are removed."""
    found = [_read(path) for path in sorted((data_dir / _NOTES).glob("*.json"))]
    return [occupant for occupant in found if occupant is not None]


@contextmanager
def _lock(data_dir: Path, *, alone: bool) -> Iterator[None]:
    path = data_dir / _LOCK
    while True:
        with path.open("ab") as handle:
            try:
                fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Occupied(_sentence(data_dir)) from None
            if _is_at(handle, path):
                yield
                return
        # A reset deleted the file between our opening and our locking it.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _noted(data_dir: Path, occupant: Occupant) -> Iterator[Tell]:
    folder = data_dir / _NOTES
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{occupant.pid}-{secrets.token_hex(4)}.json"
    unlocked = path.with_suffix(".new")
    with unlocked.open("xb", buffering=0) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.write(_encoded(asdict(occupant)))
        # Seen only when it is locked: an unlocked note is one of a dead process.
        unlocked.rename(path)

        def tell(url: str) -> None:
            # Longer than what it replaces, and one write: a reader sees the old text, the new one, or nothing it can use.
            os.pwrite(handle.fileno(), _encoded({**asdict(occupant), "url": url}), 0)

        try:
            yield tell
        finally:
            path.unlink(missing_ok=True)


def _read(path: Path) -> Occupant | None:
    try:
        with path.open("rb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Occupant(**json.loads(handle.read()))
            path.unlink(missing_ok=True)
    except (OSError, ValueError, TypeError):
        return None
    return None


def _is_at(handle: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sentence(data_dir: Path) -> str:
    there = occupants(data_dir)
    who = ", ".join(map(str, there)) or "another process"
    if any(occupant.whole for occupant in there):
        return f"Loanstream already runs on {data_dir}: {who} runs every service there; stop that one first."
    return (
        f"Loanstream already runs on {data_dir}: {who}. `up` runs every service and needs the folder alone: stop those first,"
        " or start the missing services beside them with `loanstream serve SERVICE`."
    )


def _encoded(note: Mapping[str, Any]) -> bytes:
    return json.dumps(note).encode()
