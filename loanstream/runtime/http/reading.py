"""Queries: the live read models of a service, and waiting until they have what the caller wrote."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from loanstream.runtime.http.answering import Decided
from schemas.outcomes import DecidedEvent

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05
_decoder = msgspec.json.Decoder(tuple[DecidedEvent, ...])


class ReadModels(Protocol):
    """What the kit asks of a service's read models."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """Rows; unqualified names are this service's live tables."""
        ...

    async def outcome(self, command_id: str) -> Decided | None:
        """What first became of a command, when the projector has it."""
        ...

    async def reached(self, subject: str, sequence: int) -> bool:
        """Whether the projector has event ``sequence`` of ``subject``."""
        ...


class NoReadModels:
    """For the simulation and for hosts without a database: nothing can be asked."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """See :class:`ReadModels`. Raises ``LookupError``."""
        raise LookupError(f"no read models here: {sql}")

    async def outcome(self, command_id: str) -> Decided | None:
        """See :class:`ReadModels`."""
        return None

    async def reached(self, subject: str, sequence: int) -> bool:
        """See :class:`ReadModels`."""
        return False


async def until_reached(reads: ReadModels, subject: str, sequence: int, seconds: float) -> bool:
    """Wait until the projector has event ``sequence`` of ``subject``; ``False`` when the time ran out."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not await reads.reached(subject, sequence):
        if time.monotonic() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True


async def until_outcome(reads: ReadModels, command_id: str, seconds: float) -> Decided | None:
    """Wait until the projector has the outcome of a command; ``None`` when the time ran out."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while (found := await reads.outcome(command_id)) is None:
        if time.monotonic() + pause > deadline:
            return None
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return found
