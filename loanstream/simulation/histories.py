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
from loanstream.simulation.world import World
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load

PARTITIONS = 2
FEWEST_COMMANDS = 60
"""A history with fewer commands over all contexts proves too little and counts as a finding."""

_TICKS_A_PHASE = 160


@dataclass(frozen=True, slots=True)
class History:
    """What one seed came to."""

    seed: int
    findings: tuple[str, ...]
    commands: int
    events: int
    faults: int
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
    await clients.start_day(0)
    await world.rest()
    world.break_things()
    for days in (0, *_days(random)):
        if days:
            await clients.start_day(days)
        await _phase(world, clients, random)
    world.kit.calm()
    busy = await world.rest()
    while not busy and await clients.act():
        while await clients.act():
            pass
        busy = await world.rest()
    return world, await _judge(seed, world, clients, busy)


def run_histories(first_seed: int, count: int, planted: Planted = Planted.NOTHING) -> Iterable[History]:
    """Run histories of consecutive seeds on all cores, in order."""
    seeds = range(first_seed, first_seed + count)
    with ProcessPoolExecutor(cpu_count()) as pool:
        yield from pool.map(partial(run_history, planted=planted), seeds, chunksize=4)


@cache
def _services() -> tuple[Service, ...]:
    return load()


async def _phase(world: World, clients: Clients, random: Random) -> None:
    """Clients act while hosts step, until both have little left to do."""
    for _ in range(_TICKS_A_PHASE):
        chance = random.random()
        if chance < 0.25:
            await clients.act()
        elif chance < 0.255 and world.rates is not NO_FAULTS:
            await clients.poison()
        await world.tick()


async def _judge(seed: int, world: World, clients: Clients, busy: tuple[str, ...]) -> History:
    rows = tuple([row for context in CONTEXTS for row in await world.store.effects(context, limit=100_000)])
    findings = await check(Evidence(world.log, clients.sent, rows, world.kit.performed, world.stopped, busy))
    commands = await _count(world, Role.COMMANDS)
    if commands < FEWEST_COMMANDS:
        findings.append(f"only {commands} commands, a history has at least {FEWEST_COMMANDS}")
    events = await _count(world, Role.EVENTS)
    return History(seed, tuple(findings), commands, events, len(world.trace), await _digest(world))


async def _count(world: World, role: Role) -> int:
    places = [TopicPartition(topic(c, role), p) for c in CONTEXTS for p in range(world.partitions)]
    return sum((await world.log.ends(places)).values())


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


def _days(random: Random) -> tuple[int, ...]:
    """How many days pass between the phases: most histories have a few days, some a month, so that arrears happen."""
    return random.choice([(1, 1), (1, 2), (3, 1), (31, 1), (32, 5)])


def _rates(random: Random) -> FaultRates:
    """A tenth of the histories is calm, so that what breaks without any fault is seen apart."""
    return NO_FAULTS if random.random() < 0.1 else FaultRates()
