"""Every golden table is what the engine gives."""

import pytest

from tests.golden.servicing.engine import CASES, FOLDER, path, table


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_table_is_what_the_engine_gives(case):
    assert path(case).read_text(encoding="utf-8") == table(case), "run `make golden`, and look at the difference"


def test_every_table_has_its_case():
    assert {file.stem for file in FOLDER.glob("*.txt")} == {case.name for case in CASES}
