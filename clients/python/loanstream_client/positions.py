"""Where a reader stands, kept between its runs.

A position is stored after its events were handled, so after a crash some events come again and none is lost. Who keeps what
events did in a database keeps the position there too, in the same transaction: ``examples/postgresql.py``.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from loanstream_client.envelope import Place, Position
from loanstream_client.identity import Identity


class Positions(Protocol):
    """Keeps the positions of one reader."""

    async def load(self) -> Mapping[Place, Position]:
        """What was stored last; empty before the first time."""
        ...

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """Keep the positions of these partitions; those of others stay."""
        ...


@runtime_checkable
class Identities(Protocol):
    """What :class:`Positions` may do besides: keep which log each position is of, so that another one is found out."""

    async def identities(self) -> Mapping[Place, Identity]:
        """The identities stored last; those of partitions that had none stored are absent."""
        ...

    async def identify(self, identities: Mapping[Place, Identity]) -> None:
        """From the next ``store`` on keep these together with the positions of their partitions."""
        ...


class MemoryPositions:
    """Positions that end with the process; or that were loaded from elsewhere, and are stored there by who handles events."""

    def __init__(self, positions: Mapping[Place, Position] | None = None) -> None:
        self._positions = dict(positions or {})
        self._identities: dict[Place, Identity] = {}

    async def load(self) -> Mapping[Place, Position]:
        """As the protocol says."""
        return dict(self._positions)

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """As the protocol says."""
        self._positions.update(positions)

    async def identities(self) -> Mapping[Place, Identity]:
        """As :class:`Identities` says."""
        return dict(self._identities)

    async def identify(self, identities: Mapping[Place, Identity]) -> None:
        """As :class:`Identities` says."""
        self._identities.update(identities)


class PositionsUnreadable(ValueError):
    """The file holds something else than positions; the text says where."""


class FilePositions:
    """Positions in a JSON file, replaced as a whole: a crash leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._positions: dict[Place, Position] = {}
        self._identities: dict[Place, Identity] = {}

    async def load(self) -> Mapping[Place, Position]:
        """As the protocol says. Raises :class:`PositionsUnreadable`: starting anew must be somebody's decision."""
        if not self._path.exists():
            return {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            entries = {
                Place(topic, int(partition)): _read(*entry)
                for topic, partitions in stored.items()
                for partition, entry in partitions.items()
            }
        except (ValueError, TypeError, AttributeError) as error:
            raise PositionsUnreadable(
                f"{self._path} holds no positions ({error}); mend it, or remove it to start anew"
            ) from error
        self._positions = {place: position for place, (position, _) in entries.items()}
        self._identities = {place: identity for place, (_, identity) in entries.items() if identity}
        return dict(self._positions)

    async def store(self, positions: Mapping[Place, Position]) -> None:
        """As the protocol says. Returns when the file is on the disk."""
        self._positions.update(positions)
        document: dict[str, dict[str, tuple[object, ...]]] = {}
        for place, position in sorted(self._positions.items()):
            document.setdefault(place.topic, {})[str(place.partition)] = (*position, *self._identities.get(place, ()))
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

    async def identities(self) -> Mapping[Place, Identity]:
        """As :class:`Identities` says."""
        return dict(self._identities)

    async def identify(self, identities: Mapping[Place, Identity]) -> None:
        """As :class:`Identities` says."""
        self._identities.update(identities)


def _read(offset: int, last: int | None, *identity: object) -> tuple[Position, Identity | None]:
    """A position, and what was stored beside it: nothing by releases that kept no identity."""
    position = Position(int(offset), None if last is None else int(last))
    if not identity:
        return position, None
    match identity:
        case [str(installation), int(timestamp)]:
            return position, Identity(installation, timestamp)
    raise ValueError(f"{identity} names no installation and time")
