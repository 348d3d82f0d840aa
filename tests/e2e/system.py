"""The ``loanstream`` command as its users call it: processes of their own on a data folder of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from loanstream.cli.process import running
from loanstream.runtime.http.issuer import LocalIssuer
from tests.support.ports import free_port

SHORT_LEASES = {"LOANSTREAM_KEY_LEASE_SECONDS": "2", "LOANSTREAM_EFFECT_LEASE_SECONDS": "4"}
"""So that a test need not wait a minute until a killed process's requests and effects are taken up again."""

_PATIENCE = 300.0
_POLL = 0.05


def command(*arguments: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "loanstream.cli", *arguments]


def environment(**variables: str) -> dict[str, str]:
    """The caller's environment without any setting of ours, and with these."""
    return {name: v for name, v in os.environ.items() if not name.startswith("LOANSTREAM_")} | variables


def run(*arguments: str, given: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; ``given`` is typed in."""
    return subprocess.run(
        command(*arguments),
        input=given,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        env=environment(COLUMNS="160", **variables),
        check=False,
    )


def good(*arguments: str) -> str:
    """What a command prints that must succeed."""
    done = run(*arguments)
    assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def demo_arguments(folder: Path, loans: int, until: str) -> list[str]:
    """A demo that prints JSON."""
    return ["demo", "--loans", str(loans), "--until", until, "--json", "--data", str(folder)]


def comparable(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same for the same seed on every machine: all but the rate."""
    return {name: value for name, value in shown.items() if name != "events_per_second"}


def eventually(what: str, holds: Callable[[], Any], seconds: float = _PATIENCE) -> Any:
    """The first true answer of ``holds``."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"in {seconds:g} s it did not come to pass that {what}"
        time.sleep(_POLL)
    return answer


class System:
    """``loanstream up`` on a data folder, always at the same address."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.output = folder / "up.out"
        self._variables = variables
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self._started()

    def kill(self) -> None:
        """kill -9 of the process, and of no other."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start again on the same data."""
        self.process = self._started()

    def interrupt(self) -> tuple[int, float]:
        """Ctrl-C; answers exit code and seconds."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30), time.monotonic() - begun

    def get(self, path: str) -> Any:
        """A query as an auditor; ``None`` while nothing answers."""
        token = LocalIssuer.open(self.folder).issue("auditor")
        try:
            answer = httpx.get(
                self.url + path, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=5
            )
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    @contextmanager
    def stream(self, path: str) -> Iterator[Iterator[str]]:
        """Lines of a live stream as an auditor."""
        headers = {"Authorization": f"Bearer {LocalIssuer.open(self.folder).issue('auditor')}"}
        with httpx.stream("GET", self.url + path, headers=headers, trust_env=False, timeout=60) as answer:
            yield answer.iter_lines()

    def counted(self, context: str, event: str) -> int:
        """How many events of a type there are so far."""
        rows = (self.get(f"/api/{context}/events/counts") or {"counts": []})["counts"]
        return sum(row["count"] for row in rows if row["name"] == event)

    def database_pid(self) -> int:
        """Process of the embedded PostgreSQL."""
        return int((self.folder / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    def _started(self) -> "subprocess.Popen[bytes]":
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                command("up", "--data", str(self.folder), "--port", str(self.port)),
                stdout=output,
                stderr=output,
                env=environment(**self._variables),
            )
        eventually("the system runs", lambda: self._runs(process))
        return process

    def _runs(self, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None, f"the system did not start: {self.output.read_text()}"
        there = running(self.folder)
        return there is not None and there.pid == process.pid


@contextmanager
def system_on(folder: Path, **variables: str) -> Iterator[System]:
    """A system that is stopped in the end, however that comes."""
    system = System(folder, **variables)
    try:
        yield system
    finally:
        if system.process.poll() is None:
            system.process.terminate()
            try:
                system.process.wait(20)
            except subprocess.TimeoutExpired:
                system.kill()
