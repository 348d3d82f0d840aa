"""Reactions: risk's reactor beside a bare Faust agent that sends the very same commands and keeps nothing in a database."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any, cast

import faust
from faust.contrib.asgi import bind_to_running_loop

from benchmarks import loans
from benchmarks.measuring import Pair, Result
from benchmarks.raw_kafka import ready
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.partitioning import partition_of
from loanstream.eventlog.port import NewRecord, Record, TopicPartition
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.database import open_pool
from loanstream.runtime.faust_reactor.application import raw_topic, reactor_app
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.postgres_store import open_store
from loanstream.runtime.reacting import plan, react_to
from schemas import codec, ids, registry
from schemas.envelope import EventMeta, event_headers
from schemas.origination.events import ApplicationAccepted
from schemas.topics import Role, topic
from services.risk.service import service as risk
from tests.origination.samples import ACCEPTED

PARTITIONS = 6
TURNS = 2
_BATCH = 100
_PATIENCE_SECONDS = 120.0
_EVENTS = topic("origination", Role.EVENTS)
_COMMANDS = topic("risk", Role.COMMANDS)


async def measure(cluster: ClusterSettings, dsn: str, count: int) -> list[Result]:
    """Both on the same events, each from the first of them on, in turns."""
    log = KafkaLog(cluster)
    await log.apply(loans.topics(PARTITIONS, ("origination", "risk", "servicing", "funding", "notify")), "bench")
    pool = await open_pool(dsn)
    store = await open_store(pool)
    pair = Pair.empty()
    for turn in range(TURNS):
        begun = await log.ends([TopicPartition(_EVENTS, n) for n in range(PARTITIONS)])
        events = [_accepted(number) for number in range(turn * count, (turn + 1) * count)]
        for at in range(0, count, 1_000):
            await log.send(events[at : at + 1_000])
        name = f"risk.bench.{turn}"
        await store.advance(name, {}, begun, (), ())
        reactor = Reactor(risk(), cluster, store, SystemClock(), name=name)
        pair.ours.append(await _reacted(log, reactor.run(), count))
        answers = {event.key: _answer(event) for event in events}
        pair.raw.append(await _reacted(log, _bare(cluster, f"bare.bench.{turn}", begun, answers), count))
    await pool.close()
    await log.close()
    rate = count / min(pair.ours)
    detail = (
        f"{rate:,.0f} events/s, each with one command, positions stored in PostgreSQL; the bare agent, which awaits its "
        f"acknowledgements {_BATCH} at a time, {count / min(pair.raw):,.0f} events/s"
    )
    return [
        Result(
            "reactions on Kafka, risk's reactor",
            "beside a bare Faust agent",
            f"{pair.share:.0%}",
            None,
            detail,
            figures={"events a second": rate},
        )
    ]


async def _reacted(log: KafkaLog, running: Coroutine[Any, Any, None], count: int) -> float:
    """Seconds from the first command to the last while ``running`` runs."""
    places = [TopicPartition(_COMMANDS, n) for n in range(PARTITIONS)]
    before = sum((await log.ends(places)).values())
    task = asyncio.create_task(running)
    began: float | None = None
    first = 0
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                if task.done():
                    task.result()
                done = sum((await log.ends(places)).values()) - before
                if done and began is None:
                    began, first = time.perf_counter(), done
                if began is not None and done >= count:
                    return (time.perf_counter() - began) * count / max(1, count - first)
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _bare(
    cluster: ClusterSettings, name: str, begun: dict[TopicPartition, int], answers: dict[str, NewRecord]
) -> None:
    """An agent as the manual of Faust has it: take some, send for each what is made already, await the acknowledgements."""

    async def begin(_consumer: object) -> dict[faust.types.TP, int]:
        return {faust.types.TP(*place): position for place, position in begun.items()}

    app = reactor_app(name, cluster, begin)
    bind_to_running_loop(app)
    app.finalize()
    made = {key.encode(): ready([answer])[0] for key, answer in answers.items()}

    async def agent(stream: faust.StreamT[bytes]) -> None:
        async for events in cast(faust.Stream[bytes], stream).take_events(_BATCH, within=0.05):
            sent = []
            for event in events:
                if event.key in made:
                    to, partition, (one,) = made[event.key]
                    sent.append(
                        await app.producer.send(to, one.key, one.value, partition, one.time / 1_000, one.headers)
                    )
            await asyncio.gather(*sent)

    app.agent(raw_topic(app, _EVENTS), name=f"{name}.agent")(agent)
    starting = asyncio.ensure_future(app.maybe_start())
    try:
        await asyncio.Event().wait()
    finally:
        starting.cancel()
        with suppress(Exception, asyncio.CancelledError):
            await starting
        await app.stop()


def _accepted(number: int) -> NewRecord:
    """The event of an accepted application."""
    key = ids.derived("bench", "application", number)
    event = replace(ACCEPTED, application_id=key, loan_id=loans.loan_id(number))
    message = registry.by_class(ApplicationAccepted)
    meta = EventMeta(
        id=ids.derived("bench", "accepted", number),
        type=message.ce_type,
        context="origination",
        subject=key,
        sequence=2,
        partition=partition_of(key, PARTITIONS),
        partitionseq=number + 1,
        time=loans.SIX_O_CLOCK,
        business_date=date(2026, 1, 1),
        correlation=ids.derived("bench", "correlation", number),
        causation=ids.derived("bench", "command", number),
        actor=loans.OFFICER,
    )
    headers = event_headers(meta, "A" * 43)
    return NewRecord(_EVENTS, meta.partition, key, meta.type, headers, codec.encode(event), meta.time)


def _answer(event: NewRecord) -> NewRecord:
    """The command that the reactor sends for it."""
    record = Record(event.topic, event.partition, 0, event.key, event.type, event.headers, event.value, event.time)
    (command,) = react_to(plan(risk(), PARTITIONS), record, event.time).commands
    return command
