"""The kits on a cluster with TLS, passwords and rights, as teams that may read one topic and nothing else."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loanstream.runtime.access import Access, Kind, Operation, Pattern, Right
from loanstream_client import CannotRead, Connection, ConnectionRefused, Event, Subscription
from loanstream_client.fakes import fake_events
from tests.clients import reading
from tests.clients.reading import HAS_NODE, NO_NODE
from tests.support.kafka_cluster import NO_TOOL, can_run
from tests.support.secured_cluster import SecuredCluster, password, secured_cluster

pytestmark = pytest.mark.kafka

TEAM = "ledger"
CONTEXT = "servicing"
TYPESCRIPT_TEAM = "portal"
TOPIC = Right(Kind.TOPIC, "loanstream.servicing.events.v1", Pattern.LITERAL, (Operation.READ,), "subscribes")
GROUPS = Right(
    Kind.GROUP, "loanstream-client.", Pattern.PREFIXED, (Operation.READ,), "kafkajs reads as a member of a group"
)
RIGHTS: Access = {TEAM: (TOPIC,), TYPESCRIPT_TEAM: (TOPIC, GROUPS)}
SCRIPT = """
import { readFileSync } from "node:fs";
import { subscribe } from "%(kit)s";

let count = 0;
await subscribe({
  kafka: {
    brokers: ["%(server)s"],
    ssl: { ca: [readFileSync("%(authority)s")] },
    sasl: { mechanism: "scram-sha-512", username: "%(user)s", password: "%(password)s" },
  },
  contexts: ["servicing"],
  untilEnd: true,
  handle: () => { count += 1; },
});
console.log(count);
"""
EVENTS = list(fake_events(30, types=["loanstream.servicing.LoanBooked.v1"], partitions=2))


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecuredCluster]:
    """A node with two topics of events; the team may read one of them."""
    if not can_run():
        pytest.skip(NO_TOOL)
    with secured_cluster(RIGHTS) as secured, ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _filled(secured.local.servers)).result()
        yield secured


async def _filled(servers: str) -> None:
    for context in (CONTEXT, "risk"):
        await reading.make_topic(servers, context, 2)
    async with reading.producer(servers, "administrator") as client:
        await reading.commit(client, EVENTS)


def by_password(cluster: SecuredCluster, secret: str) -> Connection:
    """The team's connection, with TLS and SCRAM."""
    return Connection(
        servers=cluster.signed, protocol="SASL_SSL", user=TEAM, password=secret, ca_file=cluster.authority.file
    )


async def read(connection: Connection, context: str = CONTEXT) -> list[Event]:
    """Everything that a topic holds."""
    async with Subscription(connection, [context], until_end=True) as events:
        return [event async for event in events]


async def test_a_team_reads_with_its_password(cluster: SecuredCluster) -> None:
    assert len(await read(by_password(cluster, password(TEAM)))) == len(EVENTS)


async def test_a_team_reads_with_its_certificate(cluster: SecuredCluster) -> None:
    settings = cluster.by_certificate(TEAM)
    connection = Connection(
        servers=cluster.certified,
        protocol="SSL",
        ca_file=settings.ca_file,
        certificate_file=settings.certificate_file,
        key_file=settings.key_file,
    )
    assert len(await read(connection)) == len(EVENTS)


async def test_who_may_not_is_told(cluster: SecuredCluster, tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match=r"does not let us in|no right to read"):
        await read(by_password(cluster, "wrong"))
    with pytest.raises(CannotRead, match=r"loanstream.risk.events.v1: no such topic at .*, or no right to read it"):
        await read(by_password(cluster, password(TEAM)), "risk")
    with pytest.raises(CannotRead, match="does not let us in"):
        await read(Connection(servers=cluster.signed, protocol="SSL"))
    with pytest.raises(ConnectionRefused, match="TLS files"):
        await read(Connection(servers=cluster.signed, protocol="SSL", ca_file=tmp_path / "none.pem"))


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
async def test_the_typescript_kit_reads_with_a_password_and_a_right_to_its_groups(
    cluster: SecuredCluster, tmp_path: Path
) -> None:
    await asyncio.to_thread(reading.build_typescript)
    names = {
        "kit": reading.TYPESCRIPT / "dist/src/index.js",
        "server": cluster.signed,
        "authority": cluster.authority.file,
    }
    script = SCRIPT % {**names, "user": TYPESCRIPT_TEAM, "password": password(TYPESCRIPT_TEAM)}
    done = await asyncio.to_thread(reading.run_node, tmp_path, script)
    assert (done.returncode, done.stdout) == (0, f"{len(EVENTS)}\n"), done.stderr
    refused = await asyncio.to_thread(reading.run_node, tmp_path, script.replace(password(TYPESCRIPT_TEAM), "wrong"))
    assert (refused.returncode, refused.stdout) == (1, ""), "a wrong password is an error, never an empty topic"
    assert "KafkaJSSASLAuthenticationError" in refused.stderr
