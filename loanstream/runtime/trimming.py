"""Commands are kept for the dedupe window: older ones are dropped, but never one that is not decided yet."""

from collections.abc import Mapping
from datetime import datetime

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.messages import is_identity
from schemas.outcomes import decode_outcome
from schemas.topics import DEDUPE_WINDOW, Role, topic


class Trimmer:
    """Trims the commands topic of one service, partition by partition, now and then."""

    look_every = 3_600.0
    """Seconds between two rounds."""

    def __init__(self, service: str, log: EventLog, clock: Clock) -> None:
        self.name = f"{service}.trimmer"
        self.dropped = 0
        """Command records dropped since the start."""
        self._service = service
        self._log = log
        self._clock = clock

    async def open(self) -> None:
        """Nothing to prepare."""

    async def step(self) -> bool:
        """One round over all partitions. ``False``: the next round can wait."""
        horizon = self._clock.now() - DEDUPE_WINDOW
        for partition in range(await self._log.partitions(topic(self._service, Role.COMMANDS))):
            commands = TopicPartition(topic(self._service, Role.COMMANDS), partition)
            decided = await self._decided_until(commands)
            if decided is not None:
                self.dropped += await self._log.trim(commands, min(horizon, decided))
        return False

    async def close(self) -> None:
        """Nothing is held."""

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """No place in the log: age is what it waits for."""
        return {}

    async def _decided_until(self, commands: TopicPartition) -> datetime | None:
        """Time of the last decided command: it is kept too, so that its position can be checked; ``None`` for none."""
        outcomes = TopicPartition(topic(self._service, Role.OUTCOMES), commands.partition)
        end = (await self._log.ends((outcomes,)))[outcomes]
        last = await self._log.read({outcomes: end - 1}, 1) if end else []
        if not last or is_identity(last[0]):
            return None
        position = decode_outcome(last[0].value).position
        if position < await self._log.start(commands):
            return None
        found = await self._log.read({commands: position}, 1)
        return found[0].time if found else None
