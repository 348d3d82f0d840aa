"""What the log says when something goes wrong: in whose course, which service, host and partition."""

from pathlib import Path
from typing import Any

from structlog.contextvars import bound_contextvars, get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.reaction_host import ReactionHost
from schemas.outcomes import Outcome, decode_outcome
from schemas.topics import Role
from tests.runtime.http.world import a_world, key
from tests.runtime.support.carrier import Carrier, broken
from tests.runtime.support.shipping import Ordered, World, definitions, shipping_service
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

POISON = "command failed"


async def decided_with(*commands: Any) -> tuple[list[Any], list[Outcome]]:
    """Log lines and outcomes of some commands."""
    log = await counting_log()
    host = DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore())
    await log.send([start_day(A_DAY), *commands])
    with capture_logs() as lines:
        await host.step()
    return lines, [decode_outcome(record.value) for record in await all_of(log, Role.OUTCOMES)]


async def test_a_failed_command_is_told_with_its_correlation_and_place() -> None:
    command = count("a", fail=True, correlation="request-7")
    [line], [_, outcome] = await decided_with(command)
    expected = {
        "event": POISON,
        "log_level": "error",
        "host": f"{CONTEXT}.decider.0",
        "service": CONTEXT,
        "partition": 0,
        "correlation": "request-7",
        "command": outcome.command_id,
        "error_id": outcome.error_id,
        "aggregate": "a",
        "reason": "poison",
    }
    assert {name: line[name] for name in expected} == expected
    assert isinstance(line["exc_info"], RuntimeError)


async def test_a_command_that_went_round_in_circles_is_told_too() -> None:
    [line], _ = await decided_with(count("a", hops=99, correlation="request-7"))
    assert (line["event"], line["reason"], line["correlation"]) == (POISON, "hops", "request-7")
    assert "99 hops" in line["error"]


async def test_an_event_that_becomes_a_dead_letter_is_told_with_its_correlation() -> None:
    log, world = await shipping()
    router = ReactionHost(shipping_service(), log, MemoryStore(), world.clock)
    [event] = await world.happen("o-1", Ordered(order_id="o-1", behave="poison"))
    with capture_logs() as lines:
        await router.step()
    [line] = lines
    assert (line["event"], line["host"], line["service"]) == ("dead letter", "shipping.router", "shipping")
    assert (line["event_id"], line["aggregate"]) == (event, "o-1")
    assert line["correlation"]


async def test_lines_about_an_effect_say_which_one_and_in_whose_course() -> None:
    log, world = await shipping()
    store, carrier = MemoryStore(), Carrier(next=[broken])
    router = ReactionHost(shipping_service(), log, store, world.clock)
    sender = EffectsHost(shipping_service(), {"parcel": carrier}, log, store, world.clock)
    await sender.open()
    await world.happen("o-1", Ordered(order_id="o-1", customer="c-1"))
    await router.step()
    [row] = await store.effects("shipping")
    with capture_logs(processors=[merge_contextvars]) as lines:
        await sender.step()
    [line] = lines
    assert (line["event"], line["host"], line["service"]) == ("effect unknown", "shipping.effects", "shipping")
    assert (line["effect"], line["kind"], line["correlation"]) == (row.id, "parcel", row.correlation)


async def test_lines_of_a_request_carry_the_correlation_that_its_events_will_have(tmp_path: Path) -> None:
    world = await a_world(tmp_path)
    seen: list[dict[str, Any]] = []
    send = world.log.send

    async def watched(records: Any) -> None:
        seen.append(dict(get_contextvars()))
        await send(records)

    world.log.send = watched  # type: ignore[method-assign]
    with bound_contextvars():
        await world.client.post(f"/api/{CONTEXT}/counters/c-1/counts", json={"by": 1}, headers=key())
        assert "correlation" not in get_contextvars(), "it must not stay for the next request"
    await world.stop()
    [*_, event] = await all_of(world.log, Role.EVENTS)
    assert seen[-1]["correlation"] == event.headers["ce_correlationid"]
    assert seen[-1]["request"]


async def shipping() -> tuple[MemoryLog, World]:
    """Orders on which events just happen."""
    log = MemoryLog()
    await log.apply(definitions(1), "test")
    return log, World(log, 1)
