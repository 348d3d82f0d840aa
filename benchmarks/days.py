"""End of day: 1/30 of the loans due, beside the bare append of the records that the day emits."""

import asyncio
import cProfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from benchmarks import loans
from benchmarks.deciding import Recorded
from benchmarks.measuring import Pair, Result, top_functions
from benchmarks.raw import Raw, RawAppend
from benchmarks.raw_kafka import RawKafka
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import EventLog, NewRecord
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.decider.fold import Aggregate, Fold
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.memory_store import MemoryStore
from schemas.topics import Role, topic

TURNS = 3
PARTITIONS = 6
_DAYS = 30
_MONTHS = 12
_EVE, _DUE = date(2026, 1, 31), date(2026, 2, 1)
_FEW = 10_000
_FLAT = (
    "a day of so few loans takes about as long as its commits, which differ between runs by as much: look at several"
)
_KINDS = 4_000
"""Different amounts among the loans of a day: a million loans need no million of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where days are measured: the loans spread over as many partitions, and hosts, as there are raw loops."""

    suffix: str
    log: EventLog
    raws: Sequence[Raw]


async def on_postgres(dsn: str, count: int) -> list[Result]:
    """One partition in a database."""
    log = PostgresLog(dsn)
    await _apply(log, 1)
    return await _measured(Place("", log, [await RawAppend.open(dsn)]), count)


async def on_kafka(settings: ClusterSettings, count: int) -> list[Result]:
    """Several partitions of a cluster, all in this process."""
    log = KafkaLog(settings)
    await _apply(log, PARTITIONS)
    commands = topic(loans.CONTEXT, Role.COMMANDS)
    raws = [await RawKafka.open(settings, commands, partition) for partition in range(PARTITIONS)]
    return await _measured(Place(f" on Kafka over {PARTITIONS} partitions", log, raws), count)


async def _apply(log: EventLog, spread: int) -> None:
    await log.apply(loans.topics((TURNS + 1) * (spread + 2), (loans.CONTEXT, "funding")), "bench")


async def _measured(place: Place, count: int) -> list[Result]:
    """A day of ``count`` loans against the raw append, and against a day with fewer loans and as many due."""
    due = count // _DAYS
    booked = _book(count, due)
    log, raws = place.log, place.raws
    pair, touched, events, why = await _compare(log, raws, booked, 0)
    first = (TURNS + 1) * len(raws)
    few = min(due, _FEW // _DAYS)
    small, _, _, _ = await _compare(log, raws[:1], _some(booked, few, _FEW), first)
    large, _, _, _ = await _compare(log, raws[:1], _some(booked, few, count), first + TURNS + 1)
    for raw in raws:
        await raw.close()
    await log.close()
    rate = events / min(pair.ours)
    detail = (
        f"{min(pair.ours):.2f} s for {events:,} events of {touched:,} loans ({rate:,.0f} events/s), "
        f"raw append {min(pair.raw):.3f} s"
    )
    flat = min(large.ours) / min(small.ours)
    return [
        Result(
            f"end of day{place.suffix}, {count:,} loans, 1/30 due",
            "≤ 3 × a raw append of its events",
            f"{pair.multiple:.1f} ×",
            pair.multiple <= 3,
            detail,
            why,
            {"events a second": rate, "loans a second": count / min(pair.ours)},
        ),
        Result(
            f"end of day{place.suffix}, loans touched",
            "only those due",
            f"{touched:,} of {count:,}, {due:,} due",
            touched == due,
        ),
        Result(
            f"end of day{place.suffix}, {few:,} due of {count:,} against of {_FEW:,}",
            "flat in loans not due",
            f"{flat:.2f} ×",
            flat <= 1.25,
            f"{min(large.ours):.3f} s against {min(small.ours):.3f} s",
            _FLAT,
        ),
    ]


def _book(count: int, due: int) -> "Sequence[tuple[str, Aggregate]]":
    """Loans as the decider books them; the first ``due`` of them fall due on the day, the others on the 29 days after."""
    made = []
    states: dict[tuple[int, date], Any] = {}
    for number in range(count):
        value_date = loans.FIRST_DAY if number < due else loans.FIRST_DAY + timedelta(days=1 + number % (_DAYS - 3))
        target = loans.loan_id(number)
        kind = (number % _KINDS, value_date)
        if kind not in states:
            states[kind] = loans.LOAN.evolve(None, loans.booked(number, value_date, _MONTHS))
        made.append((target, Aggregate(loans.LOAN, states[kind])))
    return made


def _some(booked: "Sequence[tuple[str, Aggregate]]", due: int, count: int) -> "Sequence[tuple[str, Aggregate]]":
    """``due`` of the loans that fall due, and of the others as many as make ``count`` or all."""
    others = [pair for pair in booked if loans.LOAN.due(pair[1].state) != _DUE]
    return [*booked[:due], *others[: count - due]]


async def _compare(
    log: EventLog, raws: Sequence[Raw], booked: "Sequence[tuple[str, Aggregate]]", first: int
) -> tuple[Pair, int, int, str]:
    """The day of these loans over as many partitions as raw loops, others in each turn; the last, unmeasured, is profiled."""
    pair = Pair.empty()
    for turn in range(TURNS):
        hosts = await _hosts(log, booked, first + turn * len(raws), len(raws))
        began = time.perf_counter()
        await asyncio.gather(*map(_day, hosts))
        pair.ours.append(time.perf_counter() - began)
        days = [[r for records in host.taken() for r in records if "BusinessDay" not in r.type] for host in hosts]
        touched = len({record.key for day in days for record in day if record.type.endswith("InstallmentDue.v1")})
        emitted = [[record for record in day if ".outcome." not in record.type] for day in days]
        pair.raw.append(await _appended(raws, emitted))
        await asyncio.gather(*(host.close() for host in hosts))
    hosts = await _hosts(log, booked, first + TURNS * len(raws), len(raws))
    profile = cProfile.Profile()
    profile.enable()
    await asyncio.gather(*map(_day, hosts))
    profile.disable()
    await asyncio.gather(*(host.close() for host in hosts))
    return pair, touched, sum(map(len, emitted)), top_functions(profile)


async def _day(host: DeciderHost) -> None:
    while await host.step():
        pass


async def _appended(raws: Sequence[Raw], emitted: Sequence[Sequence[NewRecord]]) -> float:
    """The events in calls of a chunk's size, all raw loops at once; the better of two turns."""

    async def append(raw: Raw, events: Sequence[NewRecord]) -> float:
        return sum([await raw.seconds(events[at : at + 500]) for at in range(0, len(events), 500)])

    turns = []
    for _ in range(2):
        turns.append(max(await asyncio.gather(*map(append, raws, emitted))))
    return min(turns)


async def _hosts(
    log: EventLog, booked: "Sequence[tuple[str, Aggregate]]", first: int, spread: int
) -> Sequence[Recorded]:
    return [await _host(log, booked[nth::spread], first + nth) for nth in range(spread)]


async def _host(log: EventLog, booked: "Sequence[tuple[str, Aggregate]]", partition: int) -> Recorded:
    """A host whose fold holds the loans, with the day's start command waiting."""
    clock = loans.SteppedClock()
    host = Recorded(loans.servicing(), partition, log, clock, MemoryStore())
    fold = Fold(loans.CONTEXT, partition, host.deciders)
    loan = host.deciders["loan"]
    for target, aggregate in booked:
        fresh = Aggregate()
        fold.aggregates[target] = fresh
        fold.set_state(target, fresh, loan, aggregate.state)
    fold.day.business_date = _EVE
    host.fold = fold
    await host.open()
    await log.send([loans.start_day(_DUE, clock.now(), partition)])
    return host
