"""The demo on the real system, in processes of their own: hosts, embedded PostgreSQL, HTTP, killed in the middle."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loanstream.demo.client import client_for
from loanstream.demo.driver import run_demo
from loanstream.demo.options import DemoOptions, until_of
from loanstream.demo.report import DemoReport
from loanstream.runtime.http.issuer import LocalIssuer

pytestmark = pytest.mark.postgres

OPTIONS = DemoOptions(loans=8, until=until_of("+40d"), seed=3)
START_SECONDS = 60.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LOANSTREAM_")}


class System:
    """``loanstream up`` on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = self._started()

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        """Start again on the same data."""
        self.process = self._started()

    def stop(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._note()["url"])

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "loanstream.cli", "up", "--data", str(self.folder), "--port", "0"],
            stdout=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        deadline = time.monotonic() + START_SECONDS
        while self._note().get("pid") != process.pid:
            assert process.poll() is None, "the system did not start"
            assert time.monotonic() < deadline, "the system was not ready in time"
            time.sleep(0.05)
        return process

    def _note(self) -> dict[str, Any]:
        try:
            note: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return note


@pytest.fixture
def start() -> Iterator[Callable[[], System]]:
    """Starts fresh systems, which are stopped and removed in the end."""
    systems: list[System] = []

    def started() -> System:
        # not pytest's own folder: its parents are closed to the user that root's database server runs as
        systems.append(System(Path(tempfile.mkdtemp(prefix="loanstream-demo-"))))
        return systems[-1]

    yield started
    for system in systems:
        if system.process.poll() is None:
            system.stop()
        shutil.rmtree(system.folder, ignore_errors=True)


async def run(system: System) -> DemoReport:
    """One call of the demo."""
    return await run_demo(OPTIONS, lambda: client_for(system.url), LocalIssuer.open(system.folder).issue, None)


def table(report: DemoReport) -> dict[str, Any]:
    """What must be the same for the same seed."""
    shown = report.as_json()
    del shown["events_per_second"]
    return shown


async def until_day(system: System, day: str) -> None:
    """Wait for a business day."""
    headers = {"Authorization": f"Bearer {LocalIssuer.open(system.folder).issue('operations-officer')}"}
    async with client_for(system.url) as client:
        while True:
            days = (await client.get("/api/servicing/business-days?limit=1", headers=headers)).json()["business_days"]
            if days and days[0]["business_date"] >= day:
                return
            await asyncio.sleep(0.02)


async def test_a_system_killed_in_the_middle_goes_on_and_comes_to_the_same_table(start: Callable[[], System]) -> None:
    system = start()
    begun = asyncio.create_task(run(system))
    # in the weeks before the first instalments one command opens many days: the kill finds the services on different ones
    await until_day(system, "2026-01-12")
    system.kill()
    begun.cancel()
    await asyncio.wait([begun])

    system.restart()
    killed = await run(system)
    again = await run(system)
    assert killed.books.balanced
    assert table(again) == table(killed)
    system.stop()

    assert table(await run(start())) == table(killed)


def test_fifty_applications_live_through_a_year_by_one_command(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="loanstream-demo-"))
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "loanstream.cli",
                "demo",
                "--loans",
                "50",
                "--until",
                "+12m",
                "--json",
                "--data",
                folder,
            ],
            capture_output=True,
            cwd=tmp_path,
            env=ENVIRONMENT,
            timeout=240,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert done.returncode == 0, done.stderr.decode()
    shown = json.loads(done.stdout)
    assert list(shown) == ["loans", "events", "books", "events_per_second", "days"]
    assert sum(shown["loans"].values()) == shown["events"]["LoanApplied"] == 50
    assert min(shown["loans"][state] for state in ("refused", "settled", "active", "overdue", "written-off")) > 0
    assert shown["books"]["balanced"] is True
    terms = ("repaid", "outstanding", "written_off", "forgiven", "sold")
    assert Decimal(shown["books"]["disbursed"]) == sum(Decimal(shown["books"][term]) for term in terms)
    assert shown["days"] == 366
