"""Fail-over on Kafka: two deciders share the partitions of servicing, one of them is stopped or killed under steady traffic.

What counts is the time from the signal until every partition is decided again: per partition the end of the longest pause after
the signal, of all partitions the worst. Afterwards every command sent must have one outcome, and the streams must verify.
"""

import asyncio
import signal
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks import loans
from benchmarks.latency import apply_topics, environment
from benchmarks.measuring import Result
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.partitioning import partition_of
from loanstream.eventlog.port import EventLog, NewRecord, TopicPartition
from loanstream.runtime.auditing import verify
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from loanstream.runtime.messages import is_identity
from loanstream.runtime.settings import Settings
from schemas.outcomes import Status, decode_outcome
from schemas.topics import Role, topic
from tests.chaos.fleet import Member
from tests.support.ports import free_port

_EVERY = 0.02
"""Seconds between two commands of a partition: below it a pause cannot be seen."""
_SETTLE_SECONDS = 3.0
_READY_SECONDS = 60.0
_ANSWER_SECONDS = 30.0
_TAIL = 60_000
"""Events that every successor must have folded before the last of the partitions goes on."""
_TAIL_EVENTS_A_SECOND = 60_000
_TAIL_SECONDS = 120.0
_SLOW_FOLD = 10_000
"""Events a second below which the wait for a successor ends too early."""
_BURST = 600
_OUTCOMES = topic(loans.CONTEXT, Role.OUTCOMES)
_STEPS = (
    "after the leave, or the end of the session, every member is revoked and joins anew; then each partition is fenced, its tail"
    " read and what waited is decided, all by processes that share the cores with the broker and the client"
)


@dataclass
class Traffic:
    """Commands to every partition, and when their outcomes came."""

    log: EventLog
    partitions: int
    number: int = 0
    """Of the next receipt."""
    sent: set[str] = field(default_factory=set)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    came: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def open_day(self) -> None:
        """The first business day of every partition."""
        now = datetime.now(UTC)
        await self.log.send([loans.start_day(loans.FIRST_DAY, now, n) for n in range(self.partitions)])

    async def send(self) -> None:
        """A receipt to every partition, again and again."""
        while True:
            await self._send([self._receipt(place) for place in range(self.partitions)])
            await asyncio.sleep(_EVERY)

    async def grow(self, events: int) -> None:
        """Let every partition have its part of so many more events, all of them decided."""
        for _ in range(events // _BURST):
            await self._send([self._receipt(n % self.partitions) for n in range(_BURST)])
        async with asyncio.timeout(_TAIL_SECONDS):
            while len(self.sent) - sum(self.answers.values()) > _BURST:  # noqa: ASYNC110 - listened for
                await asyncio.sleep(0.1)

    async def _send(self, batch: list[NewRecord]) -> None:
        await self.log.send(batch)
        self.sent.update(record.headers["ce_id"] for record in batch)

    def _receipt(self, place: int) -> NewRecord:
        while partition_of((made := loans.receipt(self.number))[0], self.partitions) != place:
            self.number += 1
        self.number += 1
        return loans.record(*made, datetime.now(UTC), "receipt", partition=place)

    async def listen(self) -> None:
        """Note every outcome."""
        positions = {TopicPartition(_OUTCOMES, n): 0 for n in range(self.partitions)}
        while True:
            found = await self.log.read(positions, 1_000)
            now = time.monotonic()
            for record in found:
                positions[TopicPartition(_OUTCOMES, record.partition)] = record.offset + 1
                if not is_identity(record):
                    outcome = decode_outcome(record.value)
                    self.answers[outcome.command_id, str(outcome.status)] += 1
                    self.came[record.partition].append(now)
            if not found:
                await self.log.wait(positions, 1.0)

    async def interrupted(self, member: Member, number: int, seconds: float) -> float:
        """Signal a process; the worst time over the partitions until decisions come steadily again."""
        began = time.monotonic()
        member.signal(number)
        await asyncio.sleep(seconds)
        assert member.process is not None
        await member.process.wait()
        return max(_end_of_longest_pause(self.came[n], began) for n in range(self.partitions)) - began

    async def ended(self) -> list[str]:
        """Wait for the outcomes of all commands: what was lost or decided more than once."""
        until = time.monotonic() + _ANSWER_SECONDS
        while (missing := self.sent - {i for i, _ in self.answers}) and time.monotonic() < until:  # noqa: ASYNC110 - listened for
            await asyncio.sleep(0.2)
        wrong = [f"{i} {status} {times} times" for (i, status), times in self.answers.items() if times != 1]
        other = [f"{i} {status}" for i, status in self.answers if i in self.sent and status != str(Status.EXECUTED)]
        return [*(f"{i} lost" for i in missing), *wrong, *other]


def _end_of_longest_pause(times: list[float], began: float) -> float:
    after = [began, *(at for at in times if at > began)]
    if len(after) == 1:
        return float("inf")
    return max(pairwise(after), key=lambda pair: pair[1] - pair[0])[1]


def measure(
    cluster: ClusterSettings, graceful_seconds: float = 5.0, killed_seconds: float = 14.0, tail: int = _TAIL
) -> list[Result]:
    """Stopped, killed, killed with a tail to fold, and that nothing was lost or doubled."""
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder:
        Path(folder).chmod(0o711)  # the database's own user passes through
        settings = replace(Settings(), data_dir=Path(folder) / "data", kafka_servers=cluster.servers)
        with EmbeddedPostgres(settings.data_dir):
            apply_topics(settings)
            return asyncio.run(_measured(cluster, settings, graceful_seconds, killed_seconds, tail))


async def _measured(
    cluster: ClusterSettings, settings: Settings, graceful_seconds: float, killed_seconds: float, tail: int
) -> list[Result]:
    log = KafkaLog(cluster)
    traffic = Traffic(log, settings.partitions)
    members = [_member(settings, n) for n in range(4)]
    tasks: list[asyncio.Task[None]] = []
    try:
        await _started(members[:2])
        tasks = [asyncio.create_task(traffic.listen())]
        await traffic.open_day()
        await asyncio.sleep(_SETTLE_SECONDS)
        sending = asyncio.create_task(traffic.send())
        tasks.append(sending)
        await asyncio.sleep(_SETTLE_SECONDS)
        graceful = await traffic.interrupted(members[0], signal.SIGTERM, graceful_seconds)
        await _started(members[2:3])
        await asyncio.sleep(2 * _SETTLE_SECONDS)
        killed = await traffic.interrupted(members[1], signal.SIGKILL, killed_seconds)
        await traffic.grow(2 * tail)
        await _started(members[3:])
        await asyncio.sleep(2 * _SETTLE_SECONDS)
        with_tail = await traffic.interrupted(members[2], signal.SIGKILL, killed_seconds + tail / _SLOW_FOLD)
        sending.cancel()
        wrong = await traffic.ended()
        verification = await verify(log, (loans.CONTEXT,))
        wrong += [f"{finding.code} at {finding.offset}" for finding in verification.findings]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for member in members:
            await _stopped(member)
        await log.close()
    rate = f"{settings.partitions / _EVERY:.0f} commands/s at most over {settings.partitions} partitions"
    told = "; ".join(wrong[:3]) or f"{len(traffic.sent):,} commands sent, each with one outcome; the streams verify"
    return [
        Result(
            "fail-over on Kafka, SIGTERM",
            "≤ 1 s",
            f"{graceful:.2f} s",
            graceful <= 1,
            f"the slowest partition, {rate}",
            _STEPS,
        ),
        Result(
            "fail-over on Kafka, kill -9",
            "≤ 7 s and the tail",
            f"{killed:.2f} s",
            killed <= 7,
            "session of 6 s",
            _STEPS,
        ),
        Result(
            f"fail-over on Kafka, kill -9 with {tail:,} events that the successor has not folded",
            f"≤ 7 s and the tail at {_TAIL_EVENTS_A_SECOND:,} events/s",
            f"{with_tail:.2f} s",
            with_tail <= 7 + tail / _TAIL_EVENTS_A_SECOND,
            f"{tail:,} events with their outcomes, no snapshot; {with_tail - killed:.2f} s more than without",
            f"{_STEPS}; state is rebuilt at the rate of the row above",
        ),
        Result("fail-over on Kafka, lost or doubled", "nothing", f"{len(wrong)} commands", not wrong, told),
    ]


def _member(settings: Settings, number: int) -> Member:
    port = free_port()
    variables = environment(settings) | {"LOANSTREAM_PORT": str(port)}
    arguments = ("serve", loans.CONTEXT, "--role", "decider")
    return Member(f"decider-{number}", arguments, port, variables, settings.data_dir / f"decider-{number}.log")


async def _started(members: list[Member]) -> None:
    for member in members:
        await member.start()
    async with asyncio.timeout(_READY_SECONDS):
        for member in members:
            while not await member.ready():  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(0.1)


async def _stopped(member: Member) -> None:
    if member.process is None or member.process.returncode is not None:
        return
    member.signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await member.process.wait()
    except TimeoutError:
        member.signal(signal.SIGKILL)
        await member.process.wait()
