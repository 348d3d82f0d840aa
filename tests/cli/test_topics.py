"""``loanstream topics position``: asks, says what it does, and the audit tells of it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.system import good, run

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with its topics."""
    # not pytest's own: its parents are closed to the user that root's database server runs as
    made = Path(tempfile.mkdtemp(prefix="loanstream-topics-"))
    good("topics", "apply", "--data", str(made))
    yield made
    shutil.rmtree(made)


def test_a_position_is_stated_only_when_it_fits_and_is_wanted(folder: Path) -> None:
    here = ("--data", str(folder))
    state = ("topics", "position", "servicing", "2", "--reason", "remade, case 17", *here)
    refused = run(*state, "--at", "5", "--yes")
    assert refused.returncode == 1
    assert "holds offsets 0 to 0, no decider can go on at 5" in refused.stderr
    assert run("topics", "position", "servicing", "2", "--at", "0", "--reason", " ", *here).returncode == 2
    asked = run(*state, "--at", "0", given="n\n")
    assert "The decider of servicing partition 2 will go on at 0; no outcome tells where it stands." in asked.stdout
    assert "Nothing was written." in asked.stdout
    assert "position-stated" not in good("audit", "verify", *here)
    assert "Written." in good(*state, "--at", "0", "--yes")
    audit = good("audit", "verify", *here)
    assert "position-stated: loanstream.servicing.outcomes.v1 partition 2 offset 1: its decider went on at 0" in audit
    assert "remade, case 17" in audit
    assert "intact" in audit
