"""The audit finds and names every change, loss, addition and re-ordering inside the streams."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import NewRecord, Record
from loanstream.runtime.auditing import Verification, verify
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from schemas import envelope
from schemas.topics import DEDUPE_WINDOW, Role
from tests.support.counting import (
    A_DAY,
    CONTEXT,
    SteppedClock,
    all_of,
    count,
    counting_log,
    counting_service,
    start_day,
)


async def decided_log() -> MemoryLog:
    """A log with a day and a few counters."""
    log = await counting_log()
    host = DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore())
    await log.send(
        [start_day(A_DAY), count("c-1"), count("c-2"), count("c-1", 2, request="r2"), count("c-1", 99, request="r3")]
    )
    while await host.step():
        pass
    return log


async def rewritten(change: Callable[[list[Record]], list[Record]], role: Role = Role.EVENTS) -> Verification:
    """Verify a copy of a decided log whose events (or outcomes) were changed."""
    log = await decided_log()
    copy = await counting_log()
    for each in (Role.EVENTS, Role.OUTCOMES):
        records = await all_of(log, each)
        for r in change(records) if each is role else records:
            await copy.send([NewRecord(r.topic, r.partition, r.key, r.type, r.headers, r.value, r.time)])
    return await verify(copy, [CONTEXT])


async def test_an_untouched_log_is_intact() -> None:
    verification = await verify(await decided_log(), [CONTEXT])
    assert verification.intact, verification.findings
    assert (verification.events, verification.aggregates, verification.partitions) == (5, 3, 1)


async def test_a_changed_amount_breaks_the_chain_at_that_event() -> None:
    verification = await rewritten(
        lambda events: [replace(e, value=e.value.replace(b'"by":2', b'"by":9')) for e in events]
    )
    assert [(f.code, f.subject) for f in verification.findings] == [("broken-chain", "c-1")]


@pytest.mark.parametrize("header", [envelope.ACTOR, envelope.TIME, envelope.BUSINESS_DATE, envelope.ID])
async def test_a_changed_protected_header_breaks_the_chain(header: str) -> None:
    def change(events: list[Record]) -> list[Record]:
        forged = {**events[3].headers, header: "2026-02-02"}
        return [*events[:3], replace(events[3], headers=forged), *events[4:]]

    verification = await rewritten(change)
    assert "broken-chain" in {f.code for f in verification.findings}


async def test_an_event_under_another_key_is_found() -> None:
    verification = await rewritten(lambda events: [*events[:3], replace(events[3], key="c-9"), *events[4:]])
    assert [f.code for f in verification.findings] == ["bad-envelope"]


async def test_an_outcome_that_names_another_actor_than_its_event_is_found() -> None:
    def change(outcomes: list[Record]) -> list[Record]:
        return [replace(o, value=o.value.replace(b'"actor":"user:', b'"actor":"user:not-')) for o in outcomes]

    verification = await rewritten(change, Role.OUTCOMES)
    assert {f.code for f in verification.findings} == {"outcome-differs"}


async def test_a_lost_event_is_missed() -> None:
    verification = await rewritten(lambda events: [*events[:2], *events[3:]])
    assert {"missing-event", "missing-sequence", "broken-chain"} & {f.code for f in verification.findings}


async def test_an_added_event_is_found() -> None:
    verification = await rewritten(lambda events: [*events[:3], events[2], *events[3:]])
    assert "missing-event" in {f.code for f in verification.findings}


async def test_two_events_that_changed_places_are_found() -> None:
    verification = await rewritten(lambda events: [events[0], events[2], events[1], *events[3:]])
    assert "missing-event" in {f.code for f in verification.findings}


async def test_an_event_without_an_outcome_is_found() -> None:
    verification = await rewritten(lambda outcomes: outcomes[:1] + outcomes[2:], Role.OUTCOMES)
    assert {f.code for f in verification.findings} == {"event-without-outcome"}


async def test_an_outcome_that_stands_twice_is_found() -> None:
    verification = await rewritten(lambda outcomes: [*outcomes[:2], outcomes[1], *outcomes[2:]], Role.OUTCOMES)
    assert {f.code for f in verification.findings} == {"decided-twice", "position-goes-back"}


@pytest.mark.parametrize(
    ("event_count", "later", "codes"),
    [
        (0, DEDUPE_WINDOW, set()),
        (0, DEDUPE_WINDOW / 2, {"decided-twice"}),
        (1, DEDUPE_WINDOW, {"decided-twice"}),
    ],
)
async def test_a_report_that_comes_again_after_the_window_may_be_executed_to_no_effect(
    event_count: int, later: timedelta, codes: set[str]
) -> None:
    def again(outcomes: list[Record]) -> list[Record]:
        body = json.loads(outcomes[2].value) | {"position": 1_000, "event_count": event_count}
        return [*outcomes, replace(outcomes[2], value=json.dumps(body).encode(), time=outcomes[2].time + later)]

    assert {f.code for f in (await rewritten(again, Role.OUTCOMES)).findings} == codes


async def test_a_partition_that_lost_its_identity_is_found() -> None:
    log = await decided_log()
    log._partitions["loanstream.testing.events.v1", 0].drop(1)
    verification = await verify(log, [CONTEXT])
    assert "no-identity" in {f.code for f in verification.findings}
