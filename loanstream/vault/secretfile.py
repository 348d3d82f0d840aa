"""Files that hold secrets: made once, whole, and readable by their owner only."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

OWNER_ONLY = 0o600
FOLDER_OWNER_ONLY = 0o700


def private_folder(path: Path) -> Path:
    """``path``, made when missing, closed to everybody but its owner."""
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER_OWNER_ONLY)
    if path.stat().st_mode & 0o077:
        path.chmod(FOLDER_OWNER_ONLY)
    return path


def secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """Content of the secret file at ``path``; when there is none ``make`` gives it.

    Several processes may start at once: the first complete file wins and all read that one. Raises ``PermissionError`` when
    others than the owner may read it, because the secret is then no longer one.
    """
    if not path.exists():
        private_folder(path.parent)
        _place(path, make())
    if path.stat().st_mode & 0o077:
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
