"""The outcome waiter sees every outcome that somebody waits for, and reads nothing else."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import Record, TopicPartition
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.memory_store import MemoryStore
from tests.support.counting import A_DAY, CONTEXT, SteppedClock, count, counting_log, counting_service, start_day


class Bench:
    """A waiter and a decider on one log, stepped by hand."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.waiter = OutcomeWaiter(log, [CONTEXT])
        self.host = DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore())

    async def decide(self, *records: Any) -> None:
        """Send commands and decide them."""
        await self.log.send(records)
        while await self.host.step():
            pass

    async def settle(self) -> None:
        """Let the waiter read all there is."""
        while await self.waiter.step():
            pass


@pytest.fixture
async def bench() -> Bench:
    """A started waiter behind an open day."""
    bench = Bench(await counting_log(markers=True))
    await bench.decide(start_day(A_DAY))
    await bench.waiter.start()
    return bench


async def test_a_future_registered_before_the_send_gets_the_outcome(bench: Bench) -> None:
    command = count("c-1", 3)
    future = bench.waiter.expect(command.headers["ce_id"])
    await bench.decide(command)
    await bench.settle()
    assert future.result().status == "executed"
    await asyncio.sleep(0)
    assert bench.waiter.waiting == 0


async def test_two_that_wait_for_one_command_both_get_it(bench: Bench) -> None:
    command = count("c-1", 3)
    futures = [bench.waiter.expect(command.headers["ce_id"]) for _ in range(2)]
    await bench.decide(command)
    await bench.settle()
    assert [f.result().sequence for f in futures] == [1, 1]


async def test_who_stops_waiting_is_forgotten_and_the_other_still_served(bench: Bench) -> None:
    command = count("c-1", 3)
    first, second = (bench.waiter.expect(command.headers["ce_id"]) for _ in range(2))
    first.cancel()
    await asyncio.sleep(0)
    await bench.decide(command)
    await bench.settle()
    assert second.result().status == "executed"


async def test_nobody_waits_so_outcomes_are_passed_over_without_reading(bench: Bench) -> None:
    reads: list[int] = []
    read = bench.log.read

    async def counted(positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        records = await read(positions, limit)
        reads.append(len(records))
        return records

    await bench.decide(*(count(f"c-{n}") for n in range(50)))
    bench.log.read = counted  # type: ignore[method-assign]
    assert not await bench.waiter.step()
    command = count("c-x")
    future = bench.waiter.expect(command.headers["ce_id"])
    bench.log.read = read  # type: ignore[method-assign]
    await bench.decide(command)
    bench.log.read = counted  # type: ignore[method-assign]
    await bench.settle()
    assert future.done()
    assert sum(reads) == 1


async def test_who_asks_in_the_moment_in_which_a_rest_ends_is_served(bench: Bench) -> None:
    """The registration precedes the question for the ends, the outcome follows it."""
    command, futures, ends = count("c-1"), [], bench.log.ends

    class EndsAsSomebodyAsks(asyncio.Event):
        async def wait(self) -> Literal[True]:
            futures.append(bench.waiter.expect(command.headers["ce_id"]))
            raise TimeoutError

    async def slow(places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await bench.decide(command)
        return await ends(places)

    bench.waiter._asked = EndsAsSomebodyAsks()
    bench.log.ends = slow  # type: ignore[method-assign]
    await bench.waiter._rest()
    bench.log.ends = ends  # type: ignore[method-assign]
    if not futures[0].done():
        await bench.decide(command)
    await bench.settle()
    assert futures[0].result().status == "executed"


async def test_an_outcome_that_comes_while_the_ends_are_asked_for_is_not_passed_over(bench: Bench) -> None:
    """The ends may already lie behind the outcome of a future that was registered in the meantime."""
    ends = bench.log.ends
    command = count("c-1")
    futures = []

    async def slow(partitions: Any) -> dict[TopicPartition, int]:
        futures.append(bench.waiter.expect(command.headers["ce_id"]))
        bench.log.ends = ends  # type: ignore[method-assign]
        await bench.decide(command)
        return await ends(partitions)

    bench.log.ends = slow  # type: ignore[method-assign]
    await bench.waiter.step()
    await bench.settle()
    assert futures[0].done()


async def test_waiting_before_the_start_is_a_mistake_that_shows() -> None:
    waiter = OutcomeWaiter(await counting_log(), [CONTEXT])
    with pytest.raises(RuntimeError, match="not started"):
        waiter.expect("x")


async def test_the_loop_survives_a_log_that_is_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loanstream.runtime.http.waiting._RETRY_SECONDS", 0.001)
    read = bench.log.read
    failures = 3

    async def flaky(positions: Mapping[TopicPartition, int], limit: int) -> list[Record]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OSError("connection lost")
        return await read(positions, limit)

    command = count("c-1")
    future = bench.waiter.expect(command.headers["ce_id"])
    await bench.decide(command)
    bench.log.read = flaky  # type: ignore[method-assign]
    running = asyncio.create_task(bench.waiter.run())
    assert (await asyncio.wait_for(future, 2)).status == "executed"
    running.cancel()
