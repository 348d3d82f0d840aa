"""In CI no test is skipped for a reason that nobody agreed to: ``.ci/skips.toml`` lists those that are known.

``LOANSTREAM_CI`` names the stage of ``.ci/run``, and ``LOANSTREAM_CI_WITHOUT`` what it did not find on the machine. At the end
every reason stands with its count; one that is not in the list fails the session.
"""

import os
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

STAGE = "LOANSTREAM_CI"
WITHOUT = "LOANSTREAM_CI_WITHOUT"
LIST = Path(__file__).parents[2] / ".ci" / "skips.toml"

_PREFIX = "Skipped: "
_RUNS_STILL = frozenset({pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED})

Known = Mapping[str, Mapping[str, Collection[str]]]
"""Beginnings of reasons, by the table of the list and the stage, or what is missing, in it."""


@dataclass(frozen=True, slots=True)
class Skips:
    """Tests that were skipped for one reason."""

    reason: str
    count: int
    agreed: str | None
    """Why it may be so; ``None`` where nothing says that it may."""

    def __str__(self) -> str:
        return f"{self.count} skipped ({self.agreed or 'NOT AGREED TO: see .ci/skips.toml'}): {self.reason}"


def known() -> Known:
    """The committed list."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


def judged(reasons: Iterable[str], stage: str, missing: Collection[str], agreed: Known) -> list[Skips]:
    """Each reason once, with what allows it in this stage on this machine."""
    return [
        Skips(reason, count, _agreed(reason, stage, missing, agreed))
        for reason, count in sorted(Counter(reasons).items())
    ]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterable[None]:
    """In a stage of CI, say every reason and fail for one that is not known."""
    # outermost: the summary is printed within, and these lines come after it
    yield
    stage, reporter = os.environ.get(STAGE), session.config.pluginmanager.get_plugin("terminalreporter")
    if not stage or reporter is None:  # a worker tells the process that started it
        return
    reasons = [str(report.longrepr[2]).removeprefix(_PREFIX) for report in reporter.stats.get("skipped", ())]
    found = judged(reasons, stage, os.environ.get(WITHOUT, "").split(), known())
    for each in found:
        reporter.write_line(f"── {stage}: {each}")
    if any(each.agreed is None for each in found) and session.exitstatus in _RUNS_STILL:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _agreed(reason: str, stage: str, missing: Collection[str], agreed: Known) -> str | None:
    if reason.startswith(tuple(agreed["later"].get(stage, ()))):
        return "another stage has them"
    without = (name for name in missing if reason.startswith(tuple(agreed["without"].get(name, ()))))
    name = next(without, None)
    return name and f"no {name} on this machine"
