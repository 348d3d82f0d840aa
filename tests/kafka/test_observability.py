"""A real Prometheus over every process of a system on Kafka, two of them of one service."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.fleet import ALL, Fleet
from tests.deploy.scraping import NEEDED, Prometheus, scraping
from tests.e2e.system import eventually
from tests.kafka.test_demo import run
from tests.support import kafka_cluster

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason=NEEDED),
    pytest.mark.skipif(not kafka_cluster.can_run(), reason=kafka_cluster.NO_TOOL),
]

DEMO = ("demo", "--loans", "4", "--until", "+1m", "--json")


@dataclass(frozen=True, slots=True)
class Watched:
    """A system and the Prometheus that scrapes it."""

    fleet: Fleet
    prometheus: Prometheus

    async def eventually(self, what: str, expression: str) -> None:
        """Wait for an answer that is not empty."""
        await asyncio.to_thread(eventually, what, lambda: self.prometheus.ask(expression), 120.0)


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder that the database's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="loanstream-watched-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def watched(above: Path, tmp_path: Path) -> AsyncIterator[Watched]:
    """A process of every service, a second one of servicing, and a demo that they have lived."""
    folder = above / "data"
    with kafka_cluster.local_cluster() as cluster:
        settings = {"LOANSTREAM_KAFKA_SERVERS": cluster.servers}
        run(folder, "topics", "apply", **settings)
        fleet = Fleet(above, settings | {"LOANSTREAM_DATA_DIR": str(folder)})
        fleet.plan(replicas=1)
        fleet._add("servicing.1", ("serve", "servicing"), None)
        try:
            await fleet.start()
            [front] = [member for member in fleet.members if member.name.startswith(ALL)]
            with scraping(tmp_path, named={m.name: f"127.0.0.1:{m.port}" for m in fleet.members}) as prometheus:
                arguments = (*DEMO, "--api", front.url, "--data", str(folder))
                await asyncio.to_thread(run, folder, *arguments, **settings)
                yield Watched(fleet, prometheus)
        finally:
            await fleet.stop()


async def test_every_partition_is_seen_at_its_one_owner_and_a_dead_process_is_told(watched: Watched) -> None:
    prometheus = watched.prometheus
    await watched.eventually("every target answers", f"sum(up) == {len(watched.fleet.members)}")
    await watched.eventually("deciders are seen", "count(partition:loanstream_decider:hosts) == 30")
    await watched.eventually(
        "each partition has its owner",
        "(count(partition:loanstream_decider:hosts unless on (consumer, partition) loanstream_lag_events) or vector(0)) == 0",
    )
    seen = {found["metric"]["consumer"] for found in prometheus.ask("group by (consumer) (loanstream_lag_events)")}
    assert {"servicing.decider", "servicing.router", "servicing.projector", "risk.reactor", "notify.reactor"} <= seen
    for series in ("loanstream_lag_events", "loanstream_dead_letters_open"):
        assert prometheus.ask(f"count by (consumer, topic, partition) ({series}) > 1") == [], "each at one process only"
    assert len(prometheus.ask("count by (service, partition) (loanstream_business_day_open)")) == 30
    owners = 'count by (instance) (loanstream_lag_events{consumer="servicing.decider"})'
    assert {found["metric"]["instance"] for found in prometheus.ask(owners)} == {"servicing.0", "servicing.1"}
    assert prometheus.firing() == []

    watched.fleet._ending = True  # nobody starts it again
    [second] = [member for member in watched.fleet.members if member.name == "servicing.1"]
    second.signal(9)
    await watched.eventually("it is missed", 'ALERTS{alertname="LoanstreamTargetDown", instance="servicing.1"}')
    await watched.eventually("the other has all of its partitions", f"{owners} == 6")
