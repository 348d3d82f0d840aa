"""The decider host on PostgreSQL beside the bare append of the very records that it decided, batch by batch."""

import cProfile
import time
import timeit
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from benchmarks import loans
from benchmarks.measuring import Pair, Result, top_functions
from benchmarks.raw import RawAppend
from loanstream.eventlog.port import NewRecord, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from schemas import chain

BATCH = 500
_PAYMENTS = 2
_SENT_AT_ONCE = 1_000
_BLANK = "A" * 43


@dataclass(slots=True)
class Bench:
    """A host on an empty log, and the raw loop beside it."""

    log: PostgresLog
    host: DeciderHost
    raw: RawAppend
    clock: loans.SteppedClock
    written: list[NewRecord]

    @classmethod
    async def open(cls, dsn: str) -> "Bench":
        """Topics, host, first business day."""
        log = PostgresLog(dsn)
        await log.apply(loans.topics(1, (loans.CONTEXT, "funding")), "bench")
        clock = loans.SteppedClock()
        written: list[NewRecord] = []
        host = Recorded(loans.servicing(), 0, log, clock, MemoryStore())
        host.written = written
        bench = cls(log, host, await RawAppend.open(dsn), clock, written)
        await bench.decide([loans.start_day(loans.FIRST_DAY, clock.now())])
        return bench

    async def close(self) -> None:
        """Stop."""
        await self.host.close()
        await self.raw.close()
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

    async def compare(self, records: Sequence[NewRecord]) -> tuple[Pair, int]:
        """Decide batch by batch, each followed by the raw append of what it wrote; and how many records that were."""
        await self.send(records)
        pair, written = Pair.empty(), 0
        while True:
            self.written.clear()
            began = time.perf_counter()
            if not await self.host.step():
                return pair, written
            pair.ours.append(time.perf_counter() - began)
            written += len(self.written)
            pair.raw.append(await self.raw.seconds(self.written))

    async def profile(self, records: Sequence[NewRecord]) -> str:
        """Where the host's time goes for such commands."""
        await self.send(records)
        profile = cProfile.Profile()
        profile.enable()
        while await self.host.step():
            pass
        profile.disable()
        return top_functions(profile)


class Recorded(DeciderHost):
    """The real host; what it commits is kept for the raw loop."""

    written: list[NewRecord]

    async def commit(self, records: Sequence[NewRecord]) -> "dict[TopicPartition, int]":
        """Append, and keep the records."""
        self.written.extend(records)
        return dict(await super().commit(records))


async def measure(bench: Bench, count: int) -> list[Result]:
    """The rows of the decider host; leaves a partition full of loans for the rows about reading."""
    amounts = [loans.instalment(number) for number in range(count)]
    booked = await bench.compare(loans.bookings(range(count), bench.clock.now()))
    why_booked = await bench.profile(loans.bookings(range(count, count + 2 * BATCH), bench.clock.now()))
    paid = await bench.compare([r for nth in range(_PAYMENTS) for r in payments(amounts, nth)])
    why_paid = await bench.profile(payments(amounts[: 2 * BATCH], 90))
    received = await bench.compare(receipts(2 * count, 0))
    why_received = await bench.profile(receipts(2 * BATCH, 2 * count))
    return [
        _row("decider host on PostgreSQL, RecordReceipt (one event)", received, why_received),
        _row("decider host on PostgreSQL, ApplyPayment (two events)", paid, why_paid),
        _row("decider host on PostgreSQL, BookLoan (12 instalments)", booked, why_booked),
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


def _row(what: str, measured: tuple[Pair, int], why: str) -> Result:
    pair, written = measured
    share = _share_of(pair)
    commands = BATCH * len(pair.ours)
    detail = (
        f"{commands / sum(pair.ours):,.0f} commands/s decided, raw call {commands / sum(pair.raw):,.0f} commands/s "
        f"({written / commands:.1f} records a command)"
    )
    return Result(what, "≥ 50 % of the raw call", f"{share:.0%}", share >= 0.5, detail, why)


def _share_of(pair: Pair) -> float:
    """Share by the faster half of the batches of each: what others take of the machine then counts little."""
    return _faster_half(pair.raw) / _faster_half(pair.ours)


def _faster_half(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return sum(ordered[: max(1, len(ordered) // 2)])


async def chain_cost(bench: Bench, count: int, first: int) -> Result:
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
    cost = 1 - _faster_half(off) / _faster_half(on[: len(off)])
    detail = "processor time of the host, receipts of one event, with and without the hash"
    a_receipt = _faster_half(on) / _batches(on) / BATCH * 1e6
    why = (
        f"a link and its text in the header take {_link_microseconds():.1f} µs, of {a_receipt:.0f} µs that the host spends on a "
        "receipt: the less it spends on the rest, the larger the share of the hash"
    )
    return Result("chain on against off", "≤ 10 % of throughput", f"{cost:.1%}", cost <= 0.1, detail, why)


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
