"""The next release of the rollout test is made from this tree by replacing text: that it still can is seen without Docker."""

import subprocess
import sys
from pathlib import Path

from tests.deploy.next_release import FIELD, applied
from tests.deploy.stack import ROOT, copied_context

ITS_RECEIPT = """
from dataclasses import fields
from schemas.servicing.events import MoneyReceived
from services.servicing.domain.receipt.state import Receipt
from services.servicing.service import deciders
from loanstream.runtime.decider.snapshots import state_version

print(*(field.name for field in fields(MoneyReceived)))
print(*Receipt.__struct_fields__)
print(state_version(deciders()))
"""


def told_by(tree: Path) -> list[str]:
    """The fields of the receipt's event and state, and the version of servicing's state, in ``tree``."""
    ran = subprocess.run([sys.executable, "-c", ITS_RECEIPT], cwd=tree, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_next_release_is_this_tree_with_one_field_more_in_event_and_state(tmp_path: Path) -> None:
    event, state, version = told_by(ROOT)
    next_event, next_state, next_version = told_by(applied(copied_context(tmp_path / "next")))

    assert next_event.split() == [*event.split(), FIELD]
    assert set(next_state.split()) == {*state.split(), FIELD}
    assert next_version != version, "a snapshot of one is not read by the other"
