"""A system of twelve processes lives through kills, pauses, a cut network, and a broker and a database that die: nothing is lost.

What must come out is what came out of an undisturbed run with the same seed, and what the clients were told.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from loanstream.demo.driver import run_demo
from loanstream.demo.options import DemoOptions
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from loanstream.runtime.http.issuer import LocalIssuer
from tests.chaos import checking
from tests.chaos.cutting import Cut, a_cut
from tests.chaos.fleet import SERVICES, Fleet
from tests.chaos.front import Front
from tests.chaos.poison import Poison
from tests.chaos.troubles import Troubles
from tests.notify.servers import MailServer, mail_server
from tests.support.kafka_cluster import LocalCluster, local_cluster
from tests.support.ports import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

SOAK = os.environ.get("LOANSTREAM_CHAOS") == "soak"
SEED = int(os.environ.get("LOANSTREAM_CHAOS_SEED", "1"))
LOANS = 640
PARTITIONS = 3
UNTIL = date(2026, 7, 1) if SOAK else date(2026, 2, 12)
"""After the first instalments were due and paid."""
COMMANDS = 20_000
"""Commands of the run, at least."""
POISON = 0.01
"""Share of them that nobody can decide, at least."""
LONGEST_SECONDS = 7_200.0 if SOAK else 600.0
TELL_SECONDS = 20.0
AT_LEAST = {"kill": 15, "pause": 2, "cut": 1, "broker": 1, "database": 1}

_PROXIED = """
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},CUT://127.0.0.1:{target}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CUT://127.0.0.1:{cut}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CUT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""


@dataclass
class Arena:
    """Everything that runs."""

    folder: Path
    cluster: LocalCluster
    database: EmbeddedPostgres
    cut: Cut
    mail: MailServer
    fleet: Fleet

    @property
    def tokens(self) -> Callable[[str], str]:
        """Signs in the demo's users."""
        return LocalIssuer.open(self.folder / "data").issue


def variables(folder: Path, servers: str, dsn: str, smtp: int) -> dict[str, str]:
    """Settings of every process."""
    return {
        "LOANSTREAM_DATA_DIR": str(folder / "data"),
        "LOANSTREAM_DATABASE_URL": dsn,
        "LOANSTREAM_KAFKA_SERVERS": servers,
        "LOANSTREAM_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
        "LOANSTREAM_KEY_LEASE_SECONDS": "5",
        "LOANSTREAM_EFFECT_LEASE_SECONDS": "5",
        "LOANSTREAM_PARTITIONS": str(PARTITIONS),
    }


@asynccontextmanager
async def an_arena(*, nodes: int = 1, replicas: int = 2) -> AsyncIterator[Arena]:
    """Brokers, a database, a mail server, a network to one process that can be cut, and the fleet, ready."""
    folder = Path(tempfile.mkdtemp(prefix="loanstream-chaos-"))
    os.chmod(folder, 0o711)  # the database's own user passes through
    async with AsyncExitStack() as stack:
        way = free_port()
        cluster = stack.enter_context(
            local_cluster(
                nodes,
                properties=lambda port: (
                    _PROXIED.format(port=port, controller=port + 1, target=port + 2, cut=way) if nodes == 1 else ""
                ),
            )
        )
        database = EmbeddedPostgres(folder)
        dsn = await stack.enter_async_context(database)
        cut = await stack.enter_async_context(a_cut(way, cluster.port + 2))
        mail = await stack.enter_async_context(mail_server())
        settings = variables(folder, cluster.servers, dsn, mail.port) | {"LOANSTREAM_KAFKA_REPLICATION": str(nodes)}
        run_to_end(settings, "topics", "apply")
        fleet = Fleet(folder, settings)
        fleet.plan(replicas=replicas, through={"servicing.0": f"127.0.0.1:{way}"} if nodes == 1 else None)
        await fleet.start()
        try:
            yield Arena(folder, cluster, database, cut, mail, fleet)
        finally:
            await fleet.stop()


def run_to_end(settings: dict[str, str], *arguments: str) -> str:
    """A command of ours that must succeed; what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOANSTREAM_")} | settings
    done = subprocess.run(
        [sys.executable, "-m", "loanstream.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def undisturbed(options: DemoOptions) -> dict[str, Any]:
    """The demo's table on the embedded system."""
    with tempfile.TemporaryDirectory(prefix="loanstream-chaos-") as folder:
        printed = run_to_end(
            {"LOANSTREAM_DATA_DIR": f"{folder}/data", "LOANSTREAM_PARTITIONS": str(PARTITIONS)},
            "demo",
            "--loans",
            str(options.loans),
            "--seed",
            str(options.seed),
            "--until",
            str(options.until),
            "--json",
        )
    return dict(json.loads(printed))


async def telling(fleet: Fleet, front: Front, troubles: Troubles) -> None:
    """Every so often a line that says how far it is, and what the clients waited for."""
    begun = time.monotonic()
    while True:
        await asyncio.sleep(TELL_SECONDS)
        waited = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in sorted(front.waited.items()) if seconds >= 1)
        print(
            f"{time.monotonic() - begun:.0f} s: {len(front.answered)} commands answered, {dict(troubles.done)};"
            f" waited for {waited or 'nothing'}; not back yet: {' '.join(fleet.starting()) or 'nobody'}",
            flush=True,
        )


async def test_a_hurt_system_ends_as_an_undisturbed_one() -> None:
    chance = random.Random(SEED)
    async with an_arena() as arena:
        front = Front(arena.fleet, chance)
        poison = Poison(arena.cluster.servers, chance, every=0.9)
        troubles = Troubles(arena.fleet, arena.cluster, arena.database, arena.cut, chance, again=SOAK)
        until = UNTIL
        hurting = [
            asyncio.create_task(each) for each in (troubles.run(), poison.run(), telling(arena.fleet, front, troubles))
        ]
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                options = DemoOptions(loans=LOANS, seed=SEED, until=until)
                await run_demo(options, front.client, arena.tokens, None)
                if all(troubles.done[what] >= times for what, times in AT_LEAST.items()):
                    break
                until += timedelta(28)
            for task in hurting:
                task.cancel()
            await asyncio.gather(*hurting, return_exceptions=True)
            arena.cut.end()
            await arena.fleet.all_ready()
            report = await run_demo(options, front.client, arena.tokens, None)
        assert arena.cut.connections > 0
        assert set(await arena.fleet.stop()) == {0}
        expected, commands = await asyncio.gather(
            asyncio.to_thread(undisturbed, options), everything_holds(arena, front, poison, f"{dict(troubles.done)}")
        )
    assert commands >= COMMANDS
    assert len(poison.sent) >= POISON * commands
    assert checking.comparable(report.as_json()) == checking.comparable(expected)
    assert report.books.balanced


async def test_a_cluster_that_loses_a_node_goes_on() -> None:
    chance = random.Random(SEED)
    options = DemoOptions(loans=20, seed=SEED, until=date(2026, 2, 1))
    async with an_arena(nodes=3, replicas=1) as arena:
        front = Front(arena.fleet, chance)
        poison = Poison(arena.cluster.servers, chance, every=3)
        poisoning = asyncio.create_task(poison.run())
        async with asyncio.timeout(LONGEST_SECONDS):
            demo = asyncio.create_task(run_demo(options, front.client, arena.tokens, None))
            for node in (2, 1):
                await asyncio.sleep(10)
                arena.cluster.kill(node)
                await asyncio.sleep(10)
                await asyncio.to_thread(arena.cluster.up, node)
            report = await demo
        poisoning.cancel()
        await asyncio.gather(poisoning, return_exceptions=True)
        await everything_holds(arena, front, poison, "two of three nodes lost, one after the other")
    assert checking.comparable(report.as_json()) == checking.comparable(await asyncio.to_thread(undisturbed, options))


async def everything_holds(arena: Arena, front: Front, poison: Poison, done: str) -> int:
    """Hold the client's record against the topics, and the read models against a rebuild; how many commands that were."""
    topics = await checking.Topics.read(arena.cluster.servers)
    print(
        f"\n{done}: {topics.command_count} commands, {len(topics.events)} events; clients had {len(front.answered)} answers, sent"
        f" {front.doubled} twice, lost {front.lost} connections; {len(poison.sent)} poison commands,"
        f" {len(arena.mail.letters)} letters; seconds to be back: {arena.fleet.recoveries()}"
    )
    checking.every_command_is_decided_once(topics)
    checking.no_command_is_applied_twice(topics)
    checking.sequences_have_no_gap(topics)
    checking.every_command_sent_has_an_outcome(front.sent, front.answered, topics)
    checking.what_clients_were_told_stands_in_the_log(front.answered, topics)
    checking.poison_is_set_aside(poison.sent, topics)
    assert checking.each_message_is_sent_once(arena.mail.letters, topics) > 0
    settings = dict(arena.fleet.settings)
    assert "intact" in await asyncio.to_thread(run_to_end, settings, "audit", "verify")
    await asyncio.to_thread(run_to_end, settings, "rebuild", *SERVICES, "--check")
    return topics.command_count
