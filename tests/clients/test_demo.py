"""Both kits read all that a demo wrote, and the page for new subscribers works as it stands."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loanstream_client import Connection, Event, Generic, Subscription
from loanstream_client.chain import first_break
from loanstream_client.events import TOPICS
from tests.clients import reading
from tests.clients.reading import HAS_NODE, NO_NODE, PYTHON_KIT, TYPESCRIPT_KIT
from tests.docs.pages import ROOT, blocks
from tests.support import kafka_cluster

pytestmark = pytest.mark.kafka

PAGE = ROOT / "docs" / "subscribe-in-ten-minutes.md"
ADDRESS = "127.0.0.1:9092"
"""Where the page's cluster is."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A cluster that a demo has run on."""

    servers: str
    events: dict[str, int]
    """What the demo says that it made, by the event's name."""


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A small demo."""
    if not kafka_cluster.can_run():
        pytest.skip(kafka_cluster.NO_TOOL)
    # not pytest's own folder: its parents are closed to the user that root's database server runs as
    folder = Path(tempfile.mkdtemp(prefix="loanstream-clients-"))
    folder.chmod(0o711)
    try:
        with kafka_cluster.local_cluster() as cluster:
            table = json.loads(loanstreamed(folder / "data", cluster.servers))
            yield Demo(cluster.servers, table["events"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def loanstreamed(folder: Path, servers: str) -> str:
    """What the demo prints on topics that were just made."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LOANSTREAM_")}
    settings = own | {"LOANSTREAM_DATA_DIR": str(folder), "LOANSTREAM_KAFKA_SERVERS": servers}
    printed = ""
    for arguments in (("topics", "apply"), ("demo", "--loans", "6", "--seed", "3", "--until", "+1m", "--json")):
        command = [sys.executable, "-m", "loanstream.cli", *arguments]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        printed = done.stdout
    return printed


async def everything(servers: str) -> list[Event]:
    """All events of all contexts, from the first."""
    async with Subscription(Connection(servers=servers), TOPICS, until_end=True) as events:
        return [event async for event in events]


async def test_the_python_kit_reads_every_event_typed_and_unchanged(demo: Demo) -> None:
    events = await everything(demo.servers)
    counts = Counter(event.type for event in events)
    assert counts == await reading.counts_of_the_log(demo.servers)
    assert Counter(event.type.split(".")[2] for event in events) == demo.events
    assert [event.data for event in events if isinstance(event.data, Generic)] == []
    assert first_break(events) is None
    printed = Counter(reading.type_and_number(line)[0] for line in PYTHON_KIT.tail(demo.servers))
    assert printed == counts


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
async def test_the_typescript_kit_reads_every_event_known_and_valid(demo: Demo) -> None:
    reading.build_typescript()
    events: list[dict[str, Any]] = [json.loads(line) for line in TYPESCRIPT_KIT.tail(demo.servers)]
    assert Counter(event["type"] for event in events) == await reading.counts_of_the_log(demo.servers)
    assert [event for event in events if not event["known"]] == []
    assert {event["id"] for event in events} == {event.id for event in await everything(demo.servers)}


async def test_the_page_for_new_subscribers_works_as_it_stands(demo: Demo, tmp_path: Path) -> None:
    text = await asyncio.to_thread(run_page, "bash", demo.servers, tmp_path)
    first, second = [line for line in text.splitlines() if line.endswith(" loans")]
    loans = demo.events["LoanBooked"]
    assert second == f"0 events, {loans} loans"
    assert first.endswith(f", {loans} loans")
    assert not first.startswith("0 ")
    assert text.count(" loanstream.servicing.LoanBooked.v1 ") >= 3
    assert "2 passed" in text


@pytest.mark.skipif(not HAS_NODE, reason=NO_NODE)
async def test_the_page_works_in_typescript(demo: Demo, tmp_path: Path) -> None:
    kit = tmp_path / "clients" / "typescript"
    await asyncio.to_thread(reading.copy_of_typescript, kit)
    text = await asyncio.to_thread(run_page, "sh", demo.servers, tmp_path)
    assert text.splitlines()[-1] == f"{demo.events['LoanBooked']} loans"
    assert f'"type":"{TOPICS["servicing"].removesuffix("events.v1")}LoanBooked.v1"' in text


def run_page(language: str, servers: str, folder: Path) -> str:
    """What the blocks of the page in a language print, in a folder of their own."""
    script = "\n".join(block.text for block in blocks(PAGE, language))
    # what is installed is that of the checkout, by the very lock file
    script = (
        script.replace(ADDRESS, servers)
        .replace("$PWD/.venv/bin", str(Path(sys.executable).parent))
        .replace("npm ci\n", "")
    )
    environment = {**os.environ, "LOANSTREAM_KAFKA_SERVERS": servers}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
