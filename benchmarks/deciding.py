"""The decider host beside a raw loop that writes the very records that it decided, in turns.

On PostgreSQL a turn is a batch, and the raw loop the bare append; on Kafka see :mod:`benchmarks.kafka_deciding`.
"""

import cProfile
import time
import timeit
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from benchmarks import loans
from benchmarks.measuring import Pair, Result, top_functions
from benchmarks.raw import RawAppend
from loanstream.eventlog.port import EventLog, NewRecord, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from schemas import chain

BATCH = 500
_PAYMENTS = 2
_SENT_AT_ONCE = 1_000
_BLANK = "A" * 43


@dataclass(frozen=True, slots=True)
class Goal:
    """What the rows of a decider host are held against."""

    where: str
    least: float
    raw: str


ON_POSTGRES = Goal("PostgreSQL", 0.5, "the raw call")


class Bench(ABC):
    """A host on an empty log, with its first business day open; how the raw loop runs beside it is the log's."""

    def __init__(self, log: EventLog, clock: loans.SteppedClock) -> None:
        self.log = log
        self.clock = clock
        self.host = Recorded(loans.servicing(), 0, log, clock, MemoryStore())

    async def begin(self) -> None:
        """Open the first business day."""
        await self.decide([loans.start_day(loans.FIRST_DAY, self.clock.now())])

    @abstractmethod
    async def compare(self, records: Sequence[NewRecord]) -> tuple[Pair, int]:
        """Decide these commands and run the raw loop beside, in turns; and how many records were written."""

    async def close(self) -> None:
        """Stop."""
        await self.host.close()
        await self.log.close()

    async def send(self, records: Sequence[NewRecord]) -> None:
        """Put commands into the topic."""
        for at in range(0, len(records), _SENT_AT_ONCE):
            await self.log.send(records[at : at + _SENT_AT_ONCE])

    async def decide(self, records: Sequence[NewRecord]) -> None:
        """Send commands and decide them, unmeasured."""
        await self.send(records)
        while await self.host.step():
            pass
        self.host.commits.clear()

    async def profile(self, records: Sequence[NewRecord]) -> str:
        """Where the host's time goes for such commands."""
        await self.send(records)
        profile = cProfile.Profile()
        profile.enable()
        while await self.host.step():
            pass
        profile.disable()
        self.host.commits.clear()
        return top_functions(profile)


class PostgresBench(Bench):
    """Each batch is followed by the bare append of what it wrote."""

    def __init__(self, log: PostgresLog, raw: RawAppend, clock: loans.SteppedClock) -> None:
        super().__init__(log, clock)
        self.raw = raw

    @classmethod
    async def open(cls, dsn: str) -> "PostgresBench":
        """Topics, host, raw loop."""
        log = PostgresLog(dsn)
        await log.apply(loans.topics(1, (loans.CONTEXT, "funding")), "bench")
        bench = cls(log, await RawAppend.open(dsn), loans.SteppedClock())
        await bench.begin()
        return bench

    async def close(self) -> None:
        """Stop."""
        await self.raw.close()
        await super().close()

    async def compare(self, records: Sequence[NewRecord]) -> tuple[Pair, int]:
        """A batch is a turn."""
        await self.send(records)
        pair, written = Pair.empty(), 0
        while True:
            began = time.perf_counter()
            if not await self.host.step():
                return pair, written
            pair.ours.append(time.perf_counter() - began)
            (committed,) = self.host.taken()
            written += len(committed)
            pair.raw.append(await self.raw.seconds(committed))


class Recorded(DeciderHost):
    """The real host; what it commits is kept for the raw loop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commits: list[Sequence[NewRecord]] = []

    async def commit(self, records: Sequence[NewRecord]) -> "Mapping[TopicPartition, int]":
        """Append, and keep the records."""
        self.commits.append(records)
        return await super().commit(records)

    def taken(self) -> list[Sequence[NewRecord]]:
        """The commits since somebody took them."""
        commits, self.commits = self.commits, []
        return commits


async def measure(bench: Bench, count: int, goal: Goal = ON_POSTGRES) -> list[Result]:
    """The rows of the decider host; leaves a partition full of loans for the rows about reading."""
    amounts = [loans.instalment(number) for number in range(count)]
    booked = await bench.compare(loans.bookings(range(count), bench.clock.now()))
    why_booked = await bench.profile(loans.bookings(range(count, count + 2 * BATCH), bench.clock.now()))
    paid = await bench.compare([r for nth in range(_PAYMENTS) for r in payments(amounts, nth)])
    why_paid = await bench.profile(payments(amounts[: 2 * BATCH], 90))
    received = await bench.compare(receipts(2 * count, 0))
    why_received = await bench.profile(receipts(2 * BATCH, 2 * count))
    return [
        row(goal, "RecordReceipt (one event)", received, 2 * count, why_received),
        row(goal, "ApplyPayment (two events)", paid, _PAYMENTS * count, why_paid),
        row(goal, "BookLoan (12 instalments)", booked, count, why_booked),
    ]


def payments(amounts: Sequence[int], nth: int) -> list[NewRecord]:
    """A payment of an instalment for each loan."""
    time_, day = loans.SIX_O_CLOCK, loans.FIRST_DAY
    return [
        loans.record(loans.loan_id(n), loans.payment(n, nth, amount, day), time_, "pay", nth)
        for n, amount in enumerate(amounts)
    ]


def receipts(count: int, first: int) -> list[NewRecord]:
    """Money that came in."""
    some = (loans.receipt(number) for number in range(first, first + count))
    return [loans.record(target, command, loans.SIX_O_CLOCK, "receipt") for target, command in some]


def row(goal: Goal, what: str, measured: tuple[Pair, int], commands: int, why: str) -> Result:
    """The row of one kind of command."""
    pair, written = measured
    share = share_of(pair)
    ours, raw = commands / sum(pair.ours), commands / sum(pair.raw)
    detail = (
        f"{ours:,.0f} commands/s decided, {goal.raw} {raw:,.0f} commands/s ({written / commands:.1f} records a command)"
    )
    name, target = f"decider host on {goal.where}, {what}", f"≥ {goal.least:.0%} of {goal.raw}"
    figures = {"commands a second": ours, "records a command": written / commands}
    return Result(name, target, f"{share:.0%}", share >= goal.least, detail, why, figures)


def share_of(pair: Pair) -> float:
    """Share by the faster half of the batches of each: what others take of the machine then counts little."""
    return faster_half(pair.raw) / faster_half(pair.ours)


def faster_half(seconds: list[float]) -> float:
    """Their sum."""
    ordered = sorted(seconds)
    return sum(ordered[: max(1, len(ordered) // 2)])


async def chain_cost(bench: Bench, count: int, first: int, what: str = "chain on against off") -> Result:
    """Throughput with the chain against without, in turns of one batch. Breaks the chain of what it writes: comes last."""
    await bench.send(receipts(count, first))
    on: list[float] = []
    off: list[float] = []
    while True:
        began = time.process_time()
        if len(on) <= len(off):
            if not await bench.host.step():
                break
            on.append(time.process_time() - began)
        else:
            with _no_chain():
                if not await bench.host.step():
                    break
            off.append(time.process_time() - began)
    cost = 1 - faster_half(off) / faster_half(on[: len(off)])
    detail = "processor time of the host, receipts of one event, with and without the hash"
    a_receipt = faster_half(on) / _batches(on) / BATCH * 1e6
    why = (
        f"a link and its text in the header take {_link_microseconds():.1f} µs, of {a_receipt:.0f} µs that the host spends on a "
        "receipt: the less it spends on the rest, the larger the share of the hash"
    )
    return Result(what, "≤ 10 % of throughput", f"{cost:.1%}", cost <= 0.1, detail, why)


def _batches(seconds: list[float]) -> int:
    return max(1, len(seconds) // 2)


def _link_microseconds() -> float:
    """Time of one link of a typical event, microseconds."""
    headers = dict.fromkeys(chain.PROTECTED, "0b5f1c9e-1d1e-5b7e-9d6e-3f0a2b1c4d5e")
    value = b"x" * 200

    def one() -> None:
        chain.chain_text(chain.link(chain.GENESIS, "loanstream.servicing.MoneyReceived.v1", headers, value))

    return min(timeit.repeat(one, number=2_000, repeat=5)) / 2_000 * 1e6


@contextmanager
def _no_chain() -> Iterator[None]:
    genesis = bytes(32)
    with (
        patch("schemas.chain.link", lambda *_: genesis),
        patch("schemas.chain.chain_text", lambda _: _BLANK),
    ):
        yield
