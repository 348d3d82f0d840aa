"""Funding as it runs: deciders, router, projector and HTTP on a log in memory; the test plays origination and servicing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
from schemas.topics import CONTEXTS, topic_specs
from services.funding.service import service
from tests.runtime.support.shipping import SteppedClock, World
from tests.support.deciding import A_DAY

PARTITIONS = 3
FINANCE = "finance-officer"
AUDITOR = "auditor"


class Badges(Authenticator):
    """The bearer token is the demo user's name."""

    def __init__(self) -> None:
        """No keys: the token itself is believed."""

    async def principal(self, request: Any) -> Principal:
        """Who calls."""
        user = request.headers.get("authorization", "").removeprefix("Bearer ")
        entry = roles().demo_users.get(user)
        if entry is None:
            raise Problem(401, "unauthenticated", "who?")
        held = frozenset(entry["roles"])
        return Principal(subject=f"user:{user}", roles=held, permissions=roles().permissions_of(held))


class BankHall:
    """The running service and a client of its API."""

    def __init__(self, world: World, reads: PostgresReads, projector: Projector, waiter: OutcomeWaiter) -> None:
        funding, badges, store = service(), Badges(), MemoryStore()
        self.world = world
        kit = HttpServiceKit(
            "funding",
            log=world.log,
            store=store,
            clock=world.clock,
            vault=MemoryVault(),
            waiter=waiter,
            authenticator=badges,
            reads=reads,
        )
        app = build_app([(funding, kit)], Settings(), badges)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hall/api/funding")
        deciders = [DeciderHost(funding, number, world.log, world.clock, store) for number in range(PARTITIONS)]
        router = ReactionHost(funding, world.log, store, world.clock)
        self._hosts: tuple[Any, ...] = (*deciders, router, projector, waiter)
        self._stepping = asyncio.Lock()
        self._keys = 0

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

    async def happen(self, subject: str, *events: Any) -> None:
        """Facts of an aggregate of another context, and all that follows from them."""
        await self.world.happen(subject, *events)
        await self.settle()

    async def day(self, day: date) -> None:
        """Servicing opens a business day; funding follows."""
        await self.world.day(day)
        await self.settle()

    async def post(self, path: str, body: Any = None, *, user: str = FINANCE, key: str = "") -> httpx.Response:
        """A command; without ``key`` under a new one."""
        self._keys += 1
        headers = {"Authorization": f"Bearer {user}", "Idempotency-Key": key or f"key-{self._keys}"}
        response = await self.client.post(path, json=body, headers=headers)
        await self.settle()
        return response

    async def get(self, path: str, user: str = AUDITOR) -> httpx.Response:
        """A query."""
        return await self.client.get(path, headers={"Authorization": f"Bearer {user}"})

    async def read(self, path: str) -> Any:
        """The answer to a query that works."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def open(self, account_id: str, amount: str = "", owner: str = "own-capital") -> None:
        """An account with money on it."""
        body = {"account_id": account_id, "owner": owner, "currency": "CNY"}
        assert (await self.post("/accounts", body)).status_code == 200
        if amount:
            deposit = {"amount": yuan(amount), "bank_reference": f"B-{account_id}"}
            assert (await self.post(f"/accounts/{account_id}/deposits", deposit)).status_code == 200


def yuan(amount: str) -> dict[str, str]:
    """Money as JSON."""
    return {"amount": amount, "currency": "CNY"}


@asynccontextmanager
async def open_hall(dsn: str) -> AsyncIterator[BankHall]:
    """A hall on the first business day, without accounts."""
    clock = SteppedClock()
    log = MemoryLog(clock=clock.now)
    specs = topic_specs(PARTITIONS, CONTEXTS)
    await log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(dsn))
        projector = Projector(service(), log, pool, clock)
        await projector.open()
        stack.push_async_callback(projector.close)
        reads = await PostgresReads.open(dsn, "funding")
        stack.push_async_callback(reads.close)
        waiter = OutcomeWaiter(log, ["funding"])
        await waiter.start()
        hall = BankHall(World(log, PARTITIONS, clock), reads, projector, waiter)
        await stack.enter_async_context(hall.client)
        await hall.day(A_DAY)
        hosts = asyncio.create_task(hall.run())
        try:
            yield hall
        finally:
            hosts.cancel()
            await asyncio.gather(hosts, return_exceptions=True)
