"""Schedules and payments that the Apache Fineract test-suite asserts, to the cent; the files stay outside the project."""

from pathlib import Path

import pytest

from tests.cases.fineract import check, load

FOLDER = Path(__file__).parents[3] / "shared" / "cases"
FILES = [FOLDER / name for name in ("fineract_schedules.json", "fineract_payments.json")]
CASES = [case for file in FILES if file.is_file() for case in load(file)]


@pytest.mark.skipif(not CASES, reason="no fineract_schedules.json or fineract_payments.json in ../shared/cases")
@pytest.mark.parametrize("case", CASES or [{"id": "none"}], ids=lambda case: case["id"])
def test_every_figure_of_the_case_is_as_asserted(case):
    assert check(case).differences == ()
