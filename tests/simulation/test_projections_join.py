"""Read models of simulated histories in a real PostgreSQL.

However the steps of projectors fall, and whoever of them dies in between, the tables are those of a rebuild from 0, and what
SQL adds up is what the deciders folded.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pytest
from structlog.testing import capture_logs

from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.decider.digests import folded, places
from loanstream.runtime.definitions import Service
from loanstream.runtime.projector import Projector, read_schema
from loanstream.runtime.rebuilding import digest, rebuild
from loanstream.simulation.histories import live
from loanstream.simulation.planting import Planted
from loanstream.simulation.world import World
from services.funding.domain.account.state import Account
from services.registry import load
from services.servicing.domain.loan.state import Loan, Status, outstanding_principal

pytestmark = pytest.mark.postgres

SEEDS = (2, 7, 11, 19, 23)
_RESTART = 0.08
_ZOMBIES = 2

_LOANS = """
SELECT loan_id, status, principal, repaid_principal, outstanding_principal, written_off_principal, forgiven_principal
FROM servicing_read.loans WHERE status IS NOT NULL
"""
_ACCOUNTS = "SELECT account_id, available_minor, reserved_minor, due_back_minor FROM funding_read.accounts"


@pytest.mark.parametrize("seed", SEEDS)
async def test_read_models_are_those_of_a_rebuild_and_their_books_are_the_folded_ones(
    seed: int, fresh_database: str
) -> None:
    with capture_logs():
        world, history = await live(seed, Planted.NOTHING, None)
        assert history.holds, history.findings
        pool = await open_pool(fresh_database, minimum=0, maximum=30)
        try:
            services = load()
            await _project_in_any_order(Random(seed), world, services, pool)
            await _is_what_a_rebuild_makes(world, services, pool)
            await _books_are_the_folded_ones(world, {service.name: service for service in services}, pool)
        finally:
            pool.terminate()


async def _project_in_any_order(random: Random, world: World, services: Iterable[Service], pool: Pool) -> None:
    """Steps of all projectors in seeded order and in batches of any size; some die, some die and go on as zombies."""
    projectors = [_projector(random, service, world, pool) for service in services]
    zombies: list[Projector] = []
    working = list(range(len(projectors)))
    while working:
        place = random.choice(working)
        projector = projectors[place]
        chance = random.random()
        if chance < _RESTART:
            if len(zombies) < _ZOMBIES:
                zombies.append(projector)
            else:
                await projector.close()
            projector = projectors[place] = _projector(random, projector.service, world, pool)
        elif chance < 2 * _RESTART and zombies:
            zombie = zombies.pop()
            await zombie.step()
            await zombie.close()
        if not await projector.step() and await _is_done(projector, world):
            working.remove(place)
    for projector in (*projectors, *zombies):
        assert dict(projector.errors) == {}
        await projector.close()


def _projector(random: Random, service: Service, world: World, pool: Pool) -> Projector:
    return Projector(service, world.log, pool, world.clock, batch=random.choice((11, 60, 400)))


async def _is_done(projector: Projector, world: World) -> bool:
    ends = await world.log.ends(projector.positions)
    return bool(ends) and all(projector.positions[place] == end for place, end in ends.items())


async def _is_what_a_rebuild_makes(world: World, services: Iterable[Service], pool: Pool) -> None:
    for service in services:
        schema = read_schema(service.name)
        stepped = await digest(pool, schema)
        report = await rebuild(service, world.log, pool, clock=world.clock)
        assert report.events > 0
        assert await digest(pool, schema) == stepped, f"{service.name}: steps and a rebuild make different rows"


async def _books_are_the_folded_ones(world: World, services: Mapping[str, Service], pool: Pool) -> None:
    loans = dict(await _states(world, services["servicing"], Loan))
    rows = await pool.fetch(_LOANS)
    assert {row["loan_id"]: _loan_of_row(dict(row)) for row in rows} == {i: _loan_of_fold(s) for i, s in loans.items()}
    totals: Counter[str] = Counter()
    for row in rows:
        totals.update({name: row[name] for name in row.keys() if name not in ("loan_id", "status")})  # noqa: SIM118
    uses = ("repaid_principal", "outstanding_principal", "written_off_principal", "forgiven_principal")
    assert totals["principal"] == sum(totals[use] for use in uses)

    accounts = dict(await _states(world, services["funding"], Account))
    held = {row["account_id"]: tuple(row)[1:] for row in await pool.fetch(_ACCOUNTS)}
    assert held == {i: (a.available, sum(a.reservations.values()), a.due_back) for i, a in accounts.items()}
    assert await pool.fetchval("SELECT coalesce(sum(minor), 0) FROM funding_read.balances") == 0


async def _states(world: World, service: Service, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Every aggregate of a kind, folded from 0."""
    found = {}
    for partition in range(world.partitions):
        ends = await world.log.ends(places(service, partition))
        fold = await folded(service, partition, world.log, None, ends)
        found.update({i: a.state for i, a in fold.aggregates.items() if isinstance(a.state, kind)})
    return iter(found.items())


def _loan_of_row(row: Mapping[str, Any]) -> tuple[Any, ...]:
    status = Status.ACTIVE if row["status"] == "overdue" else Status(row["status"])
    return status, *tuple(row.values())[2:]


def _loan_of_fold(loan: Loan) -> tuple[Any, ...]:
    return loan.status, loan.principal, loan.repaid, outstanding_principal(loan), loan.written_off, loan.forgiven
