"""Who holds a data folder: several ``serve`` side by side, ``up`` alone, and nobody once the process has died."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loanstream.cli.occupancy import Occupied, occupants, occupied, vacant

_HOLDER = """
import sys, time
from pathlib import Path
from loanstream.cli.occupancy import occupied
with occupied(Path(sys.argv[1]), "loanstream serve risk", alone=False) as tell:
    tell("http://127.0.0.1:1")
    print("held", flush=True)
    time.sleep(600)
"""


def test_services_run_side_by_side_and_each_is_named_with_its_address(tmp_path: Path) -> None:
    with (
        occupied(tmp_path, "loanstream serve servicing", alone=False) as tell,
        occupied(tmp_path, "loanstream serve risk notify", alone=False),
    ):
        tell("http://127.0.0.1:8601")
        said = {str(there) for there in occupants(tmp_path)}
        assert said == {
            f"`loanstream serve servicing` (http://127.0.0.1:8601, process {os.getpid()})",
            f"`loanstream serve risk notify` (starting, process {os.getpid()})",
        }
    assert occupants(tmp_path) == []


def test_up_beside_a_service_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    with (
        occupied(tmp_path, "loanstream serve servicing", alone=False),
        pytest.raises(Occupied, match=r"`loanstream serve servicing`.*stop those first.*loanstream serve SERVICE"),
        occupied(tmp_path, "loanstream up", alone=True),
    ):
        pass


@pytest.mark.parametrize("alone", [True, False])
def test_nothing_starts_beside_up(tmp_path: Path, alone: bool) -> None:
    with (
        occupied(tmp_path, "loanstream up", alone=True),
        pytest.raises(Occupied, match=r"already runs on .*`loanstream up`.*stop that one first"),
        occupied(tmp_path, "another", alone=alone),
    ):
        pass


def test_nothing_starts_on_a_folder_that_is_being_deleted(tmp_path: Path) -> None:
    with (
        vacant(tmp_path),
        pytest.raises(Occupied),
        occupied(tmp_path, "loanstream serve risk", alone=False),
    ):
        pass


def test_a_killed_process_leaves_neither_lock_nor_note(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert [there.pid for there in occupants(tmp_path)] == [holder.pid]
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert occupants(tmp_path) == []
    assert list((tmp_path / "processes").iterdir()) == [], "its note is cleared away"
    with vacant(tmp_path):
        pass
