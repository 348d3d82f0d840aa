"""Where a reader stands, kept between its runs.

A position is stored after its events were handled, so after a crash some events come again and none is lost. Who keeps what
events did in a database keeps the position there too, in the same transaction: ``examples/postgresql.py``.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from loanstream_client.envelope import Place, Position


class Positions(Protocol):
    """Keeps the positions of one reader."""

    async def load(self) -> Mapping[Place, Position]:
        """What was stored last; empty before the first time."""
        ...

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """Keep the positions of these partitions; those of others stay."""
        ...


class MemoryPositions:
    """Positions that end with the process; or that were loaded from elsewhere, and are stored there by who handles events."""

    def __init__(self, positions: Mapping[Place, Position] | None = None) -> None:
        self._positions = dict(positions or {})

    async def load(self) -> Mapping[Place, Position]:
        """As the protocol says."""
        return dict(self._positions)

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """As the protocol says."""
        self._positions.update(positions)


class PositionsUnreadable(ValueError):
    """The file holds something else than positions; the text says where."""


class FilePositions:
    """Positions in a JSON file, replaced as a whole: a crash leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._positions: dict[Place, Position] = {}

    async def load(self) -> Mapping[Place, Position]:
        """As the protocol says. Raises :class:`PositionsUnreadable`: starting anew must be somebody's decision."""
        if not self._path.exists():
            return {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self._positions = {
                Place(topic, int(partition)): Position(int(offset), None if last is None else int(last))
                for topic, partitions in stored.items()
                for partition, (offset, last) in partitions.items()
            }
        except (ValueError, TypeError, AttributeError) as error:
            raise PositionsUnreadable(
                f"{self._path} holds no positions ({error}); mend it, or remove it to start anew"
            ) from error
        return dict(self._positions)

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """As the protocol says. Returns when the file is on the disk."""
        self._positions.update(positions)
        document: dict[str, dict[str, Position]] = {}
        for place, position in sorted(self._positions.items()):
            document.setdefault(place.topic, {})[str(place.partition)] = position
        beside = self._path.with_name(f"{self._path.name}.new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
