"""All hosts of all services on the memory log, stepped in seeded order, with faults between steps and inside commits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Protocol

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import LogError, TopicDefinition, TopicPartition
from loanstream.runtime.decider.host import DeciderHost, DeciderSettings
from loanstream.runtime.definitions import Service
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.simulation.clock import VirtualClock
from loanstream.simulation.days import scheduler
from loanstream.simulation.faults import CommitFaults, Crash, FaultRates
from loanstream.simulation.planted_hosts import planted_decider, planted_handlers, planted_service
from loanstream.simulation.planting import Planted
from loanstream.simulation.providers import SimulatedKit
from schemas.topics import CONTEXTS, Role, topic, topic_specs

INSTALLATION = "simulation"

_LOOKS = 12
"""How many hosts are looked at to find one with work: most have none, and stepping them proves nothing."""


class Host(Protocol):
    """What every host is."""

    async def open(self) -> None:
        """Start."""
        ...

    async def step(self) -> bool:
        """One unit of work, and whether there was any."""
        ...

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show; none when only a step can tell."""
        ...


@dataclass(slots=True)
class Slot:
    """A place where a host runs; after a crash a new one takes it, without anything in memory."""

    name: str
    make: Callable[[], Host]
    host: Host
    zombies: list[Host] = field(default_factory=list)


class World:
    """One installation in memory."""

    def __init__(
        self, services: Iterable[Service], random: Random, partitions: int, rates: FaultRates, planted: Planted
    ) -> None:
        self.random = random
        self.partitions = partitions
        self.rates = rates
        self.planted = planted
        self.clock = VirtualClock()
        self.log = MemoryLog(
            fencing=planted is not Planted.FENCE_OFF, markers=random.random() < 0.5, clock=self.clock.now
        )
        self.store = MemoryStore()
        self.kit = SimulatedKit(self.log, self.store, self.clock, random, rates.provider)
        self.slots = [slot for service in services for slot in self._slots(planted_service(planted, service))]
        self.trace: list[str] = []
        self.stopped: dict[str, str] = {}
        """Hosts that refused to go on, and why: a finding, because nothing here damages the log."""

    async def open(self) -> None:
        """Create the topics. Faults begin with :meth:`break_things`."""
        specs = topic_specs(self.partitions)
        definitions = [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs]
        await self.log.apply(definitions, INSTALLATION)

    def schedule_days(self) -> None:
        """From now on a scheduler opens business days by the virtual clock."""
        self.slots.append(_slot("scheduler", lambda: scheduler(self.log, self.clock, self.partitions)))

    def places(self, role: Role) -> list[TopicPartition]:
        """Every partition of that role's topics."""
        return [TopicPartition(topic(context, role), p) for context in CONTEXTS for p in range(self.partitions)]

    def states(self, service: str) -> dict[str, Any]:
        """What the deciders of a service hold now, by aggregate id."""
        hosts = [slot.host for slot in self.slots if slot.name.startswith(f"{service}.decider.")]
        folds = [host.fold for host in hosts if isinstance(host, DeciderHost) and host.fold is not None]
        return {i: aggregate.state for fold in folds for i, aggregate in fold.aggregates.items()}

    def break_things(self) -> None:
        """From now on commits fail at random."""
        self.log.fault = CommitFaults(self.random, self.rates.commit)

    async def tick(self) -> None:
        """Some trouble, perhaps, then one step of a random host."""
        self.clock.advance(self.random.random() / 10)
        slot = self.random.choice(self.slots)
        for _ in range(_LOOKS):
            if await self._has_work(slot.host):
                break
            slot = self.random.choice(self.slots)
        await self._trouble(slot)
        await self.step(slot, slot.host)

    async def rest(self, rounds: int = 2_000) -> tuple[str, ...]:
        """Without further faults, step all hosts until none has work; answers those that never came to rest."""
        self.log.fault = None
        idle = 0
        busy: list[str] = []
        for _ in range(rounds):
            busy = [slot.name for slot in self.slots if await self._step_in_turn(slot, idle)]
            # Retries wait for their time: rest is reached only when time does not wake anything either.
            self.clock.advance(0.1 if busy else 3_600)
            idle = 0 if busy else idle + 1
            if idle > 3:
                return ()
        return tuple(busy)

    async def quiet(self) -> bool:
        """Whether no record waits for any host and no effect is open: only clients or time can bring something new."""
        for slot in self.slots:
            waiting_on = slot.host.waiting_on()
            if slot.name not in self.stopped and waiting_on and await self.log.wait(waiting_on, 0):
                return False
        horizon = self.clock.now() + timedelta(days=1)
        return not any([await self.store.effects_under_way(context, horizon) for context in CONTEXTS])

    async def _step_in_turn(self, slot: Slot, idle: int) -> bool:
        """A host with nothing before it is passed over to save time, but not in the rounds that prove the rest."""
        return bool(idle or await self._has_work(slot.host)) and await self.step(slot, slot.host)

    async def _has_work(self, host: Host) -> bool:
        """Whether records wait for the host, or whether nobody can know without stepping it."""
        waiting_on = host.waiting_on()
        return not waiting_on or await self.log.wait(waiting_on, 0)

    async def step(self, slot: Slot, host: Host) -> bool:
        """One step of a host, supervised: after a crash or a broken commit a new one starts from the log."""
        if slot.name in self.stopped:
            return False
        try:
            return await host.step()
        except (LogError, Crash) as error:
            self.trace.append(f"{slot.name}: {type(error).__name__}")
            if host is slot.host:
                slot.host = slot.make()
            return True
        except Exception as error:
            self.stopped.setdefault(slot.name, f"{type(error).__name__}: {error}")
            return False

    async def _trouble(self, slot: Slot) -> None:
        rates, chance = self.rates, self.random.random
        if chance() < rates.restart:
            slot.host = slot.make()
        if chance() < rates.zombie:
            slot.zombies.append(slot.host)
            slot.host = slot.make()
            await self.step(slot, slot.host)
        if slot.zombies and chance() < 0.2:
            await self.step(slot, slot.zombies.pop())
        if chance() < rates.pause:
            self.clock.advance(self.random.random() * 120)
        if isinstance(slot.host, DeciderHost) and chance() < rates.snapshot:
            await slot.host.snapshot()

    def _slots(self, service: Service) -> Iterable[Slot]:
        settings = DeciderSettings(batch=self.random.choice([1, 3, 50]))
        decider: type[DeciderHost] = planted_decider(self.planted, self.random, self._step_predecessor)

        def make_decider(partition: int) -> Callable[[], Host]:
            return lambda: decider(service, partition, self.log, self.clock, self.store, settings)

        for partition in range(self.partitions):
            yield _slot(f"{service.name}.decider.{partition}", make_decider(partition))
        yield _slot(
            service.consumer,
            lambda: ReactionHost(service, self.log, self.store, self.clock, batch=self.random.choice([1, 5, 100])),
        )
        handlers = service.effects(self.kit.of(service.name))
        if handlers:
            planted = planted_handlers(self.planted, handlers)
            yield _slot(f"{service.name}.effects", lambda: self._sender(service, planted))

    def _sender(self, service: Service, handlers: Any) -> Host:
        return EffectsHost(service, handlers, self.log, self.store, self.clock)

    async def _step_predecessor(self, successor: DeciderHost) -> None:
        """Let the host that a planted successor forgot to fence go on, between its reading and its fencing."""
        for slot in self.slots:
            for zombie in slot.zombies:
                if isinstance(zombie, DeciderHost) and zombie.name == successor.name and zombie.writer is not None:
                    await self.step(slot, zombie)


def _slot(name: str, make: Callable[[], Host]) -> Slot:
    return Slot(name, make, make())
