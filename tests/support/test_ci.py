"""A stage of CI fails for a test that is skipped without anybody's consent, and says each reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ci

_ONE_SKIPPED = """
import pytest

def test_runs():
    pass

@pytest.mark.parametrize("n", range(2))
def test_does_not(n):
    pytest.skip({reason!r})
"""


def stage(folder: Path, reason: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A session with one test that runs, and two that are skipped."""
    (folder / "test_it.py").write_text(_ONE_SKIPPED.format(reason=reason))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LOANSTREAM_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.ci", "-c", os.devnull, "--rootdir", folder, folder],
        env=own | {"PYTHONPATH": str(ci.LIST.parents[1])} | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_unknown_reason_fails_its_stage(tmp_path: Path) -> None:
    ended = stage(tmp_path, "not today", LOANSTREAM_CI="test")
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "── test: 2 skipped (NOT AGREED TO: see .ci/skips.toml): not today" in ended.stdout


def test_without_ci_nothing_is_judged(tmp_path: Path) -> None:
    ended = stage(tmp_path, "not today")
    assert ended.returncode == 0, ended.stdout
    assert "AGREED" not in ended.stdout


def test_what_is_missing_is_excused_where_it_was_found_missing_only(tmp_path: Path) -> None:
    reason = "needs node and `npm ci` in clients/typescript"
    assert stage(tmp_path, reason, LOANSTREAM_CI="test").returncode == pytest.ExitCode.TESTS_FAILED
    ended = stage(tmp_path, reason, LOANSTREAM_CI="test", LOANSTREAM_CI_WITHOUT="helm node")
    assert ended.returncode == 0, ended.stdout
    assert f"── test: 2 skipped (no node on this machine): {reason}" in ended.stdout


def test_what_another_stage_has_is_excused_in_this_one_only() -> None:
    agreed = {"later": {"test": ["takes minutes"]}, "without": {}}
    assert [each.agreed for each in ci.judged(["takes minutes"], "test", (), agreed)] == ["another stage has them"]
    assert [each.agreed for each in ci.judged(["takes minutes"], "chaos", (), agreed)] == [None]


def test_the_list_names_what_ci_looks_for() -> None:
    script = (ci.LIST.parent / "run").read_text(encoding="utf-8")
    for name in ci.known()["without"]:
        assert f"without {name} " in script, f"nothing in .ci/run finds out that there is no {name}"
    for name in ci.known()["later"]:
        assert f'stage "{name}"' in script
