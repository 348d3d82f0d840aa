"""One seed, one history: build a world, let clients and faults loose, come to rest, check."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from os import cpu_count
from random import Random

from structlog.testing import capture_logs

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.definitions import Service
from loanstream.simulation.checking import Evidence, check
from loanstream.simulation.clients import Clients
from loanstream.simulation.faults import NO_FAULTS, FaultRates
from loanstream.simulation.planting import Planted
from loanstream.simulation.story import Story
from loanstream.simulation.world import World
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load

PARTITIONS = 2


@dataclass(frozen=True, slots=True)
class History:
    """What one seed came to."""

    seed: int
    findings: tuple[str, ...]
    commands: int
    events: int
    faults: int
    kinds: frozenset[str]
    """Types of the events that occurred."""
    digest: str
    """SHA-256 over every record of every topic, in order: the same seed gives the same."""

    @property
    def holds(self) -> bool:
        """Whether every rule held."""
        return not self.findings


def run_history(seed: int, planted: Planted = Planted.NOTHING, rates: FaultRates | None = None) -> History:
    """Run one history; the same arguments give the same history, byte for byte."""
    with capture_logs():
        _, history = asyncio.run(live(seed, planted, rates))
    return history


async def live(seed: int, planted: Planted, rates: FaultRates | None) -> tuple[World, History]:
    """The history itself; answers the world too, for those who look into it afterwards."""
    random = Random(seed)  # noqa: S311 - a history must be repeatable, not secret
    world = World(_services(), random, PARTITIONS, rates or _rates(random), planted)
    await world.open()
    clients = Clients(random, world.log, world.clock, PARTITIONS, world.rates.repeat)
    story = Story(world, clients, random)
    await story.begin()
    await story.go_on()
    return world, await _judge(seed, world, clients, await story.end())


def run_histories(first_seed: int, count: int, planted: Planted = Planted.NOTHING) -> Iterable[History]:
    """Run histories of consecutive seeds on all cores, in order."""
    seeds = range(first_seed, first_seed + count)
    with ProcessPoolExecutor(cpu_count()) as pool:
        yield from pool.map(partial(run_history, planted=planted), seeds, chunksize=4)


@cache
def _services() -> tuple[Service, ...]:
    return load()


async def _judge(seed: int, world: World, clients: Clients, busy: tuple[str, ...]) -> History:
    rows = tuple([row for context in CONTEXTS for row in await world.store.effects(context, limit=100_000)])
    parked = tuple(f"{x.record.type} for {x.consumer}: {x.error}" for x in await world.store.dead_letters())
    evidence = Evidence(
        log=world.log,
        sent=clients.sent,
        effects=rows,
        performed=world.kit.performed,
        stopped=world.stopped,
        busy=busy,
        states=world.states("servicing"),
        parked=parked,
        captured=clients.captured,
    )
    findings = await check(evidence)
    commands = await _count(world, Role.COMMANDS)
    events = await _count(world, Role.EVENTS)
    records = await world.log.read(dict.fromkeys(world.places(Role.EVENTS), 0), 1_000_000)
    kinds = frozenset(record.type for record in records)
    return History(seed, tuple(findings), commands, events, len(world.trace), kinds, await _digest(world))


async def _count(world: World, role: Role) -> int:
    return sum((await world.log.ends(world.places(role))).values())


async def _digest(world: World) -> str:
    digest = sha256()
    for context in CONTEXTS:
        for role in Role:
            for partition in range(world.partitions):
                place = TopicPartition(topic(context, role), partition)
                for record in await world.log.read({place: 0}, 1_000_000):
                    digest.update(f"{place}{record.offset}{record.key}{sorted(record.headers.items())}".encode())
                    digest.update(record.value)
    return digest.hexdigest()


def _rates(random: Random) -> FaultRates:
    """A tenth of the histories is calm, so that what breaks without any fault is seen apart."""
    return NO_FAULTS if random.random() < 0.1 else FaultRates()
