"""The pods of the chart as processes of this machine: their commands, settings and files make a system that works.

Each signs in to a secured Kafka as the chart says, and gets no file but those that the chart mounts. What a cluster adds is not
tried here: scheduling, probes, network policies.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, closing
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
from tests.support.helm import NO_HELM, Rendered, Workload, helm_tool, rendered
from tests.support.kafka_cluster import NO_TOOL, broker_tool
from tests.support.secured_cluster import SecuredCluster, password, secured_cluster

pytestmark = [
    pytest.mark.helm,
    pytest.mark.skipif(helm_tool() is None, reason=NO_HELM),
    pytest.mark.skipif(broker_tool() is None, reason=NO_TOOL),
]

Secrets = Mapping[str, Mapping[str, bytes]]
"""Contents by the Secret's name and the key in it."""

_READY_SECONDS = 240.0
_DEMO_SECONDS = 300.0
_CA = "kafka-ca"


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


async def test_a_loan_lives_in_the_pods_of_the_chart(chart: Rendered, secrets: Secrets, tmp_path: Path) -> None:
    pods = {each.labels["app.kubernetes.io/component"]: pod(each, secrets, tmp_path) for each in chart.workloads}
    for job in ("migrate", "topics"):
        assert finished(pods[job]) == ""
    async with AsyncExitStack() as stack:
        running = [member for name, member in pods.items() if name not in ("migrate", "topics", "audit")]
        for member in running:
            await member.start()
            stack.push_async_callback(ended, member)
        async with asyncio.timeout(_READY_SECONDS):
            for member in running:
                while not await member.ready():
                    assert member.process is not None
                    assert member.process.returncode is None, member.log.read_text()[-2000:]
                    await asyncio.sleep(0.5)
        table = await asyncio.to_thread(demo, pods["api"])
        assert table["books"]["balanced"]
        assert table["events"]["PaymentReceived"] > 0
        finished(pods["audit"])
    assert {member.name: member.process.returncode for member in running if member.process} == {
        member.name: 0 for member in running
    }
    assert "intact" in pods["audit"].log.read_text()


def pod(workload: Workload, secrets: Secrets, above: Path) -> Member:
    """A process with the variables and files of a pod, below a folder of its own, and at a free port of loopback."""
    folder = above / workload.name
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
    return Member(workload.name, arguments, port, environment, folder / "log")


def mounted(volume: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Secret, key and path of each file of a volume."""
    if "secret" in volume:
        yield from ((volume["secret"]["secretName"], item["key"], item["path"]) for item in volume["secret"]["items"])
    for source in volume.get("projected", {}).get("sources", ()):
        yield from ((source["secret"]["name"], item["key"], item["path"]) for item in source["secret"]["items"])


def _below(folder: Path, value: str) -> str:
    return f"{folder}{value}" if value.startswith("/") else value


def finished(member: Member) -> str:
    """Run a job to its end, which must be good; what it said on standard error."""
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
    return done.stderr


def demo(api: Member) -> dict[str, Any]:
    """A few loans through the API's pod, by somebody who has its keys."""
    arguments = ("demo", "--loans", "4", "--seed", "3", "--until", "+2m", "--json", "--api", api.url)
    caller = Member("demo", arguments, 0, api.environment, api.log.with_name("demo.log"))
    finished(caller)
    table: dict[str, Any] = json.loads(caller.log.read_text())
    return table


async def ended(member: Member) -> None:
    """Stop one process in order."""
    if member.process is not None and member.process.returncode is None:
        member.process.terminate()
        await asyncio.wait_for(member.process.wait(), 40)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
