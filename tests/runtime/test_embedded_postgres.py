"""The embedded PostgreSQL survives what happens to it: sharing, kill -9, long paths, other people's folders."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from loanstream.runtime import embedded_postgres
from loanstream.runtime.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

pytestmark = pytest.mark.postgres

HOLD = """
import sys, time
from pathlib import Path
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.readline()
server.stop()
"""


@pytest.fixture(scope="module")
def made_folder() -> Iterator[Path]:
    """A data folder in which the server has run once: making one takes longer than starting it."""
    folder = Path(tempfile.mkdtemp(prefix="loanstream-pg-"))
    folder.chmod(0o711)
    with EmbeddedPostgres(folder, {"fsync": "off"}):
        pass
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(made_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that is stopped."""
    server = EmbeddedPostgres(made_folder)
    assert server.pid is None
    yield server
    server.stop()
    assert server.pid is None


@pytest.fixture
def another_process(made_folder: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts processes that hold the server."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(made_folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def _value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_gives_a_database_named_loanstream_that_is_durable(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    assert await _value(dsn, "SELECT current_database()") == "loanstream"
    assert await _value(dsn, "SHOW synchronous_commit") == "on"
    assert await _value(dsn, "SHOW full_page_writes") == "on"
    assert await _value(dsn, "SHOW listen_addresses") == ""
    server.stop()


async def test_data_is_there_again_after_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    async with server as dsn:
        await _value(dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    assert server.pid is None
    async with server as dsn:
        assert await _value(dsn, "SELECT n FROM kept") == 42
        await _value(dsn, "DROP TABLE kept")


def test_nobody_else_can_reach_the_socket_that_asks_no_password(server: EmbeddedPostgres, made_folder: Path) -> None:
    server.start()
    folder = made_folder / "postgres"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    assert (folder / ".s.PGSQL.5432").exists()
    owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    assert owner == ("pgserver" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    server.stop()


async def test_processes_share_a_server_and_the_last_one_stops_it(
    server: EmbeddedPostgres, another_process: Callable[[], "subprocess.Popen[str]"]
) -> None:
    first = another_process()
    pid = server.pid
    dsn = server.start()
    assert server.pid == pid
    first.communicate("\n")
    assert server.pid == pid
    assert await _value(dsn, "SELECT 1") == 1
    second = another_process()
    server.stop()
    assert server.pid == pid
    second.communicate("\n")
    assert server.pid is None


def test_a_process_killed_while_it_holds_the_server_does_not_keep_it_running(
    server: EmbeddedPostgres, another_process: Callable[[], "subprocess.Popen[str]"]
) -> None:
    victim = another_process()
    server.start()
    victim.kill()
    victim.wait()
    assert server.pid is not None
    server.stop()
    assert server.pid is None


async def test_a_killed_server_is_started_again_by_whoever_holds_it(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    await _value(dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert server.start() == dsn
    assert server.pid != killed
    assert await _value(dsn, "SELECT n FROM kept") == 42
    await _value(dsn, "DROP TABLE kept")
    server.stop()


@pytest.mark.skipif(
    not Path("/proc").exists(), reason="only Linux shows zombies in /proc; elsewhere they are reaped at once"
)
def test_a_server_killed_before_it_is_reaped_does_not_count_as_running(made_folder: Path) -> None:
    """A zombie answers to its pid; PostgreSQL would refuse to start beside it."""
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    _until(lambda: Path(f"/proc/{zombie.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    pid_file = made_folder / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{zombie.pid}\n{made_folder}/postgres/data\n1700000000\n5432\n\n\n\nready   \n")
    server = EmbeddedPostgres(made_folder)
    try:
        assert server.pid is None
        server.start()
        assert server.pid not in (None, zombie.pid)
    finally:
        server.stop()
        zombie.wait()


def test_an_unfinished_folder_of_a_killed_first_start_is_made_anew() -> None:
    folder = Path(tempfile.mkdtemp(prefix="loanstream-pg-"))
    folder.chmod(0o711)
    (folder / "postgres" / "data.new" / "base").mkdir(parents=True)
    (folder / "postgres" / "data.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder, {"fsync": "off"}):
        assert not (folder / "postgres" / "data.new").exists()
    shutil.rmtree(folder)


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(
    made_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_postgres, "_LONGEST_SOCKET_PATH", 10)
    server = EmbeddedPostgres(made_folder)
    async with server as dsn:
        place = Path(dsn.partition("host=")[2])
        assert place.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(os.stat(place).st_mode) == 0o700
        assert await _value(dsn, "SELECT 1") == 1
    shutil.rmtree(place)


def test_a_socket_folder_that_somebody_else_made_is_refused(made_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_postgres, "_LONGEST_SOCKET_PATH", 10)
    server = EmbeddedPostgres(made_folder)
    place = Path(server.dsn.partition("host=")[2])
    place.symlink_to(made_folder)
    try:
        with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
            server.start()
    finally:
        place.unlink()


def test_data_of_another_major_version_is_refused_with_advice(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 16.*Dump it"):
        EmbeddedPostgres(tmp_path).start()


def test_a_server_that_cannot_start_says_why(made_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_postgres, "_LAUNCH_SECONDS", 0.3)
    settings = made_folder / "postgres" / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_buffers = 'plenty'\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="plenty"):
            EmbeddedPostgres(made_folder).start()
    finally:
        settings.write_text(before)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedPostgresError, match="Choose a data folder"):
        EmbeddedPostgres(tmp_path / "file").start()


def test_without_the_package_the_advice_is_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EmbeddedPostgresError, match="make setup"):
        EmbeddedPostgres(tmp_path).start()


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about within 5 seconds")
