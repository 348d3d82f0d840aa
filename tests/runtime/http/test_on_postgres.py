"""The routes of every service on PostgreSQL: log, store, vault, projector and read models are the real ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from msgspec import structs

from loanstream.eventlog.port import TopicDefinition, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.database import open_pool
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import EffectRow, EffectStatus
from loanstream.runtime.http import errors
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.events import EventFilter, EventStreams
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.reading import PostgresReads
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.postgres_store import open_store
from loanstream.runtime.projector import Projector, read_schema
from loanstream.runtime.reaction_host import ReactionHost, Replayed
from loanstream.runtime.settings import Settings
from loanstream.runtime.stores import ConsumerDeadLetter
from loanstream.vault.memory import MemoryVault
from schemas import ids
from schemas.topics import Role, topic, topic_specs
from tests.runtime.http.world import api, key
from tests.support.counting import A_DAY, BROKEN_DAY, CONTEXT, COUNTER, Counted, counting_service, start_day

pytestmark = pytest.mark.postgres


class System:
    """Everything of the sample service in this event loop."""

    def __init__(self, dsn: str, kit: HttpServiceKit, client: httpx.AsyncClient, host: DeciderHost) -> None:
        self.dsn = dsn
        self.host = host
        self.kit = kit
        self.client = client
        self.projecting: asyncio.Task[None] | None = None

    async def stop_projecting(self) -> None:
        """No record is projected after this: a step that waits for one is ended too."""
        assert self.projecting is not None
        self.projecting.cancel()
        with suppress(asyncio.CancelledError):
            await self.projecting

    async def count(self, counter: str, **body: Any) -> httpx.Response:
        """One command."""
        path = f"/api/{CONTEXT}/counters/{counter}/counts"
        return await self.client.post(path, json={"by": 1, **body}, headers=key())

    async def projected(self, counter: str, sequence: int) -> None:
        """Wait for the projector."""
        assert await self.client.get(f"/api/{CONTEXT}/counters/{counter}?at-least={sequence}")

    async def get(self, path: str) -> Any:
        """JSON of a route of the service."""
        answer = await self.client.get(f"/api/{CONTEXT}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def _loop(step: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if not await step():
            await asyncio.sleep(0.002)


@pytest.fixture
async def system(fresh_database: str, data_dir: Path) -> AsyncIterator[System]:
    """The system, with an open business day."""
    async with AsyncExitStack() as stack:
        log = PostgresLog(fresh_database)
        stack.push_async_callback(log.close)
        specs = topic_specs(1, (CONTEXT,))
        await log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
        clock = SystemClock()
        await log.send([start_day(A_DAY, time=clock.now())])
        pool = await stack.enter_async_context(await open_pool(fresh_database))
        store = await open_store(pool)
        service = replace(counting_service(), api=api)
        projector = Projector(service, log, pool, clock)
        await projector.open()
        stack.push_async_callback(projector.close)
        reads = await PostgresReads.open(fresh_database, CONTEXT)
        stack.push_async_callback(reads.close)
        waiter = OutcomeWaiter(log, [CONTEXT])
        issuer = LocalIssuer.open(data_dir)
        settings = Settings(data_dir=data_dir, wait_seconds=5.0)
        authenticator = Authenticator(issuer.verifier(), lambda: clock.now().timestamp())
        kit = HttpServiceKit(
            CONTEXT,
            log=log,
            store=store,
            clock=clock,
            vault=MemoryVault(),
            waiter=waiter,
            authenticator=authenticator,
            reads=reads,
            settings=settings,
        )
        host = DeciderHost(service, 0, log, clock, store)
        await waiter.start()
        app = build_app([(service, kit)], settings, authenticator, issuer=issuer)
        headers = {"Authorization": f"Bearer {issuer.issue('operations-officer')}"}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://x", headers=headers
        )
        await stack.enter_async_context(client)
        system = System(fresh_database, kit, client, host)
        tasks = [asyncio.create_task(work) for work in (waiter.run(), _loop(host.step), _loop(projector.step))]
        system.projecting = tasks[-1]
        yield system
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_client_reads_its_own_writes(system: System) -> None:
    for sequence in range(1, 6):
        answer = await system.count("c-1", by=0)
        assert answer.json()["sequence"] == sequence
        read = await system.client.get(f"/api/{CONTEXT}/counters/c-1?at-least={sequence}")
        assert read.status_code == 200
        assert (await system.get("/events?subject=c-1"))["events"][-1]["sequence"] == sequence


async def test_a_projector_that_is_behind_is_a_504_not_an_old_answer(system: System) -> None:
    await system.stop_projecting()
    await system.count("c-1")
    read = await system.client.get(f"/api/{CONTEXT}/counters/c-1?at-least=1", headers={"Prefer": "wait=0.05"})
    assert (read.status_code, read.json()["code"]) == (504, "not-yet-projected")


async def test_an_outcome_can_be_read_by_who_sent_the_command_and_by_auditors_only(
    system: System, data_dir: Path
) -> None:
    command_id = (await system.count("c-1", by=11)).json()["command_id"]
    place = f"/api/{CONTEXT}/outcomes/{command_id}"
    own = await system.client.get(place, headers={"Prefer": "wait=5"})
    assert (own.status_code, own.json()["status"], own.json()["code"]) == (200, "refused", "too-many")
    issuer = LocalIssuer.open(data_dir)
    for user, status in (("auditor", 200), ("product-maker", 404)):
        headers = {"Authorization": f"Bearer {issuer.issue(user)}"}
        assert (await system.client.get(place, headers=headers)).status_code == status
    for unknown, status in (("0b5f1c9e-1d1e-5b7e-9d6e-3f0a2b1c4d5e", 404), ("x", 400)):
        assert (await system.client.get(f"/api/{CONTEXT}/outcomes/{unknown}")).status_code == status


async def test_the_first_answer_of_a_repeated_command_is_found_though_its_key_is_lost(system: System) -> None:
    headers = key("k1")
    path = f"/api/{CONTEXT}/counters/c-1/counts"
    first = await system.client.post(path, json={"by": 2}, headers=headers)
    pool = await open_pool(system.dsn)
    await pool.execute("DELETE FROM hosts.idempotency")
    await pool.close()
    again = await system.client.post(path, json={"by": 2}, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_events_are_read_with_envelope_and_data_and_paged_to_the_newest(system: System) -> None:
    for n in range(10):
        await system.count(f"c-{n % 3}", by=n % 2)
    await system.projected("c-0", 4)
    await system.projected("c-1", 3)
    await system.projected("c-2", 3)
    everything = (await system.get("/events?type=Counted"))["events"]
    assert [e["data"]["by"] for e in everything] == [n % 2 for n in range(10)]
    first = everything[0]
    assert (first["name"], first["subject"], first["sequence"]) == ("Counted", "c-0", 1)
    assert (first["actor"], first["business_date"]) == ("user:operations-officer", "2026-01-05")
    assert len(first["chain"]) == 43

    assert (await system.get("/events?type=Counted&limit=3"))["events"] == everything[-3:]
    pages, cursor = [], ""
    while page := (await system.get(f"/events?type=Counted&limit=4&after={cursor or '0.0.0'}"))["events"]:
        pages += page
        cursor = (await system.get(f"/events?type=Counted&limit={len(pages)}&after=0.0.0"))["after"]
    assert pages == everything


async def test_events_are_filtered_by_subject_and_type(system: System) -> None:
    for counter in ("a", "b", "a"):
        await system.count(counter)
    await system.projected("a", 2)
    await system.projected("b", 1)
    assert [e["sequence"] for e in (await system.get("/events?subject=a"))["events"]] == [1, 2]
    assert [e["subject"] for e in (await system.get("/events?loan_id=b"))["events"]] == ["b"]
    assert [e["name"] for e in (await system.get("/events?type=BusinessDayStarted"))["events"]] == [
        "BusinessDayStarted"
    ]
    full = await system.get("/events?type=loanstream.testing.Counted.v1&type=BusinessDayClosed")
    assert {e["name"] for e in full["events"]} == {"Counted", "BusinessDayClosed"}


async def test_a_cursor_that_is_none_of_ours_is_refused(system: System) -> None:
    for after in ("1", "a.b.c", "9" * 30 + ".0.0", "0.99999999999.0", "0.0.99999999999999999999", "-1.0.0"):
        answer = await system.client.get(f"/api/{CONTEXT}/events?after={after}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")


async def test_the_live_stream_tells_new_events_and_continues_where_it_was_cut(system: System) -> None:
    streams = EventStreams(system.kit.log, CONTEXT)
    wanted = EventFilter(types=frozenset({"Counted"}))
    stream = streams.stream(wanted, await streams.positions(""))
    assert await anext(stream) == b"retry: 2000\n\n"
    first = asyncio.create_task(anext(stream))  # type: ignore[arg-type]
    await system.count("c-1", by=1)
    message = _parsed(await first)
    assert (message["data"]["subject"], message["data"]["data"]["by"]) == ("c-1", 1)
    await stream.aclose()  # type: ignore[attr-defined]

    await system.count("c-1", by=2)
    again = streams.stream(wanted, await streams.positions(message["id"]))
    await anext(again)
    assert _parsed(await anext(again))["data"]["data"]["by"] == 2
    await again.aclose()  # type: ignore[attr-defined]
    assert not streams.full


def _parsed(message: bytes) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in message.decode().strip().split("\n"))
    return {"id": fields["id"], "data": json.loads(fields["data"])}


async def test_lag_is_zero_when_everything_is_decided_and_projected(system: System) -> None:
    await system.count("c-1")
    await system.projected("c-1", 1)
    for _ in range(200):
        lag = (await system.get("/lag"))["lag"]
        if not any(entry["records"] for entry in lag):
            break
        await asyncio.sleep(0.01)
    assert {entry["consumer"] for entry in lag} == {"testing.decider", "testing.projector"}
    assert [entry["records"] for entry in lag] == [0] * len(lag)
    assert [entry["seconds"] for entry in lag] == [0.0] * len(lag)


async def test_lag_shows_what_waits_and_for_how_long(system: System) -> None:
    await system.projected("partition-0", 2)
    await system.stop_projecting()
    await system.count("c-1")
    await asyncio.sleep(0.02)
    behind = [e for e in (await system.get("/lag"))["lag"] if e["consumer"] == "testing.projector" and e["records"]]
    assert {entry["topic"] for entry in behind} == {"loanstream.testing.events.v1", "loanstream.testing.outcomes.v1"}
    assert all(entry["records"] == 1 and entry["seconds"] > 0.0 for entry in behind)


async def test_a_command_that_failed_stands_among_the_dead_letters_and_is_decided_by_a_replay(
    system: System, data_dir: Path
) -> None:
    failed = (await system.count("c-1", fail=True)).json()
    headers = {"Authorization": f"Bearer {LocalIssuer.open(data_dir).issue('operator')}"}
    for _ in range(200):
        answer = await system.client.get(f"/api/{CONTEXT}/dead-letters", headers=headers)
        if answer.json()["commands"]:
            break
        await asyncio.sleep(0.01)
    (letter,) = answer.json()["commands"]
    path = f"/api/{CONTEXT}/dead-letters/{letter['error_id']}/replay"
    system.host.deciders["counter"] = replace(COUNTER, decide=lambda state, command, context: [Counted(by=command.by)])
    for status in ("executed", "already-applied"):
        replayed = await system.client.post(path, headers={**key(), **headers})
        assert (replayed.status_code, replayed.json()["status"]) == (200, status)
        assert replayed.json()["sequence"] == 1
    assert (await system.client.post(path, headers=key())).status_code == 403
    unknown = await system.client.post(path.replace(letter["error_id"], "x"), headers={**key(), **headers})
    assert unknown.status_code == 404
    assert (letter["error_id"], letter["command_id"]) == (failed["error_id"], failed["command_id"])
    assert (letter["key"], letter["reason"], letter["mended"]) == ("c-1", "poison", False)
    assert answer.json()["events"] == []


async def _fails_again(_host: ReactionHost, _letter: ConsumerDeadLetter) -> Replayed:
    return Replayed(1, "still broken")


async def test_an_event_that_was_parked_is_handled_anew_with_what_waits_behind_it(
    system: System, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await system.count("c-1", by=1)
    events = await system.kit.log.read({TopicPartition(topic(CONTEXT, Role.EVENTS), 0): 0}, 100)
    good = next(record for record in events if record.key == "c-1")
    bad = structs.replace(good, type="loanstream.nobody.Knows.v1", offset=good.offset + 1)
    now = system.kit.clock.now()
    router = f"{CONTEXT}.router"
    parked = [
        ConsumerDeadLetter(router, r, reason, "broken", 1, "open", now)
        for r, reason in ((good, "poison"), (bad, "parked"))
    ]
    await system.kit.store.advance(router, {}, {}, (), parked)

    operator = {"Authorization": f"Bearer {LocalIssuer.open(data_dir).issue('operator')}"}
    listed = (await system.client.get(f"/api/{CONTEXT}/dead-letters", headers=operator)).json()["events"]
    identifier = next(letter["id"] for letter in listed if letter["reason"] == "poison")
    path = f"/api/{CONTEXT}/dead-letters/{identifier}/replay"
    with monkeypatch.context() as patched:
        patched.setattr(ReactionHost, "replay", _fails_again)
        failed = await system.client.post(path, headers={**key(), **operator})
        assert (failed.status_code, failed.json()["code"], failed.json()["settled"]) == (409, "failed-again", 1)
        assert "still broken" in failed.json()["detail"]
    replayed = await system.client.post(path, headers={**key(), **operator})
    assert (replayed.status_code, replayed.json()) == (200, {"status": "replayed", "settled": 2})
    once_more = await system.client.post(path, headers={**key(), **operator})
    assert (once_more.status_code, once_more.json()["code"]) == (404, "no-such-dead-letter")


async def test_only_the_record_that_stopped_the_read_models_can_be_passed_over(system: System, data_dir: Path) -> None:
    operator = {"Authorization": f"Bearer {LocalIssuer.open(data_dir).issue('operator')}"}
    path = f"/api/{CONTEXT}/projections/skips"
    events = topic(CONTEXT, Role.EVENTS)
    await system.projected("partition-0", 2)
    body = {"topic": events, "partition": 0, "position": 1, "reason": "a known bad import"}
    refused = await system.client.post(path, json=body, headers={**key(), **operator})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-stopped-there")
    pool = await open_pool(system.dsn)
    await system.stop_projecting()
    at = await pool.fetchval(
        f"UPDATE {read_schema(CONTEXT)}.projection_positions SET error = 'broken' WHERE topic = $1 RETURNING position",
        events,
    )
    skipped = await system.client.post(path, json={**body, "position": at}, headers={**key(), **operator})
    assert (skipped.status_code, skipped.json()["position"]) == (200, at)
    kept = await pool.fetchrow(f"SELECT actor, reason, error FROM {read_schema(CONTEXT)}.projection_skips")
    await pool.close()
    assert tuple(kept) == ("user:operator", "a known bad import", "broken")
    assert (
        await system.client.post(path, json={**body, "partition": -1}, headers={**key(), **operator})
    ).status_code == 400
    assert (await system.client.post(path, json=body, headers=key())).status_code == 403


async def test_effects_are_listed_by_state_with_references_only(system: System, data_dir: Path) -> None:
    now = system.kit.clock.now()
    rows = [
        EffectRow(
            ids.derived("effect", n),
            CONTEXT,
            "s-1",
            "email",
            f"party-{n}",
            {"letter": "secret"},
            status,
            1,
            now,
            now,
            "c-1",
        )
        for n, status in enumerate((EffectStatus.SUCCEEDED, EffectStatus.SUPPRESSED))
    ]
    await system.kit.store.restore_effects(rows)
    auditor = {"Authorization": f"Bearer {LocalIssuer.open(data_dir).issue('auditor')}"}
    body = (await system.client.get(f"/api/{CONTEXT}/effects?status=suppressed", headers=auditor)).json()
    assert body["counts"] == {"succeeded": 1, "suppressed": 1}
    assert [(effect["id"], effect["recipient"], effect["status"]) for effect in body["effects"]] == [
        (rows[1].id, "party-1", "suppressed")
    ]
    assert "secret" not in str(body)


async def test_business_days_are_told_with_what_was_done(system: System) -> None:
    await system.projected("partition-0", 2)
    body = await system.get("/business-days")
    assert body["partitions"] == 1
    assert body["days"] == [
        {
            "business_date": "2026-01-05",
            "started": 1,
            "closed": 1,
            "is_closed": True,
            "aggregates": 0,
            "events": 0,
            "held": 0,
        }
    ]


async def test_an_aggregate_on_hold_is_released_by_an_operator_only(system: System, data_dir: Path) -> None:
    tomorrow = A_DAY + timedelta(days=1)
    await system.count("c-1", by=BROKEN_DAY, due=str(tomorrow))
    await system.kit.log.send([start_day(tomorrow, time=system.kit.clock.now())])
    held = await system.count("c-1")
    assert (held.status_code, held.json()["code"]) == (409, "on-hold")

    path = f"/api/{CONTEXT}/holds/c-1/release"
    refused = await system.client.post(path, json={"reason": "mended"}, headers=key())
    assert refused.status_code == 403
    operator = {"Authorization": f"Bearer {LocalIssuer.open(data_dir).issue('operator')}"}
    released = await system.client.post(path, json={"reason": "mended"}, headers={**key(), **operator})
    assert released.status_code == 200
    assert "AggregateReleased" in released.text


async def test_queries_follow_a_swap_of_the_read_schema(system: System) -> None:
    await system.count("c-1")
    await system.projected("c-1", 1)
    asked = "SELECT count(*) AS n FROM event_index"
    before = [(await system.kit.fetch(asked))[0]["n"] for _ in range(8)]
    assert before == [3] * 8
    live = read_schema(CONTEXT)
    pool = await open_pool(system.dsn)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("CREATE SCHEMA rebuilt")
        await connection.execute(f"CREATE TABLE rebuilt.event_index (LIKE {live}.event_index)")
        await connection.execute(f"ALTER SCHEMA {live} RENAME TO old; ALTER SCHEMA rebuilt RENAME TO {live}")
    assert [(await system.kit.fetch(asked))[0]["n"] for _ in range(8)] == [0] * 8
    await pool.execute(f"ALTER SCHEMA {live} RENAME TO gone; ALTER SCHEMA old RENAME TO {live}")
    await pool.close()


@pytest.mark.parametrize("value", [2**70, "x", "a\x00"])
async def test_a_value_that_the_database_cannot_take_is_the_callers_error(system: System, value: Any) -> None:
    async def careless() -> Any:
        return await system.kit.fetch("SELECT 1 FROM event_index WHERE sequence = $1 OR subject = $2", value, value)

    app = FastAPI()
    errors.install(app)
    app.get("/careless")(careless)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        answer = await client.get("/careless")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
