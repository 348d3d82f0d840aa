"""Running both kits as their users do, and writing topics as deciders would or never would."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from loanstream_client import Event
from loanstream_client.envelope import IDENTITY_TYPE
from loanstream_client.events import TOPICS
from tests.docs.pages import ROOT

TYPESCRIPT = ROOT / "clients" / "typescript"
NODE = shutil.which("node")
HAS_NODE = NODE is not None and (TYPESCRIPT / "node_modules").is_dir()
NO_NODE = "needs node and `npm ci` in clients/typescript"

_PATIENCE = 120.0
_AFTER_STORING = 25
"""Events between the storing of positions and the kill: these come again."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit by the command that prints events, each on a line that begins with a JSON or a text that names it."""

    name: str
    command: tuple[str, ...]

    def tail(self, servers: str, *arguments: str) -> list[str]:
        """What a whole run prints."""
        done = subprocess.run(
            [*self.command, *arguments, "--servers", servers],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def fails(self, servers: str, *arguments: str) -> str:
        """What a run says that must fail."""
        done = subprocess.run(
            [*self.command, *arguments, "--servers", servers],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def killed_in_the_middle(self, servers: str, context: str, positions: Path) -> list[str]:
        """What a run printed that followed a topic, and was killed some events after it first stored positions."""
        process = subprocess.Popen(
            [*self.command, context, "--positions", str(positions), "--servers", servers, "--follow"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        found: list[str] = []
        try:
            after = 0
            while after < _AFTER_STORING:
                found.append(process.stdout.readline())
                assert found[-1], "it ended by itself"
                after += positions.exists()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        # a line that was cut was not handled
        return [line.strip() for line in (*found, *process.stdout.readlines()) if line.endswith("\n")]

    @contextmanager
    def following(self, servers: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """A run that goes on until it fails, or the block ends."""
        process = subprocess.Popen(
            [*self.command, *arguments, "--servers", servers, "--follow"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=10)


PYTHON_KIT = Kit("python", (sys.executable, "-m", "loanstream_client", "tail"))
TYPESCRIPT_KIT = Kit("typescript", (str(NODE), str(TYPESCRIPT / "dist" / "src" / "tail.js")))


def build_typescript() -> None:
    """Compile the kit; strict, so that a type error fails."""
    subprocess.run(["npm", "run", "--silent", "build"], cwd=TYPESCRIPT, check=True, timeout=120, env=os.environ)


def type_and_number(line: str) -> tuple[str, str, int]:
    """Type, aggregate and number of an event from a line that a kit printed."""
    if line.startswith("{"):
        event = json.loads(line)
        return event["type"], event["subject"], event["sequence"]
    _, ce_type, subject, number, _ = line.split(" ", 4)
    return ce_type, subject, int(number.removeprefix("#"))


def identity_of(event: Event) -> tuple[str, str, int]:
    """The same of an event."""
    return event.type, event.subject, event.sequence


async def make_topic(servers: str, context: str, partitions: int) -> str:
    """An empty events topic of a context."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        # made-up events are old: a topic that forgets would drop them while it is read
        await admin.create_topics([NewTopic(TOPICS[context], partitions, 1, topic_configs={"retention.ms": "-1"})])
    finally:
        await admin.close()
    return TOPICS[context]


async def identify_topic(servers: str, context: str, partitions: int, installation: str, timestamp: int) -> None:
    """Write the first record of each partition, as ``topics apply`` does."""
    value = {"installation": installation, "partitions": partitions, "topic": TOPICS[context]}
    client = AIOKafkaProducer(bootstrap_servers=servers)
    await client.start()
    try:
        for partition in range(partitions):
            await client.send_and_wait(
                TOPICS[context],
                json.dumps(value).encode(),
                key=b"identity",
                partition=partition,
                timestamp_ms=timestamp,
                headers=[("ce_type", IDENTITY_TYPE.encode())],
            )
    finally:
        await client.stop()


async def remake_topic(servers: str, context: str, partitions: int) -> str:
    """An empty events topic of a context in the place of the one that is there, if any."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        if TOPICS[context] in await admin.list_topics():
            await admin.delete_topics([TOPICS[context]])
        while TOPICS[context] in await admin.list_topics():  # noqa: ASYNC110 - a broker has no event for it
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    return await make_topic(servers, context, partitions)


@asynccontextmanager
async def producer(servers: str, owner: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer with transactions."""
    made = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=owner, retry_backoff_ms=5)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def send(client: AIOKafkaProducer, events: Iterable[Event]) -> None:
    """Send events in the transaction that is open."""
    sent = [
        await client.send(
            event.record.topic,
            event.record.value,
            key=event.record.key.encode(),
            partition=event.record.partition,
            timestamp_ms=event.record.timestamp,
            headers=[(name, text.encode()) for name, text in event.record.headers.items()],
        )
        for event in events
    ]
    await asyncio.gather(*sent)


async def commit(client: AIOKafkaProducer, events: Iterable[Event]) -> None:
    """Send events in a transaction of their own."""
    async with client.transaction():
        await send(client, events)


def batches(events: Sequence[Event], size: int) -> Iterator[Sequence[Event]]:
    """The events in runs."""
    return (events[start : start + size] for start in range(0, len(events), size))


async def counts_of_the_log(servers: str) -> Counter[str]:
    """How many committed events of each type lie in the topics, by a plain consumer."""
    consumer = AIOKafkaConsumer(
        *TOPICS.values(),
        bootstrap_servers=servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    counts: Counter[str] = Counter()
    try:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 2:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                quiet_since = time.monotonic()
                for record in records:
                    counts[dict(record.headers)["ce_type"].decode()] += 1
    finally:
        await consumer.stop()
    assert counts.pop(IDENTITY_TYPE, 0) >= len(TOPICS), "each partition begins with its identity"
    return counts


def copy_of_typescript(folder: Path) -> Path:
    """The kit with what is installed, apart from the one that other tests use."""
    built = shutil.ignore_patterns("dist")
    shutil.copytree(
        TYPESCRIPT,
        folder,
        symlinks=True,
        ignore=lambda where, names: built(where, names) if Path(where) == TYPESCRIPT else set(),
    )
    return folder


def run_node(folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """A script's run."""
    (folder / "script.mjs").write_text(script)
    command = [str(NODE), str(folder / "script.mjs")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
