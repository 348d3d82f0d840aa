"""The assertion lets through what may be delivered again and finds what counts twice."""

from collections import Counter

import pytest

from loanstream_client import Event
from loanstream_client.fakes import fake_events
from loanstream_client.idempotency import assert_idempotent, check_idempotent

EVENTS = list(fake_events(50, seed=9))


def test_a_handler_that_keeps_ids_passes() -> None:
    seen: set[str] = set()
    assert_idempotent(lambda event: seen.add(event.id), EVENTS, lambda: set(seen))
    assert len(seen) == len(EVENTS)


def test_a_handler_that_keeps_the_highest_number_of_each_aggregate_passes() -> None:
    highest: dict[str, int] = {}
    counted: Counter[str] = Counter()

    def handle(event: Event) -> None:
        aggregate = f"{event.context} {event.subject}"
        if event.sequence > highest.get(aggregate, 0):
            highest[aggregate] = event.sequence
            counted[event.type] += 1

    assert_idempotent(handle, EVENTS, lambda: dict(counted))
    assert counted.total() == len(EVENTS)


def test_a_handler_that_counts_deliveries_fails_at_once() -> None:
    count: list[str] = []
    with pytest.raises(AssertionError, match=r"event 1\) handled twice changed the state"):
        assert_idempotent(lambda event: count.append(event.id), EVENTS, lambda: len(count))


def test_a_handler_that_only_knows_the_event_before_fails_when_a_run_comes_again() -> None:
    last = ""
    count = 0

    def handle(event: Event) -> None:
        nonlocal last, count
        count += event.id != last
        last = event.id

    with pytest.raises(AssertionError, match="50 events delivered again"):
        assert_idempotent(handle, EVENTS, lambda: count)


def test_a_handler_that_depends_on_the_order_between_partitions_fails() -> None:
    latest = ""

    def handle(event: Event) -> None:
        nonlocal latest
        latest = event.id

    with pytest.raises(AssertionError, match="delivered again from"):
        assert_idempotent(handle, EVENTS, lambda: latest)


async def test_a_handler_and_a_state_that_are_awaited() -> None:
    seen: set[str] = set()

    async def handle(event: Event) -> None:
        seen.add(event.id)

    async def state() -> int:
        return len(seen)

    await check_idempotent(handle, EVENTS, state)
    with pytest.raises(ValueError, match="no events"):
        await check_idempotent(handle, [], state)
