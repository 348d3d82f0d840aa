"""Where the hosts of services stand wherever they run, from what they store: for a process that runs none of them itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.database import Pool, quoted
from loanstream.runtime.definitions import Service
from loanstream.runtime.messages import is_identity
from loanstream.runtime.projector import read_schema
from loanstream.runtime.reacting import plan
from loanstream.runtime.stores import HostStore
from schemas.outcomes import decode_outcome
from schemas.topics import Role, topic

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the hosts of one name stand, all processes together."""

    name: str
    positions: Mapping[TopicPartition, int]

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show."""
        return self.positions


class Standings:
    """Deciders stand after the command of their last outcome; routers, reactors and projectors keep their positions."""

    def __init__(self, log: EventLog, store: HostStore, pool: Pool, services: Sequence[Service]) -> None:
        self._log = log
        self._store = store
        self._pool = pool
        self._services = tuple(services)
        self._followed: dict[TopicPartition, int] = {}
        self._decided: dict[TopicPartition, int] = {}

    async def now(self) -> list[Standing]:
        """Every consumer that the services have."""
        await self._follow_outcomes()
        found: list[Standing] = []
        for service in self._services:
            numbers = range(await self._log.partitions(topic(service.name, Role.COMMANDS)))
            decided = _of(self._decided, (topic(service.name, Role.COMMANDS),), numbers)
            found.append(Standing(f"{service.name}.decider", decided))
            reacted = await self._store.positions(service.consumer)
            found.append(Standing(service.consumer, _of(reacted, plan(service, len(numbers)).topics, numbers)))
            found.append(Standing(f"{service.name}.projector", await self._projected(service)))
        return [standing for standing in found if standing.positions]

    async def _follow_outcomes(self) -> None:
        if not self._followed:
            names = [topic(service.name, Role.OUTCOMES) for service in self._services]
            places = [TopicPartition(name, n) for name in names for n in range(await self._log.partitions(name))]
            self._followed = {place: max(0, end - 1) for place, end in (await self._log.ends(places)).items()}
        while records := await self._log.read(self._followed, _BATCH):
            last = {(record.topic, record.partition): record for record in records}
            for (name, number), record in last.items():
                self._followed[TopicPartition(name, number)] = record.offset + 1
                if not is_identity(record):
                    commands = name.replace(f".{Role.OUTCOMES}.", f".{Role.COMMANDS}.")
                    self._decided[TopicPartition(commands, number)] = decode_outcome(record.value).position + 1

    async def _projected(self, service: Service) -> dict[TopicPartition, int]:
        table = quoted(read_schema(service.name))
        rows = await self._pool.fetch(
            f"SELECT topic, part, position FROM {table}.projection_positions WHERE error = ''"
        )
        return {TopicPartition(row["topic"], row["part"]): row["position"] for row in rows}


def _of(
    positions: Mapping[TopicPartition, int], topics: Iterable[str], numbers: Iterable[int]
) -> dict[TopicPartition, int]:
    """The positions of every partition of some topics; where nothing was read yet, the start."""
    places = [TopicPartition(name, number) for name in topics for number in numbers]
    return {place: positions.get(place, 0) for place in places}
