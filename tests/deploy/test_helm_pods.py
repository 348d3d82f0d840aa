"""The pods of the chart as processes of this machine: their commands, settings and files make a system that works.

Each signs in to a secured Kafka as the chart says, and gets no file but those that the chart mounts. What a cluster adds is not
tried here: scheduling, probes, network policies.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from loanstream.runtime.access import access
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.keys import MASTER_FILE
from loanstream.vault.crypto import LocalMasterKeys
from services.registry import load
from tests.chaos.fleet import Member
from tests.e2e.system import comparable, run
from tests.support.helm import NO_HELM, Rendered, Workload, helm_tool, rendered
from tests.support.kafka_cluster import NO_TOOL, can_run
from tests.support.ports import free_port
from tests.support.secured_cluster import SecuredCluster, password, secured_cluster

pytestmark = [
    pytest.mark.helm,
    pytest.mark.skipif(helm_tool() is None, reason=NO_HELM),
    pytest.mark.skipif(not can_run(), reason=NO_TOOL),
]

Secrets = Mapping[str, Mapping[str, bytes]]
"""Contents by the Secret's name and the key in it."""

_READY_SECONDS = 240.0
_DEMO_SECONDS = 600.0
_CA = "kafka-ca"

DEMO = ("demo", "--loans", "24", "--seed", "3", "--until", "+4m", "--json")
REPLACED = ("origination", "servicing")
"""Services whose deciders have two pods, as many as partitions."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecuredCluster]:
    """A node on which everybody has the rights that are committed."""
    with secured_cluster(access(load())) as secured:
        yield secured


@pytest.fixture
def chart(cluster: SecuredCluster, tmp_path: Path) -> Rendered:
    """A trial on that node."""
    values = tmp_path / "values.yaml"
    given = {
        "installation": "pods",
        "partitions": 2,
        "kafka": {"servers": cluster.signed, "principalPrefix": "", "ca": {"secret": _CA}, "replication": 1},
        "database": {"sslmode": "disable", "ca": {"secret": ""}},
        "auth": {"mode": "local"},
        "sandbox": True,
    }
    values.write_text(yaml.safe_dump(given))
    return rendered(values, "--set", "audit.enabled=true")


@pytest.fixture
def secrets(cluster: SecuredCluster, fresh_database: str, tmp_path: Path) -> Secrets:
    """What an installer would have put into the namespace."""
    keys = tmp_path / "keys"
    LocalMasterKeys.from_file(keys / MASTER_FILE)
    LocalIssuer.open(keys)
    made = {path.name: path.read_bytes() for path in keys.rglob("*.json")}
    users = {name: {"password": password(name).encode()} for name in access(load())}
    return {
        "loanstream-keys": made,
        "loanstream-database": {"uri": fresh_database.encode()},
        _CA: {"ca.crt": cluster.authority.file.read_bytes()},
        **users,
    }


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A data folder, below one that the embedded database's own user may pass through."""
    above = Path(tempfile.mkdtemp(prefix="loanstream-pods-"))
    above.chmod(0o711)
    yield above / "data"
    shutil.rmtree(above, ignore_errors=True)


async def test_loans_live_in_the_pods_of_the_chart_while_deciders_are_replaced_one_by_one(
    chart: Rendered,
    secrets: Secrets,
    tmp_path: Path,
    elsewhere: Path,
) -> None:
    workloads = {each.labels["app.kubernetes.io/component"]: each for each in chart.workloads}
    jobs = {name: pod(workloads.pop(name), 0, secrets, tmp_path) for name in ("migrate", "topics", "audit")}
    for job in ("migrate", "topics"):
        finished(jobs[job])
    first = {name: pod(each, 0, secrets, tmp_path) for name, each in workloads.items()}
    second = [pod(workloads[f"{service}-decider"], 1, secrets, tmp_path) for service in REPLACED]
    async with AsyncExitStack() as stack:
        for member in (*first.values(), *second):
            await member.start()
            stack.push_async_callback(ended, member)
        for member in (*first.values(), *second):
            await ready(member)
        living = asyncio.create_task(asyncio.to_thread(demo, first["api"]))
        # as StatefulSets do it: each from its last pod to the first, the next one when the one before is ready
        rolled = [(last, first[f"{service}-decider"]) for service, last in zip(REPLACED, second, strict=True)]
        await asyncio.gather(*(replaced(pods, living) for pods in rolled))
        table = await living
    assert table["books"]["balanced"]
    assert table["events"]["PaymentReceived"] > 0
    assert table == undisturbed(elsewhere), "nothing is lost or done twice"
    finished(jobs["audit"])
    assert "intact" in jobs["audit"].log.read_text()


async def replaced(pods: Iterable[Member], living: "asyncio.Task[dict[str, Any]]") -> None:
    """Replace one after the other in the middle of the demo."""
    for member in pods:
        await asyncio.sleep(1)
        assert not living.done(), f"the demo was over before everybody was replaced: {living.result()}"
        await ended(member)
        assert member.process is not None
        assert member.process.returncode == 0, member.log.read_text()[-2000:]
        await member.start()
        await ready(member)


async def ready(member: Member) -> None:
    """Wait until the pod is ready, as whoever replaces the next one does."""
    async with asyncio.timeout(_READY_SECONDS):
        while not await member.ready():
            _alive(member)
            await asyncio.sleep(0.2)
    _alive(member)


def _alive(member: Member) -> None:
    assert member.process is not None
    assert member.process.returncode is None, member.log.read_text()[-2000:]


def pod(workload: Workload, number: int, secrets: Secrets, above: Path) -> Member:
    """A process with the variables and files of a pod, below a folder of its own, and at a free port of loopback."""
    folder = above / f"{workload.name}-{number}"
    folder.mkdir()
    mounts = {mount["name"]: folder / mount["mountPath"].lstrip("/") for mount in workload.container["volumeMounts"]}
    for volume in workload.spec["volumes"]:
        mounts[volume["name"]].mkdir(parents=True, exist_ok=True)
        for name, key, path in mounted(volume):
            file = mounts[volume["name"]] / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(secrets[name][key])
            file.chmod(0o400)
    port = free_port()
    environment = {name: _below(folder, value) for name, value in workload.environment.items()}
    here = {"LOANSTREAM_HOST": "127.0.0.1", "LOANSTREAM_PORT": str(port)}
    environment |= {name: value for name, value in here.items() if name in environment}
    arguments = tuple(workload.container["command"][1:])
    return Member(folder.name, arguments, port, environment, folder / "log")


def mounted(volume: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Secret, key and path of each file of a volume."""
    if "secret" in volume:
        yield from ((volume["secret"]["secretName"], item["key"], item["path"]) for item in volume["secret"]["items"])
    for source in volume.get("projected", {}).get("sources", ()):
        yield from ((source["secret"]["name"], item["key"], item["path"]) for item in source["secret"]["items"])


def _below(folder: Path, value: str) -> str:
    return f"{folder}{value}" if value.startswith("/") else value


def finished(member: Member) -> None:
    """Run a job to its end, which must be good; what it printed is its log."""
    done = subprocess.run(
        [sys.executable, "-m", "loanstream.cli", *member.arguments],
        env=dict(member.environment),
        capture_output=True,
        text=True,
        timeout=_DEMO_SECONDS,
        check=False,
    )
    member.log.write_text(done.stdout)
    assert done.returncode == 0, f"{member.name}: {done.stdout}\n{done.stderr}"


def demo(api: Member) -> dict[str, Any]:
    """A few loans through the API's pod, by somebody who has its keys."""
    caller = Member("demo", (*DEMO, "--api", api.url), 0, api.environment, api.log.with_name("demo.log"))
    finished(caller)
    return comparable(json.loads(caller.log.read_text()))


def undisturbed(folder: Path) -> dict[str, Any]:
    """What the same loans come to in one process that nobody disturbs."""
    done = run(*DEMO, "--data", str(folder), LOANSTREAM_PARTITIONS="2")
    assert done.returncode == 0, done.stderr
    return comparable(json.loads(done.stdout))


async def ended(member: Member) -> None:
    """Stop one process in order."""
    if member.process is not None and member.process.returncode is None:
        member.process.terminate()
        await asyncio.wait_for(member.process.wait(), 40)
