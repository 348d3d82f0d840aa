"""Every field of the event catalogue says what it means, and every number of what it is."""

import re
from collections.abc import Iterator

import pytest

from loanstream.contract.catalogue import pages
from loanstream.contract.field_notes import field_notes
from loanstream.contract.glossary import GLOSSARY
from loanstream.contract.json_schemas import message_types
from schemas.funding.events import FundingFailed
from schemas.money import Money

_HEADING = re.compile(r"## (\w+) v\d+")
_ROW = re.compile(r"\| `(?P<field>[^`]+)` \| (?P<kind>.*?) \| (?P<meaning>.*) \|")
_UNIT = re.compile(
    r"\b(days?|months?|years?|number of|counted from|fraction|factor|points|PD|aggregates|events|class)\b", re.I
)

Row = tuple[str, str, str]
"""Event and field, kind, meaning."""


def rows(text: str) -> Iterator[Row]:
    """The rows of the tables of fields on a page."""
    event = None
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            event = heading[1]
        elif event and (row := _ROW.fullmatch(line)):
            yield f"{event}: {row['field']}", row["kind"], row["meaning"]


ROWS = [row for text in pages().values() for row in rows(text)]


def test_the_rows_of_the_catalogue_are_found() -> None:
    events = {message.name for message in message_types() if message.kind == "event"}
    assert {name.partition(":")[0] for name, _, _ in ROWS} == events
    assert list(rows("## It v1\n| `n` | whole number |  |")) == [("It: n", "whole number", "")]


def test_no_field_is_without_a_meaning() -> None:
    assert [name for name, _, meaning in ROWS if len(meaning) < 8] == []


def test_no_number_is_without_its_unit() -> None:
    numbers = [(name, meaning) for name, kind, meaning in ROWS if kind.startswith(("whole number", "decimal"))]
    assert len(numbers) > 50
    assert [name for name, meaning in numbers if not _UNIT.search(meaning)] == []


def test_amounts_stand_in_major_units_and_nothing_speaks_of_others() -> None:
    assert "major units" in (Money.__doc__ or "")
    assert [name for name, _, meaning in ROWS if "minor units" in meaning] == []


def test_a_text_below_the_field_wins_over_the_glossary() -> None:
    notes = field_notes(FundingFailed)
    assert notes["loan_id"] == GLOSSARY["loan_id"]
    assert notes["reason"] != GLOSSARY["reason"]


@pytest.mark.parametrize("name", sorted(GLOSSARY))
def test_the_glossary_has_no_name_that_no_message_has(name: str) -> None:
    assert any(field.rpartition(".")[2].removesuffix("[]") == name for field in _FIELDS)


_FIELDS = [name.rpartition(" ")[2] for name, _, _ in ROWS]
