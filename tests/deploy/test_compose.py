"""The whole system in containers: healthy, hardened, and the same to the cent as in one process."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose_file import ROOT, jobs, services
from tests.deploy.next_release import applied
from tests.deploy.stack import IMAGE, Stack, build, copied_context, ended, exit_codes, stack
from tests.deploy.watching import Receipts
from tests.e2e.conftest import NewFolder
from tests.e2e.system import comparable, demo_arguments, eventually, good

pytestmark = pytest.mark.docker

NEXT_IMAGE = "loanstream:next-release-under-test"
FEW = (12, "+2m")
LONG = (12, "+6m")
"""Loans and time of a demo during which a service is exchanged twice."""

STOPPED_BY_SIGNAL = 143
"""How a Java ends at SIGTERM, also when it closed its log in order."""

HAS_KEY = """
import pathlib
print(*[name for name in ("issuer.json", "users.json") if pathlib.Path("/var/lib/loanstream", name).exists()])
"""
"""Which files of the issuer a container has."""

MAY_WRITE = """
import os, pathlib

def may(folder):
    try:
        tried = pathlib.Path(folder, "tried")
        tried.write_text("")
        tried.unlink()
        return True
    except OSError:
        return False

folders = ("/", "/etc", "/opt/loanstream", "/run/secrets", "/tmp", "/var/lib/loanstream")
print(os.getuid(), *filter(may, folders))
"""
"""Run in a container: its user and the folders that this one may write to."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder of this module's own."""
    with tempfile.TemporaryDirectory(prefix="loanstream-compose-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def image() -> str:
    """The image under test."""
    build(ROOT, IMAGE)
    return IMAGE


@pytest.fixture
def running(image: str, tmp_path: Path) -> Iterator[Stack]:
    """Every container, healthy."""
    with stack(tmp_path, "loanstream-test") as made:
        made.up()
        yield made


def demo(loans: int, until: str) -> tuple[str, ...]:
    """A demo that prints JSON."""
    return ("demo", "--loans", str(loans), "--until", until, "--json")


def embedded(folder: Path, loans: int, until: str) -> dict[str, Any]:
    """What the same demo comes to in one process."""
    return comparable(json.loads(good(*demo_arguments(folder, loans, until))))


@pytest.mark.parametrize(
    "variables", [(), ("--env-file", "deploy/compose/cluster.env")], ids=["one broker", "three brokers"]
)
def test_the_file_is_one_that_compose_takes(variables: tuple[str, ...], tmp_path: Path) -> None:
    made = Stack(tmp_path, "loanstream-look")
    read = json.loads(made.compose(*variables, "--profile", "*", "config", "--format", "json"))
    assert read["services"].keys() == services().keys()
    voters = read["services"]["kafka"]["environment"]["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    assert voters.count("@") == (3 if variables else 1)


def test_the_containers_have_no_more_rights_than_they_need_and_give_the_table_of_one_process(
    running: Stack,
    new_folder: NewFolder,
) -> None:
    containers = running.containers()
    assert exit_codes(containers, ["migrate", "topics"]) == {"migrate": 0, "topics": 0}
    for name, container in containers.items():
        host = container["HostConfig"]
        assert int(container["Config"]["User"].split(":")[0]) > 0, f"{name} runs as root"
        assert host["ReadonlyRootfs"], f"{name} may write to its root"
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert host["Memory"] > 0
        assert host["NanoCpus"] > 0
        for bound in (one for given in (host["PortBindings"] or {}).values() for one in given):
            assert bound["HostIp"] == "127.0.0.1", name
        for secret in ("initial-password", "postgres-password", "metrics-token"):
            assert not [text for text in container["Config"]["Env"] if running.secret(secret) in text], name
    for name in ("api", "servicing", "notify"):
        said = running.compose("exec", "--no-TTY", name, "python", "-c", MAY_WRITE)
        assert said.split() == ["10001", "/tmp", "/var/lib/loanstream"], name
    keys = {
        name: running.compose("exec", "--no-TTY", name, "python", "-c", HAS_KEY).split() for name in ("issuer", "api")
    }
    assert keys == {"issuer": ["issuer.json", "users.json"], "api": []}
    assert running.metrics().status_code == 401
    assert "loanstream_" in running.metrics(running.secret("metrics-token")).text

    table = comparable(ended(running.demo(*demo(*FEW))))
    assert table["books"]["balanced"]
    assert table["events"]["LoanBooked"] > 0
    assert table == embedded(new_folder(), *FEW)
    assert "intact" in running.loanstream("audit", "verify")

    running.compose("stop")
    stopped = running.containers()
    stay = [name for name in stopped if name not in jobs()]
    expected = {name: STOPPED_BY_SIGNAL if name == "kafka" else 0 for name in stay}
    assert exit_codes(stopped, stay) == expected, "each ends in order, none is killed"
    running.up()
    assert comparable(ended(running.demo(*demo(*FEW)))) == table, "nothing is lost by stopping, and nothing done twice"


def test_the_image_tells_what_it_is_made_of(image: str) -> None:
    read = "print(open('/opt/loanstream/share/sbom.cdx.json').read())"
    said = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--read-only", "--entrypoint", "python", image, "-c", read],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    bill = json.loads(said)
    assert bill["bomFormat"] == "CycloneDX"
    locked = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    listed = {component["name"].lower().replace("_", "-").replace(".", "-") for component in bill["components"]}
    assert {"aiokafka", "asyncpg", "faust-streaming"} <= listed
    assert listed <= locked, "nothing that was not locked"
    assert "uv" not in listed


def test_a_release_with_a_new_field_and_state_is_rolled_out_and_back_under_load(
    running: Stack,
    image: str,
    new_folder: NewFolder,
    folder: Path,
) -> None:
    build(applied(copied_context(folder / "next")), NEXT_IMAGE)
    assert state_version(NEXT_IMAGE) != state_version(image), "the next release has a state of its own"
    receipts = Receipts(running.brokers)

    def changed_to(release: str) -> None:
        running.compose("up", "--detach", "--no-deps", "--no-build", "--wait", "servicing", LOANSTREAM_IMAGE=release)

    process = running.demo(*demo(*LONG))
    eventually("money comes in", lambda: receipts.count() > 0)
    changed_to(NEXT_IMAGE)
    eventually("the next release writes its field", lambda: receipts.count(with_field=True) > 0)
    changed_to(image)
    before = receipts.count(with_field=False)
    assert process.poll() is None, "the demo still runs"
    eventually("the earlier release goes on", lambda: receipts.count(with_field=False) > before)
    table = comparable(ended(process))

    assert table == embedded(new_folder(), *LONG), "nothing lost, nothing doubled"
    assert "intact" in running.loanstream("audit", "verify")
    running.loanstream("rebuild", "servicing", "--check")


def state_version(image: str) -> str:
    """The version of servicing's state in an image."""
    read = (
        "from loanstream.runtime.decider.snapshots import state_version;"
        "from services.servicing.service import deciders; print(state_version(deciders()))"
    )
    return subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--entrypoint", "python", image, "-c", read],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
