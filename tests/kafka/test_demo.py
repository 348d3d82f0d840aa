"""The demo on Kafka gives the table that it gives on the embedded system, to the cent and to the count."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.fleet import ALL as ALL_SERVICES
from tests.chaos.fleet import Fleet
from tests.e2e.system import comparable
from tests.support import kafka_cluster

pytestmark = pytest.mark.kafka

DEMO = ("demo", "--loans", "12", "--seed", "3", "--until", "+2m", "--json")


def run(folder: Path, *arguments: str, **variables: str) -> str:
    """A command of ours on a data folder, with the settings given and no others; what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOANSTREAM_")} | variables
    done = subprocess.run(
        [sys.executable, "-m", "loanstream.cli", *arguments],
        env=environment | {"LOANSTREAM_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def demo(folder: Path, **variables: str) -> dict[str, Any]:
    """The demo's table, but for its rate."""
    return comparable(json.loads(run(folder, *DEMO, **variables)))


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """Two data folders, below one that the database's own user may pass through."""
    above = Path(tempfile.mkdtemp(prefix="loanstream-demo-"))
    above.chmod(0o711)
    yield above / "kafka", above / "embedded"
    shutil.rmtree(above, ignore_errors=True)


@pytest.mark.skipif(not kafka_cluster.can_run(), reason=kafka_cluster.NO_TOOL)
def test_the_demo_on_kafka_gives_the_table_of_the_embedded_system(folders: tuple[Path, Path]) -> None:
    with kafka_cluster.local_cluster() as cluster:
        compare(cluster.servers, *folders)


@pytest.mark.skipif(not kafka_cluster.can_run(), reason=kafka_cluster.NO_TOOL)
async def test_the_demo_against_a_process_of_every_service_gives_the_table_of_the_embedded_system(
    folders: tuple[Path, Path],
) -> None:
    above, embedded = folders
    with kafka_cluster.local_cluster() as cluster:
        settings = {"LOANSTREAM_KAFKA_SERVERS": cluster.servers}
        run(above, "topics", "apply", **settings)
        fleet = Fleet(above.parent, settings | {"LOANSTREAM_DATA_DIR": str(above)})
        fleet.plan(replicas=1)
        try:
            await fleet.start()
            [front] = fleet.serving(ALL_SERVICES)
            arguments = (*DEMO, "--api", front.url, "--data", str(above))
            table = comparable(json.loads(await asyncio.to_thread(run, above, *arguments, **settings)))
        finally:
            codes = await fleet.stop()
        assert codes == [0] * len(fleet.members), "each ends in order at SIGTERM"
        assert table == demo(embedded)
        assert "intact" in run(above, "audit", "verify", **settings)


def compare(servers: str, cluster_folder: Path, embedded_folder: Path) -> None:
    """Run both, and look at what the one on the cluster left."""
    on_kafka = {"LOANSTREAM_KAFKA_SERVERS": servers}
    run(cluster_folder, "topics", "apply", **on_kafka)
    table = demo(cluster_folder, **on_kafka)
    assert table == demo(embedded_folder)
    assert table["books"]["balanced"]
    assert table["events"]["LoanBooked"] > 0
    assert "intact" in run(cluster_folder, "audit", "verify", **on_kafka)
    run(cluster_folder, "rebuild", "--check", **on_kafka)
