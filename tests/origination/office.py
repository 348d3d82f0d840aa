"""Origination as it runs: deciders, router, sender and HTTP on a log in memory; the test plays risk, funding and servicing."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicDefinition, TopicPartition
from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import Row
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.http.answering import Decided
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.kit import Principal
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.messages import is_identity, read_event
from loanstream.runtime.migrations import migrate
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.roles import roles
from loanstream.runtime.settings import Settings
from loanstream.vault.memory import MemoryVault
from schemas import codec
from schemas.funding.events import Funded
from schemas.risk.events import RiskAssessed
from schemas.topics import CONTEXTS, Role, topic, topic_specs
from services.origination.ports.bank import PayoutBank
from services.origination.ports.sandbox_bank import MemoryLedger, SandboxBank
from services.origination.service import service
from tests.origination.samples import DAY, PROFILE, cny, reason
from tests.runtime.support.shipping import SteppedClock, World

PARTITIONS = 2
BASE = "/api/origination"
IDENTITY_NUMBER = "110101199003070003"
OTHER_IDENTITY_NUMBER = "310101198506150008"


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


class Reads:
    """Read models filled by the service's own handlers, in the embedded PostgreSQL."""

    def __init__(self, pool: Pool, world: World) -> None:
        self._pool = pool
        self._log = world.log
        contexts = ("origination", "risk", "funding")
        self._positions = {
            TopicPartition(topic(context, Role.EVENTS), p): 0 for context in contexts for p in range(PARTITIONS)
        }
        self._reached: dict[str, int] = {}
        self.behind = False
        """Whether the projector stands still."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """Rows."""
        return [dict(row) for row in await self._pool.fetch(sql, *args)]

    async def outcome(self, _command_id: str) -> Decided | None:
        """Nobody asks here."""
        return None

    async def reached(self, subject: str, sequence: int) -> bool:
        """Whether the rows have the event."""
        return self._reached.get(subject, 0) >= sequence

    async def step(self) -> bool:
        """Project what is new."""
        records = [] if self.behind else await self._log.read(self._positions, 500)
        for record in records:
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            if is_identity(record):
                continue
            event, meta = read_event(record)
            handler = service().projection.handlers.get(type(event))
            for row in handler(event, meta) if handler else ():
                await self._pool.execute(*upsert(row))
            self._reached[meta.subject] = meta.sequence
        return bool(records)


def upsert(row: Row) -> tuple[Any, ...]:
    """The statement that writes a row, and its values."""
    columns = {**row.key, **row.values}
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    sets = ", ".join(f"{name} = excluded.{name}" for name in row.values)
    sql = (
        f"INSERT INTO {row.table} ({', '.join(columns)}) VALUES ({places})"
        f" ON CONFLICT ({', '.join(row.key)}) DO UPDATE SET {sets}"
    )
    return sql, *columns.values()


class Office:
    """The running service and the clients of its API."""

    def __init__(self, world: World, pool: Pool, bank: PayoutBank) -> None:
        self.world = world
        self.clock = world.clock
        self.store = MemoryStore()
        self.vault = MemoryVault()
        self.bank = bank
        self.reads = Reads(pool, world)
        self.waiter = OutcomeWaiter(world.log, ["origination"])
        self.service = service()
        badges = Badges()
        self.kit = HttpServiceKit(
            "origination",
            log=world.log,
            store=self.store,
            clock=self.clock,
            vault=self.vault,
            waiter=self.waiter,
            authenticator=badges,
            ports={"bank": bank},
            reads=self.reads,
        )
        app = build_app([(self.service, self.kit)], Settings(), badges)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://office{BASE}")
        deciders = [DeciderHost(self.service, p, world.log, self.clock, self.store) for p in range(PARTITIONS)]
        self.sender = EffectsHost(self.service, self.service.effects(self.kit), world.log, self.store, self.clock)
        router = ReactionHost(self.service, world.log, self.store, self.clock)
        self._hosts: tuple[Any, ...] = (*deciders, router, self.sender, self.reads, self.waiter)
        self._keys = 0
        self._stepping = asyncio.Lock()

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

    async def post(self, path: str, user: str, body: Any = None, key: str = "") -> httpx.Response:
        """A command as ``user``; without ``key`` under a new one."""
        self._keys += 1
        headers = {"Authorization": f"Bearer {user}", "Idempotency-Key": key or f"key-{self._keys}"}
        response = await self.client.post(path, json=body, headers=headers)
        await self.settle()
        return response

    async def get(self, path: str, user: str = "auditor") -> httpx.Response:
        """A query as ``user``."""
        return await self.client.get(path, headers={"Authorization": f"Bearer {user}"})

    # -- what the tests start from -------------------------------------------------------------------------------------

    async def open_day(self, day: date) -> None:
        """Servicing opens a business day; origination follows."""
        await self.world.day(day)
        await self.settle()

    async def put_on_sale(self) -> None:
        """Two people publish the shipped product."""
        shipped = (await self.get("/products/shipped")).json()["products"][0]
        assert (await self.post("/products", "product-maker", shipped)).status_code == 200
        published = await self.post("/products/consumer-credit/versions/1/publication", "product-checker")
        assert published.status_code == 200

    async def apply(self, user: str = "borrower", key: str = "", **changes: Any) -> dict[str, Any]:
        """An application that is taken; its ids."""
        response = await self.post("/applications", user, application(**changes), key)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def assess(self, ids: Mapping[str, Any], advice: str = "approve", limit: str = "20000.00") -> None:
        """Risk assesses the application."""
        event = RiskAssessed(
            application_id=ids["application_id"],
            loan_id=ids["loan_id"],
            party_ref=ids["party_ref"],
            score=612,
            rating="B",
            probability_of_default=cny("0.05").amount,
            reasons=(reason("short-employment"),),
            rules=(),
            limit=cny(limit),
            advice=advice,
            scorecard="consumer/1",
        )
        await self.world.happen(f"assessment-{ids['application_id']}", event)
        await self.settle()

    async def sign(self, ids: Mapping[str, Any]) -> None:
        """Both sides sign the text that they read."""
        for side, user in (("borrower", "borrower"), ("lender", "lender-signatory")):
            digest = (await self.get(f"/contracts/{ids['contract_id']}")).json()["digest"]
            body = {"side": side, "digest": digest}
            signed = await self.post(f"/contracts/{ids['contract_id']}/signatures", user, body)
            assert signed.status_code == 200, signed.text

    async def fund(self, ids: Mapping[str, Any], amount: str = "1200.00") -> None:
        """The money is there."""
        event = Funded(
            application_id=ids["application_id"],
            loan_id=ids["loan_id"],
            contract_id=ids["contract_id"],
            amount=cny(amount),
            loan_account=f"loan:{ids['loan_id']}",
            sources=(),
        )
        await self.world.happen(f"funding-{ids['application_id']}", event)
        await self.settle()

    async def to_drawdown(self, **changes: Any) -> dict[str, Any]:
        """An application on its straight way to a drawdown that waits for two people."""
        ids = await self.apply(**changes)
        await self.assess(ids)
        await self.sign(ids)
        await self.fund(ids)
        return ids


def application(**changes: Any) -> dict[str, Any]:
    """The body of a complete application; changes of the applicant's fields go there."""
    applicant = {
        "name": "王小明",
        "id_number": IDENTITY_NUMBER,
        "phone": "+86 138-0013-8000",
        "email": "xiaoming@example.com",
        "address": "北京市东城区长安街1号",
        "bank_account": "6222 0200 0000 1234 567",
    }
    body: dict[str, Any] = {
        "product_id": "consumer-credit",
        "amount": {"amount": "1200.00", "currency": "CNY"},
        "months": 12,
        "method": "equal-instalment",
        "purpose": "radio/television",
        "repayment_source": "salary",
        "profile": json.loads(codec.encode(PROFILE)),
        "documents": [{"kind": "identity", "digest": "1" * 64}, {"kind": "income", "digest": "2" * 64}],
        "language": "zh",
    }
    applicant.update({name: changes.pop(name) for name in list(changes) if name in applicant})
    return {**body, **changes, "applicant": applicant}


@asynccontextmanager
async def open_office(dsn: str, bank: PayoutBank | None = None) -> AsyncIterator[Office]:
    """An office on the first business day, without products."""
    clock = SteppedClock()
    log = MemoryLog(clock=clock.now)
    specs = topic_specs(PARTITIONS, CONTEXTS)
    await log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
    async with await open_pool(dsn, schema="origination") as pool:
        async with pool.acquire() as connection:
            await migrate(connection, "origination", {"origination": service().projection.migrations}, "")
        office = Office(World(log, PARTITIONS, clock), pool, bank or SandboxBank(MemoryLedger()))
        await office.waiter.start()
        await office.open_day(DAY)
        hosts = asyncio.create_task(office.run())
        try:
            yield office
        finally:
            hosts.cancel()
            await asyncio.gather(hosts, return_exceptions=True)
            await office.client.aclose()
