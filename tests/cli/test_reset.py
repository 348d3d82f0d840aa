"""``loanstream reset`` deletes a data folder of ours, after asking, and nothing else."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from loanstream.cli.occupancy import occupied
from tests.cli.test_bad_input import call, refused


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """What an installation leaves in its folder."""
    folder = tmp_path / "data"
    (folder / "postgres").mkdir(parents=True)
    (folder / "installation").write_text("here\n")
    return folder


def test_a_folder_that_is_not_there_is_nothing_to_delete(tmp_path: Path) -> None:
    result = call("reset", "--data", str(tmp_path / "none"))
    assert result.exit_code == 0
    assert "nothing to delete" in result.output


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    keep = tmp_path / "thesis.txt"
    keep.write_text("years of work")
    refused(call("reset", "--yes", "--data", str(tmp_path)), "does not look like a data folder of Loanstream")
    assert keep.exists()


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_it_asks_first_and_takes_anything_but_yes_for_no(ours: Path, answer: str) -> None:
    result = call("reset", "--data", str(ours), given=answer)
    assert f"Delete all data in {ours}" in result.output
    assert "Nothing was deleted." in result.output
    assert (ours / "installation").exists()


def test_it_deletes_after_a_yes(ours: Path) -> None:
    assert call("reset", "--data", str(ours), given="y\n").exit_code == 0
    assert not ours.exists()


def test_with_yes_on_the_command_line_it_does_not_ask(ours: Path) -> None:
    result = call("reset", "--yes", "--data", str(ours))
    assert result.exit_code == 0
    assert "Delete all data" not in result.output
    assert not ours.exists()


@pytest.mark.parametrize(("command", "alone"), [("loanstream up", True), ("loanstream serve servicing", False)])
def test_a_folder_on_which_anything_runs_is_refused_and_the_processes_are_named(
    ours: Path, command: str, alone: bool
) -> None:
    with occupied(ours, command, alone=alone):
        refused(call("reset", "--yes", "--data", str(ours)), f"`{command}`", f"process {os.getpid()}", "stop first")
    assert (ours / "installation").exists()


def test_a_folder_whose_database_a_command_works_with_is_refused(ours: Path) -> None:
    with (ours / "postgres" / "handles.lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        refused(call("reset", "--yes", "--data", str(ours)), "a command works with the database")
    assert (ours / "installation").exists()


def test_a_note_of_a_process_that_died_does_not_stand_in_the_way(ours: Path) -> None:
    (ours / "processes").mkdir()
    note = {"pid": 4711, "command": "loanstream up", "whole": True, "url": "http://127.0.0.1:1"}
    (ours / "processes" / "4711-00000000.json").write_text(json.dumps(note))
    (ours / "run.lock").touch()
    assert call("reset", "--yes", "--data", str(ours)).exit_code == 0
    assert not ours.exists()
