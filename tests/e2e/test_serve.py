"""Services as processes of their own on one data folder: seen by every command, in nobody's way, gone when killed."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from loanstream.cli.occupancy import occupants
from tests.e2e.system import command, environment, eventually, run

pytestmark = pytest.mark.postgres


@contextmanager
def served(folder: Path, *services: str) -> Iterator["subprocess.Popen[bytes]"]:
    """``loanstream serve`` until the end of the block."""
    arguments = command("serve", *services, "--port", "0", "--data", str(folder))
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, env=environment())
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def ready(folder: Path, count: int) -> bool:
    """Whether so many processes answer."""
    return sum(bool(there.url) for there in occupants(folder)) == count


def test_services_side_by_side_are_seen_by_doctor_up_and_reset_and_a_killed_one_is_not(folder: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(served(folder, "servicing"))
        second = stack.enter_context(served(folder, "origination", "funding", "risk", "notify"))
        eventually("both answer", lambda: ready(folder, 2))
        looked = run("doctor", "--data", str(folder))
        assert looked.returncode == 0, looked.stdout
        assert f"process {first.pid}" in looked.stdout
        assert f"process {second.pid}" in looked.stdout
        for arguments in (["up", "--port", "0"], ["reset", "--yes"]):
            refused = run(*arguments, "--data", str(folder))
            assert refused.returncode == 1
            assert f"process {first.pid}" in refused.stderr
            assert f"process {second.pid}" in refused.stderr
            assert "Traceback" not in refused.stderr
        assert (folder / "installation").exists()
        tail = run("events", "tail", "--data", str(folder))
        assert tail.returncode == 0, tail.stderr
        first.kill()
        first.wait()
        assert [there.pid for there in occupants(folder)] == [second.pid]
        assert "loanstream serve servicing" not in run("doctor", "--data", str(folder)).stdout
    assert run("reset", "--yes", "--data", str(folder)).returncode == 0
    assert not folder.exists()
