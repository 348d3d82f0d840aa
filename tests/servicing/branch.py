"""Servicing as it runs: deciders, router, projector and HTTP on a log in memory and read models in PostgreSQL.

The test plays origination: loans come as ``Disbursed``.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import httpx

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicDefinition
from loanstream.runtime.database import open_pool
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.reading import PostgresReads
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.kit import Principal
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.projector import Projector
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.roles import roles
from loanstream.runtime.settings import Settings
from loanstream.vault.memory import MemoryVault
from schemas import ids
from schemas.origination.events import Disbursed
from schemas.topics import CONTEXTS, topic_specs
from services.servicing.service import service
from tests.runtime.support.shipping import SteppedClock, World
from tests.servicing.examples import A_YEAR, BOOKED_ON, PARTY, yuan

PARTITIONS = 2
BASE = "/api/servicing"


class Badges(Authenticator):
    """The bearer token is the demo user's name; ``borrower@<party>`` acts for one party."""

    def __init__(self) -> None:
        """No keys: the token itself is believed."""

    async def principal(self, request: Any) -> Principal:
        """Who calls."""
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        user, _, party = name.partition("@")
        entry = roles().demo_users.get(user)
        if entry is None:
            raise Problem(401, "unauthenticated", "who?")
        held = frozenset(entry["roles"])
        return Principal(
            subject=f"user:{name}",
            roles=held,
            permissions=roles().permissions_of(held),
            party=party or entry.get("party", ""),
            scoped=roles().is_scoped(held),
        )


class Branch:
    """The running service and the clients of its API."""

    def __init__(self, world: World, projector: Projector, reads: PostgresReads) -> None:
        self.world = world
        self.store = MemoryStore()
        self.reads = reads
        self.service = service()
        self.waiter = OutcomeWaiter(world.log, ["servicing"])
        badges = Badges()
        kit = HttpServiceKit(
            "servicing",
            log=world.log,
            store=self.store,
            clock=world.clock,
            vault=MemoryVault(),
            waiter=self.waiter,
            authenticator=badges,
            reads=reads,
        )
        app = build_app([(self.service, kit)], Settings(), badges)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://branch{BASE}")
        self.deciders = self.hosts_anew()
        router = ReactionHost(self.service, world.log, self.store, world.clock)
        self._hosts: tuple[Any, ...] = (*self.deciders, router, projector, self.waiter)
        self._keys = 0
        self._stepping = asyncio.Lock()

    def hosts_anew(self) -> list[DeciderHost]:
        """Decider hosts as after a restart."""
        world = self.world
        return [DeciderHost(self.service, number, world.log, world.clock, self.store) for number in range(PARTITIONS)]

    async def run(self) -> None:
        """Step all hosts for as long as the test runs."""
        while True:
            await self.settle()
            await asyncio.sleep(0.001)

    async def settle(self) -> None:
        """Step all hosts until none has work."""
        async with self._stepping:
            while any([await host.step() for host in self._hosts]):
                pass

    async def post(self, path: str, body: Any, user: str = "operations-officer", key: str = "") -> httpx.Response:
        """A command as ``user``; without ``key`` under a new one."""
        self._keys += 1
        headers = {"Authorization": f"Bearer {user}", "Idempotency-Key": key or f"key-{self._keys}"}
        response = await self.client.post(path, json=body, headers=headers)
        await self.settle()
        return response

    async def get(self, path: str, user: str = "auditor", status: int = 200) -> Any:
        """The JSON of a query as ``user``."""
        response = await self.client.get(path, headers={"Authorization": f"Bearer {user}"})
        assert response.status_code == status, response.text
        return response.json()

    async def day(self, day: date) -> httpx.Response:
        """Open a business day by the API."""
        return await self.post("/business-days", {"business_date": day.isoformat()})

    async def disburse(self, name: str, *, party: str = PARTY, on: date = BOOKED_ON, **terms: Any) -> str:
        """A loan was paid out; its id."""
        loan_id = ids.derived("loan", name)
        agreed = replace(A_YEAR, **terms)
        event = Disbursed(
            drawdown_id=ids.derived("drawdown", name),
            contract_id=ids.derived("contract", name),
            contract_no=f"LN-{name}",
            application_id=ids.derived("application", name),
            loan_id=loan_id,
            party_ref=party,
            amount=agreed.principal,
            value_date=on,
            bank_reference=f"PAYOUT-{name}",
            terms=agreed,
        )
        await self.world.happen(event.drawdown_id, event, day=on)
        await self.settle()
        return loan_id

    async def receive(self, reference: str, amount: str, **body: Any) -> httpx.Response:
        """The bank credited money."""
        return await self.post("/receipts", {"bank_reference": reference, "amount": as_json(amount), **body})


def as_json(amount: str, currency: str = "CNY") -> Mapping[str, str]:
    """Money as clients write it."""
    return {"amount": str(yuan(amount).amount), "currency": currency}


@asynccontextmanager
async def open_branch(dsn: str) -> AsyncIterator[Branch]:
    """A branch on the day on which loans are booked."""
    clock = SteppedClock()
    log = MemoryLog(clock=clock.now)
    specs = topic_specs(PARTITIONS, CONTEXTS)
    await log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
    async with await open_pool(dsn) as pool:
        projector = Projector(service(), log, pool, clock)
        await projector.open()
        reads = await PostgresReads.open(dsn, "servicing", connections=2)
        branch = Branch(World(log, PARTITIONS, clock), projector, reads)
        await branch.waiter.start()
        hosts = asyncio.create_task(branch.run())
        try:
            await branch.day(BOOKED_ON)
            yield branch
        finally:
            hosts.cancel()
            await asyncio.gather(hosts, return_exceptions=True)
            await branch.client.aclose()
            await projector.close()
            await reads.close()
