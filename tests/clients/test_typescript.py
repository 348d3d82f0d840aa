"""The TypeScript kit by itself: what is installed, and its own tests."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients import reading
from tests.clients.reading import HAS_NODE, NO_NODE, TYPESCRIPT
from tests.docs.pages import ROOT


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
def test_the_kit_compiles_strictly_and_passes_its_own_tests(tmp_path: Path) -> None:
    # beside the golden events, as in the checkout
    kit = reading.copy_of_typescript(tmp_path / "clients" / "typescript")
    shutil.copytree(ROOT / "schemas" / "golden", tmp_path / "schemas" / "golden")
    done = subprocess.run(
        ["npm", "test", "--silent"], cwd=kit, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout


def test_the_lock_file_holds_names_versions_and_hashes_and_no_address() -> None:
    lock = json.loads((TYPESCRIPT / "package-lock.json").read_text(encoding="utf-8"))
    installed = {name: package for name, package in lock["packages"].items() if name}
    assert {"node_modules/kafkajs", "node_modules/ajv"} <= installed.keys()
    assert not any("resolved" in package for package in installed.values())
    assert all(package["version"] and package["integrity"].startswith("sha512-") for package in installed.values())
