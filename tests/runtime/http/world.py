"""A whole small system in one event loop: counters behind HTTP, decided by the real host on the memory log."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import Service
from loanstream.runtime.http.answering import Decided, decided
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.events import EventFilter, EventPlace
from loanstream.runtime.http.inputs import PositiveMoney, Reference, ShortText, Text
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.lag import Lag
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.kit import BulkItem, Principal, ServiceKit
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.messages import is_identity
from loanstream.runtime.projector import NotStopped
from loanstream.runtime.settings import Settings
from loanstream.vault.memory import MemoryVault
from schemas.outcomes import Status, decode_outcome
from schemas.topics import Role, topic
from tests.support.counting import A_DAY, CONTEXT, Count, SteppedClock, counting_log, counting_service, start_day

PERMISSION = "servicing:record-receipt"
READ = "servicing:read"


class CountBody(BaseModel):
    """What a counter is told."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[int, Field(ge=-100, le=100)]
    fail: bool = False
    due: date | None = None
    padding: Annotated[str, Field(max_length=5000)] = ""


class MoneyBody(BaseModel):
    """A body with every kind of field that callers get wrong."""

    model_config = ConfigDict(extra="forbid")

    amount: PositiveMoney
    name: ShortText
    note: Text | None = None
    references: Annotated[list[Reference], Field(max_length=3)] = []


class Line(BaseModel):
    """A line of a bulk request."""

    reference: ShortText
    counter: Reference
    by: int = 1


def api(kit: ServiceKit) -> APIRouter:
    """Routes of the sample service."""
    router = APIRouter()
    permitted = Annotated[Principal, Depends(kit.require(PERMISSION))]

    @router.post("/counters/{counter}/counts")
    async def count(request: Request, counter: str, body: CountBody, principal: permitted) -> Response:
        command = Count(by=body.by, fail=body.fail, due=body.due, padding=body.padding)
        return await kit.submit(request, principal, "count", counter, command, {"counter": counter})

    @router.post("/counters")
    async def new(request: Request, body: CountBody, principal: permitted) -> Response:
        counter = kit.new_id(request, principal, "new")
        return await kit.submit(request, principal, "new", counter, Count(by=body.by))

    @router.post("/payments")
    async def pay(request: Request, body: MoneyBody, principal: permitted) -> Response:
        return await kit.submit(request, principal, "pay", body.name, Count(by=0, padding=body.note or ""))

    @router.post("/bulk")
    async def bulk(request: Request, lines: list[Line], principal: permitted) -> Response:
        items = [BulkItem(line.reference, line.counter, Count(by=line.by)) for line in lines]
        return await kit.submit_many(request, principal, "bulk", items)

    @router.get("/counters/{counter}", dependencies=[Depends(kit.require(READ))])
    async def read(request: Request, counter: Reference, since: int = 0) -> dict[str, Any]:
        await kit.at_least(request, counter)
        return {"counter": counter, "since": since}

    @router.get("/broken", dependencies=[Depends(kit.require(READ))])
    async def broken() -> None:
        raise RuntimeError("a bug that names 13800138000")

    return router


class FoldedReads:
    """Read models as a projector would have them, folded from the memory log at each question. ``behind`` hides them."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self.behind = False

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        raise LookupError(sql)

    async def outcome(self, command_id: str) -> Decided | None:
        for record in await self._records(Role.OUTCOMES):
            outcome = decode_outcome(record.value)
            if outcome.command_id == command_id and outcome.status != Status.ALREADY_APPLIED:
                return decided(outcome)
        return None

    async def reached(self, subject: str, sequence: int) -> bool:
        return any(
            r.key == subject and int(r.headers["ce_sequence"]) >= sequence for r in await self._records(Role.EVENTS)
        )

    async def events(self, wanted: EventFilter, after: str, limit: int) -> list[EventPlace]:
        if after and not after.isdigit():
            raise Problem(400, "invalid-input", "after: not a cursor of this service")
        places = [
            EventPlace(r.partition, r.offset, str(r.offset))
            for r in await self._records(Role.EVENTS)
            if wanted.fits(r, {}) and r.offset > int(after or -1)
        ]
        return places[:limit] if after else places[-limit:]

    async def lag(self, log: EventLog, clock: Clock) -> list[Lag]:
        return []

    async def skip(self, clock: Clock, place: TopicPartition, position: int, actor: str, reason: str) -> None:
        raise NotStopped(f"{place.topic} partition {place.partition} stands nowhere")

    async def _records(self, role: Role) -> list[Any]:
        if self.behind:
            return []
        records = await self._log.read({TopicPartition(topic(CONTEXT, role), 0): 0}, 100_000)
        return [record for record in records if not is_identity(record)]


class World:
    """The sample service with everything it needs, and a client for it."""

    def __init__(self, log: MemoryLog, data_dir: Path, settings: Settings) -> None:
        self.log = log
        self.settings = settings
        self.clock = SteppedClock()
        self.store = MemoryStore()
        self.vault = MemoryVault()
        self.reads = FoldedReads(log)
        self.waiter = OutcomeWaiter(log, [CONTEXT])
        self.issuer = LocalIssuer.open(data_dir)
        self.authenticator = Authenticator(self.issuer.verifier(), lambda: 0.0)
        self.host = DeciderHost(counting_service(), 0, log, self.clock, self.store)
        self.decides = True
        self.not_ready: list[str] = []
        self.dead: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.kit, self.app = self.replica()
        self.client = self.client_of(self.app)

    def replica(self) -> tuple[HttpServiceKit, FastAPI]:
        """Another API process on the same log and store."""
        kit = HttpServiceKit(
            CONTEXT,
            log=self.log,
            store=self.store,
            clock=self.clock,
            vault=self.vault,
            waiter=self.waiter,
            authenticator=self.authenticator,
            reads=self.reads,
            settings=self.settings,
        )
        service: Service = replace(counting_service(), api=api)
        return kit, build_app(
            [(service, kit)],
            self.settings,
            self.authenticator,
            issuer=self.issuer,
            ready=self._ready,
            dead=lambda: self.dead,
        )

    def client_of(self, app: FastAPI, user: str = "operations-officer") -> httpx.AsyncClient:
        """A client signed in as ``user``; every request has a key of its own unless it says otherwise."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://localhost"
        )
        if user:
            client.headers["Authorization"] = f"Bearer {self.issuer.issue(user)}"
        return client

    async def start(self) -> None:
        """Open the business day and run the hosts."""
        await self.log.send([start_day(A_DAY)])
        while await self.host.step():
            pass
        await self.waiter.start()
        self._tasks = [asyncio.create_task(self.waiter.run()), asyncio.create_task(self._decide())]

    async def stop(self) -> None:
        """Stop the hosts."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.client.aclose()

    async def _decide(self) -> None:
        while True:
            if not (self.decides and await self.host.step()):
                await asyncio.sleep(0.001)

    async def _ready(self) -> list[str]:
        return self.not_ready

    async def commands(self) -> int:
        """How many commands were sent since the day opened."""
        commands = TopicPartition(topic(CONTEXT, Role.COMMANDS), 0)
        records = await self.log.read({commands: 0}, 100_000)
        return sum(record.type.endswith(".Count.v1") for record in records)


async def a_world(data_dir: Path, **settings: Any) -> World:
    """A running world."""
    world = World(await counting_log(), data_dir, Settings(data_dir=data_dir, **settings))
    await world.start()
    return world


def key(value: str = "") -> dict[str, str]:
    """Headers with an idempotency key."""
    return {"Idempotency-Key": value or str(uuid4())}
