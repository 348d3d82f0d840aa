"""Positions outlive the process, and a file that cannot be read is never taken for a new one."""

import os
from pathlib import Path

import pytest

from loanstream_client import FilePositions, Identity, MemoryPositions, Place, Position, Positions
from loanstream_client.positions import PositionsUnreadable

FIRST = {Place("t", 0): Position(5, 3), Place("t", 11): Position(9, None)}
SECOND = {Place("t", 0): Position(7, 4), Place("u", 0): Position(1, 0)}


@pytest.fixture(params=["file", "memory"])
def positions(request: pytest.FixtureRequest, tmp_path: Path) -> Positions:
    """Either kind, empty."""
    return FilePositions(tmp_path / "positions.json") if request.param == "file" else MemoryPositions()


async def test_what_was_stored_is_loaded_and_other_partitions_stay(positions: Positions) -> None:
    assert await positions.load() == {}
    await positions.store(FIRST)
    await positions.store(SECOND)
    assert await positions.load() == {**FIRST, **SECOND}


async def test_a_file_is_read_by_the_next_process(tmp_path: Path) -> None:
    await FilePositions(tmp_path / "positions.json").store(FIRST)
    later = FilePositions(tmp_path / "positions.json")
    assert await later.load() == FIRST
    await later.store(SECOND)
    assert await FilePositions(tmp_path / "positions.json").load() == {**FIRST, **SECOND}
    assert os.listdir(tmp_path) == ["positions.json"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"t": {"0": [1]}}', '{"t": {"0": ["x", 1]}}', '{"t": {"0": [1, 1, "here"]}}', '{"t": 3}', '{"t"'],
)
async def test_a_damaged_file_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "positions.json").write_text(text)
    with pytest.raises(PositionsUnreadable, match="holds no positions"):
        await FilePositions(tmp_path / "positions.json").load()


async def test_an_identity_is_kept_with_the_position_from_the_next_store_on(tmp_path: Path) -> None:
    path = tmp_path / "positions.json"
    path.write_text('{"t": {"0": [5, 3], "11": [9, null]}}')  # as releases before identities wrote it
    first = FilePositions(path)
    assert (await first.load(), await first.identities()) == (FIRST, {})
    here = {Place("t", 0): Identity("here", 7), Place("u", 3): Identity("here", 8)}
    await first.identify(here)
    assert await FilePositions(path).load() == FIRST
    await first.store(SECOND)
    later = FilePositions(path)
    assert await later.load() == {**FIRST, **SECOND}
    assert await later.identities() == {Place("t", 0): Identity("here", 7)}, "one without a position says nothing"
