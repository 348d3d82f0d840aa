"""Processes that the tests start and kill: each appends under load and tells its parent what was acknowledged.

They report by lines in a file, one write each: whatever the parent finds there had been acknowledged before the kill.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from loanstream.eventlog.port import EventLog, NewRecord
from loanstream.eventlog.postgres import PostgresLog
from tests.eventlog.records import a_record

EVENTS = "load.events.v1"
OUTCOMES = "load.outcomes.v1"
PARTITIONS = 3
TASKS = 4
"""Tasks that append at once in one worker."""


def batch(name: str, partition: int, randomness: random.Random) -> list[NewRecord]:
    """A commit that shows when it is torn: the same name in events and outcomes, beside some more elsewhere."""
    more = [
        a_record(EVENTS, randomness.randrange(PARTITIONS), f"{name}/{n}", value=b"x" * randomness.randrange(600))
        for n in range(randomness.randrange(4))
    ]
    return [a_record(EVENTS, partition, name), *more, a_record(OUTCOMES, partition, name)]


async def append_for_ever(log: EventLog, name: str, report: int, rounds: int) -> None:
    """A writer of its own and sends beside it, reporting each acknowledged name."""
    randomness = random.Random(name)
    partition = randomness.randrange(PARTITIONS)
    writer = await log.writer(name, partition)
    for n in range(rounds):
        done = f"{name}:{n}"
        records = batch(done, partition, randomness)
        if n % 3:
            await writer.commit(records)
        else:
            await log.send(records)
        os.write(report, f"{done}\n".encode())


async def load(dsn: str, name: str, report: str, rounds: int) -> None:
    """Several appending tasks on one log."""
    handle = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log = PostgresLog(dsn)
    await asyncio.gather(*(append_for_ever(log, f"{name}-{n}", handle, rounds) for n in range(TASKS)))
    await log.close()


async def hold(dsn: str, topic: str, report: str) -> None:
    """Own the topic's partitions, with a short patience of the server for silence, until the end of the process."""
    log = PostgresLog(dsn, silence=0.5)
    member = log.membership("g", topic)
    while True:
        _report(report, await member.refresh())
        await asyncio.sleep(0.05)


def _report(path: str, owned: frozenset[int]) -> None:
    Path(path).write_text(" ".join(map(str, sorted(owned))))


def main() -> None:
    """``python -m tests.eventlog.workers load <dsn> <name> <report> <rounds>`` or ``hold <dsn> <topic> <report>``."""
    task, *arguments = sys.argv[1:]
    if task == "load":
        dsn, name, report, rounds = arguments
        asyncio.run(load(dsn, name, report, int(rounds)))
    else:
        asyncio.run(hold(*arguments))


if __name__ == "__main__":
    main()
