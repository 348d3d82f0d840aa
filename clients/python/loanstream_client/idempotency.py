"""An assertion for tests of handlers: events that come again change nothing.

A subscription gives events at least once. What may come again is a run of events of a partition, in order, from the position
stored last; the events of other partitions come in between in any order.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from loanstream_client.envelope import Event, Place

Handler = Callable[[Event], Awaitable[None] | None]
StateReader = Callable[[], Any]
"""Reads what the handler keeps, as a value that can be compared; may be a coroutine function."""

_CRASHES = 8


async def check_idempotent(handler: Handler, events: Iterable[Event], state: StateReader, *, seed: int = 0) -> None:
    """Hand over every event, and again what may be delivered again; raise ``AssertionError`` where that changes the state.

    Each event comes twice in a row. Afterwards the reader crashes some times: the events of some partitions come again from an
    earlier position on, in order. ``state`` must read a copy, or something that does not change by itself.
    """
    everything = list(events)
    if not everything:
        raise ValueError("no events: nothing would be shown")
    for event in everything:
        await _awaited(handler(event))
        once = await _awaited(state())
        await _awaited(handler(event))
        _compare(once, await _awaited(state()), f"{_named(event)} handled twice")
    settled = await _awaited(state())
    chance = random.Random(seed)  # noqa: S311
    for run in _redeliveries(everything, chance):
        for event in run:
            await _awaited(handler(event))
        _compare(settled, await _awaited(state()), f"{len(run)} events delivered again from {_named(run[0])} on")


def assert_idempotent(
    handler: Callable[[Event], None], events: Iterable[Event], state: Callable[[], Any], *, seed: int = 0
) -> None:
    """:func:`check_idempotent` for plain functions, in tests without an event loop."""
    asyncio.run(check_idempotent(handler, events, state, seed=seed))


def _redeliveries(events: list[Event], chance: random.Random) -> Iterator[list[Event]]:
    yield events
    by_place: dict[Place, list[Event]] = {}
    for event in events:
        by_place.setdefault(event.place, []).append(event)
    for _ in range(_CRASHES):
        runs = [run[chance.randrange(len(run)) :] for run in by_place.values() if chance.random() < 0.5]
        if runs:
            yield _interleaved(runs, chance)


def _interleaved(runs: list[list[Event]], chance: random.Random) -> list[Event]:
    """One order of the runs' events that keeps the order within each."""
    waiting = [list(reversed(run)) for run in runs]
    ordered = []
    while waiting:
        run = chance.choice(waiting)
        ordered.append(run.pop())
        if not run:
            waiting.remove(run)
    return ordered


def _compare(before: Any, after: Any, what: str) -> None:
    if before != after:
        raise AssertionError(f"{what} changed the state:\n  before: {before!r}\n  after:  {after!r}")


def _named(event: Event) -> str:
    return f"{event.type} (partition {event.record.partition}, event {event.partitionseq})"


async def _awaited(result: Any) -> Any:
    return await result if isinstance(result, Awaitable) else result
