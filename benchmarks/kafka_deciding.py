"""The decider host on Kafka beside a raw loop that consumes the same commands and writes the same records.

A turn is some thousand commands that wait when it begins: the host reads them with a client of its own that has fetched nothing
yet, then a paused consumer is resumed and does the same with everything decided and encoded beforehand.
"""

import cProfile
import time
from collections.abc import Sequence

from benchmarks import loans
from benchmarks.deciding import BATCH, Bench, Goal, payments
from benchmarks.measuring import Pair, Result, top_functions
from benchmarks.raw_kafka import RawKafka
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import NewRecord
from loanstream.runtime.decider.fold import Aggregate

GOAL = Goal("Kafka", 0.4, "the raw consume-produce loop")
_TURN = 2_000
_TIMES = 10
_ROUNDS = 4
"""Payments of each loan with few loans in the state, and again with many; of each the best round counts."""


class KafkaBench(Bench):
    """Turns of :data:`_TURN` commands."""

    def __init__(self, settings: ClusterSettings, log: KafkaLog, raw: RawKafka, clock: loans.SteppedClock) -> None:
        super().__init__(log, clock)
        self.settings = settings
        self.raw = raw

    @classmethod
    async def open(cls, settings: ClusterSettings) -> "KafkaBench":
        """Topics, host, raw loop."""
        log = KafkaLog(settings)
        await log.apply(loans.topics(1, (loans.CONTEXT, "funding")), "bench")
        clock = loans.SteppedClock()
        raw = await RawKafka.open(settings, loans.start_day(loans.FIRST_DAY, clock.now()).topic)
        bench = cls(settings, log, raw, clock)
        await bench.begin()
        return bench

    async def close(self) -> None:
        """Stop."""
        await self.raw.close()
        await super().close()

    async def compare(self, records: Sequence[NewRecord]) -> tuple[Pair, int]:
        """Ours, then the raw loop, on the same commands."""
        await self.raw.pass_over()
        pair, written = Pair.empty(), 0
        for at in range(0, len(records), _TURN):
            some = records[at : at + _TURN]
            await self.send(some)
            reader = await self.begin_turn()
            began = time.perf_counter()
            sizes = await self.decide_turn(len(some))
            pair.ours.append(time.perf_counter() - began)
            await self.end_turn(reader)
            commits = self.host.taken()
            written += sum(len(one) for one in commits)
            pair.raw.append(await self.raw.turn(commits, sizes))
        return pair, written

    async def profile(self, records: Sequence[NewRecord]) -> str:
        """As in a turn, everything in the process but the raw loop."""
        await self.send(records)
        reader = await self.begin_turn()
        profile = cProfile.Profile()
        profile.enable()
        await self.decide_turn(len(records))
        profile.disable()
        await self.end_turn(reader)
        self.host.commits.clear()
        return top_functions(profile)

    async def decide_turn(self, count: int) -> list[int]:
        """Step until so many commands are decided; how many each step took."""
        sizes: list[int] = []
        while count:
            before = self.host.next_command
            if await self.host.step():
                sizes.append(self.host.next_command - before)
                count -= sizes[-1]
        return sizes

    async def begin_turn(self) -> KafkaLog:
        """A client that knows the cluster and has fetched nothing."""
        if self.host.writer is None:
            await self.host.open()  # the writer is of the log that stays
        reader = KafkaLog(self.settings)
        await reader.start(self.host.commands)
        self.host.log = reader
        return reader

    async def end_turn(self, reader: KafkaLog) -> None:
        """Give the client back."""
        self.host.log = self.log
        await reader.close()


async def more_loans(bench: KafkaBench, count: int) -> Result:
    """Payments with ``count`` loans in the state against ten times as many; the others lie only there, not in the log."""
    amounts = [loans.instalment(number) for number in range(count)]
    few = min([await _microseconds(bench, payments(amounts, 50 + nth)) for nth in range(_ROUNDS)])
    fold = bench.host.fold
    assert fold is not None
    for number in range(_TIMES * count, 2 * _TIMES * count - count):
        fresh, target = Aggregate(), loans.loan_id(number)
        fold.aggregates[target] = fresh
        fold.set_state(target, fresh, loans.LOAN, loans.LOAN.evolve(None, loans.booked(number, loans.FIRST_DAY, 12)))
    many = min([await _microseconds(bench, payments(amounts, 60 + nth)) for nth in range(_ROUNDS)])
    why = await bench.profile(payments(amounts[: 2 * BATCH], 70))
    return Result(
        "decider host on Kafka, ten times the loans",
        "no slower",
        f"{many / few:.2f} ×",
        many <= 1.1 * few,
        f"processor time of ApplyPayment with {_TIMES * count:,} loans in the state {many:.0f} µs, with {count:,} {few:.0f} µs",
        why,
    )


async def _microseconds(bench: KafkaBench, records: Sequence[NewRecord]) -> float:
    """Processor time of the whole process for one of these commands."""
    await bench.send(records)
    reader = await bench.begin_turn()
    began = time.process_time()
    await bench.decide_turn(len(records))
    spent = time.process_time() - began
    await bench.end_turn(reader)
    bench.host.commits.clear()
    return spent / len(records) * 1e6
