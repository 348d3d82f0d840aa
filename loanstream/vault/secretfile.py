"""Files that hold secrets: made once, whole, and readable by their owner only."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER_OWNER_ONLY = 0o700
_READ_OR_WRITE_BY_OTHERS = 0o066
_BY_OTHERS = 0o077


def private_folder(path: Path) -> Path:
    """``path``, made when missing; nobody but its owner can list or change it.

    Passing through is left as it is: the embedded database's own user may need to.
    """
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER_OWNER_ONLY)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _READ_OR_WRITE_BY_OTHERS:
        path.chmod(mode & ~_READ_OR_WRITE_BY_OTHERS)
    return path


def secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """Content of the secret file at ``path``; when there is none ``make`` gives it.

    Several processes may start at once: the first complete file wins and all read that one. Raises ``PermissionError`` when
    others than the owner may read it, because the secret is then no longer one. A file that belongs to another user, and was
    handed to us through a group, as Kubernetes does with mounted secrets, may be read by that group.
    """
    if not path.exists():
        private_folder(path.parent)
        _place(path, make())
    found = path.stat()
    if found.st_mode & (_BY_OTHERS if found.st_uid == os.geteuid() else _BY_OTHERS & ~stat.S_IRGRP):
        raise PermissionError(
            f"{path} can be read by others than its owner: chmod 600 it, and replace the secret if they did"
        )
    return path.read_bytes()


def replace_secret_file(path: Path, content: bytes) -> None:
    """Write ``content`` over the secret file at once: readers see the old content or the new."""
    temporary = _written(path.parent, content)
    temporary.replace(path)


def _place(path: Path, content: bytes) -> None:
    """Put a complete file at ``path`` unless another process was faster."""
    temporary = _written(path.parent, content)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()


def _written(folder: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".secret-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
