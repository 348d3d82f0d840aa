"""kill -9 of the PostgreSQL server in the middle of load: nothing acknowledged is lost, nothing is doubled.

The clients behave as hosts do: a writer whose commit's outcome is unknown opens anew, reads where its log stands, and goes
on from there; a sender does not send again.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loanstream.eventlog.port import LogError, OutcomeUnknown, TopicDefinition, TopicPartition
from loanstream.eventlog.postgres import PostgresLog
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from tests.eventlog.records import a_record, everything, keys

pytestmark = pytest.mark.postgres

EVENTS = "crash.events.v1"
COMMANDS = "crash.commands.v1"
WRITERS = 4
SENDERS = 4


@dataclass
class ClientRecord:
    """What the clients know: acknowledged for certain, or unknown."""

    acknowledged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    reopened: int = 0


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, as durable as a user's."""
    folder = Path(tempfile.mkdtemp(prefix="loanstream-crash-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_killing_the_server_under_load_loses_and_doubles_nothing(server: EmbeddedPostgres) -> None:
    log = PostgresLog(server.dsn)
    await log.apply(
        [TopicDefinition(EVENTS, WRITERS, None, identity=True), TopicDefinition(COMMANDS, SENDERS, None)], "crash"
    )
    stop = asyncio.Event()
    client = ClientRecord()
    clients = [asyncio.create_task(_decide(log, n, stop, client)) for n in range(WRITERS)]
    clients += [asyncio.create_task(_send(log, n, stop, client)) for n in range(SENDERS)]
    kills = 0
    while kills < 2 or (kills < 6 and not (client.reopened and client.unknown)):
        kills += 1
        before = len(client.acknowledged)
        while len(client.acknowledged) < before + 200:  # noqa: ASYNC110 - the load goes on until the server is killed
            await asyncio.sleep(0.01)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.to_thread(server.start)
    stop.set()
    await asyncio.gather(*clients)
    assert client.reopened or client.unknown, "no kill met a commit: there was no load"

    sent = keys(await everything(log, [TopicPartition(COMMANDS, n) for n in range(SENDERS)], 1_000))
    counts = Counter(sent)
    assert set(counts.values()) == {1}
    assert {name for name in client.acknowledged if name.startswith("s")} <= counts.keys()
    assert counts.keys() <= {*client.acknowledged, *client.unknown}
    for n in range(WRITERS):
        events = keys(await everything(log, [TopicPartition(EVENTS, n)], 1_000))
        assert events == [f"w{n}:{number}" for number in range(len(events))]
        own = [name for name in client.acknowledged if name.startswith(f"w{n}:")]
        assert len(events) == len(own), "every event was acknowledged or found after a reopening, each once"
    await log.close()


async def _decide(log: PostgresLog, partition: int, stop: asyncio.Event, client: ClientRecord) -> None:
    """One number after the other, each exactly once: after doubt, from where the log stands."""
    while not stop.is_set():
        try:
            writer = await log.writer("decider", partition)
            done = len(await everything(log, [TopicPartition(EVENTS, partition)], 5_000))
            own = [name for name in client.acknowledged if name.startswith(f"w{partition}:")]
            assert done in (len(own), len(own) + 1), "an acknowledged event was lost, or one came twice"
            if done > len(own):
                client.acknowledged.append(f"w{partition}:{len(own)}")
            while not stop.is_set():
                name = f"w{partition}:{done}"
                await writer.commit([a_record(EVENTS, partition, name)])
                client.acknowledged.append(name)
                done += 1
        except LogError:
            client.reopened += 1


async def _send(log: PostgresLog, partition: int, stop: asyncio.Event, client: ClientRecord) -> None:
    """Sends each name once, whatever becomes of it."""
    number = 0
    while not stop.is_set():
        name = f"s{partition}:{number}"
        number += 1
        await asyncio.sleep(0.001 * (number % 4))  # so that they do not all go into the same transactions
        try:
            await log.send([a_record(COMMANDS, partition, name), a_record(COMMANDS, 0, f"{name}/more")])
        except OutcomeUnknown:
            client.unknown += [name, f"{name}/more"]
        else:
            client.acknowledged += [name, f"{name}/more"]
