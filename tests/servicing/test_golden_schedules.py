"""Every released version of the arithmetic still gives the schedules that were committed with it."""

import pytest

from services.servicing.domain.rules import RULES
from tests.golden.servicing.schedules import CASES, Case, path, table


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_released_version_gives_the_committed_schedule(case: Case) -> None:
    assert table(case) == path(case).read_text(encoding="utf-8")


def test_every_released_version_has_golden_schedules() -> None:
    assert {case.rules for case in CASES} == set(RULES)
