"""The tour, block by block as a reader would paste it, on a real system."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loanstream.cli.process import running
from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.postgres

START_SECONDS = 60.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LOANSTREAM_")}
ADDRESS = "http://127.0.0.1:8600"
"""Where the tour's system is by default."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Data folder of a fresh system that runs."""
    # not pytest's own folder: its parents are closed to the user that root's database server runs as
    path = Path(tempfile.mkdtemp(prefix="loanstream-tour-"))
    command = [sys.executable, "-m", "loanstream.cli", "up", "--data", str(path), "--port", "0"]
    system = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while running(path) is None:
            assert system.poll() is None, "the system did not start"
            assert time.monotonic() < deadline, "the system was not ready in time"
            time.sleep(0.05)
        yield path
    finally:
        system.send_signal(signal.SIGINT)
        system.wait(30)
        shutil.rmtree(path, ignore_errors=True)


def test_the_tour_works_as_it_stands(folder: Path) -> None:
    there = running(folder)
    assert there is not None
    script = "\n".join(block.text for block in blocks(ROOT / "docs/tour.md", "bash")).replace(ADDRESS, there.url)
    environment = {**ENVIRONMENT, "LOANSTREAM_DATA_DIR": str(folder), "NO_PROXY": "*", "COLUMNS": "120"}
    command = ["bash", "-euo", "pipefail", "-c", script]
    tour = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert tour.returncode == 0, tour.stdout + tour.stderr
    lines = tour.stdout.splitlines()
    assert "settled" in lines
    assert "False" not in lines
    assert "releaser-is-the-same" in tour.stdout
    assert any(line.startswith("✓ intact") for line in lines)
    for name in _events_shown():
        assert f" {name} " in tour.stdout.replace("\n", " \n"), f"the tour shows {name}, which did not happen"


def _events_shown() -> set[str]:
    """Names of the events in the tour's outputs."""
    contexts = ("origination", "servicing", "funding", "risk", "notify")
    lines = [line.split() for block in blocks(ROOT / "docs/tour.md", "text") for line in block.text.splitlines()]
    return {words[2] for words in lines if len(words) > 2 and words[1] in contexts}
