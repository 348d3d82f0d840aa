"""The whole system in containers: healthy, hardened, and the same to the cent as in one process."""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import topic_specs
from tests.deploy.compose_file import ROOT, jobs, services
from tests.deploy.next_release import applied
from tests.deploy.stack import IMAGE, Stack, build, copied_context, ended, exit_codes, stack
from tests.deploy.watching import Kept, Receipts, kept
from tests.e2e.conftest import NewFolder
from tests.e2e.system import comparable, demo_arguments, eventually, good

pytestmark = pytest.mark.docker

NEXT_IMAGE = "loanstream:next-release-under-test"
FEW = (12, "+2m")
LONG = (12, "+6m")
"""Loans and time of a demo during which a service is exchanged twice."""

SOME = (12, "+3m")
"""Loans and time of a demo that a broker is killed under, once money comes in, after a month."""

AT_MOST_SECONDS = 300
"""From one command to a healthy system with the demo running, where the images are there."""

STOPPED_BY_SIGNAL = 143
"""How a Java ends at SIGTERM, also when it closed its log in order."""

HAS_KEY = """
import pathlib
names = ("issuer.json", "users.json", "master.json")
print(*sorted(found.name for name in names for found in pathlib.Path("/var/lib").rglob(name)))
"""
"""Which keys a container has."""

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

folders = ("/", "/etc", "/opt/loanstream", "/run/secrets", "/tmp", "/var/lib/loanstream", "/var/lib/loanstream-keys")
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
    assert exit_codes(containers, ["keys", "migrate", "topics"]) == {"keys": 0, "migrate": 0, "topics": 0}
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
    assert keys == {"issuer": ["issuer.json", "users.json"], "api": ["master.json"]}
    superuser = (
        "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = 'loanstream'"
    )
    assert running.compose("exec", "--no-TTY", "postgres", "psql", "-qtA", "-U", "postgres", "-c", superuser) == "f\n"
    assert "All well" in running.loanstream("doctor")
    apart_from_what_they_work_with(running)
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


def apart_from_what_they_work_with(running: Stack) -> None:
    """Who only watches, or only looks at Kafka, cannot connect to the rest."""
    brokers = [f"{host}:9092" for host in ("kafka", *running.addresses("kafka"))]
    database = [f"{host}:5432" for host in ("postgres", *running.addresses("postgres"))]
    everything = [*brokers, *database, "api:8600"]
    assert running.opened("watch", *everything) == ["api:8600"]
    assert {address.rpartition(":")[2] for address in running.opened("brokers", *everything)} == {"9092"}
    assert {*brokers[:1], *database} <= {*running.opened("core", *everything)}, "where all of it is"


def test_one_command_starts_three_brokers_with_the_demo_which_goes_on_without_one_of_them(
    image: str, tmp_path: Path, new_folder: NewFolder
) -> None:
    loans, until = SOME
    options = ["demo", "--api", "http://api:8600", "--loans", str(loans), "--until", until, "--json"]
    small = tmp_path / "small-demo.json"
    small.write_text(json.dumps({"services": {"demo": {"command": options}}}))
    with stack(tmp_path, "loanstream-three") as made:
        begun = time.monotonic()
        made.make("compose", "DEMO=1", "CLUSTER=1", COMPOSE_FILE=f"docker-compose.yml:{small}")
        seconds = time.monotonic() - begun
        print(f"from `make compose DEMO=1 CLUSTER=1` to healthy, with the demo running: {seconds:.0f} s")
        containers = made.containers()
        assert containers["demo"]["State"]["Running"]
        assert seconds < AT_MOST_SECONDS
        brokers = {"kafka", "kafka-2", "kafka-3"}
        assert {name for name in brokers if containers[name]["State"]["Health"]["Status"] == "healthy"} == brokers

        topics = kept(made.brokers)
        assert topics.keys() >= {spec.name for spec in topic_specs(1)}
        assert set(topics.values()) == {Kept(copies=3, needed=2)}
        receipts = Receipts(made.brokers)
        eventually("money comes in", lambda: receipts.count() > 0)
        made.kill("kafka-2")
        assert made.containers()["demo"]["State"]["Running"], "the demo was under way"
        eventually("the demo ended", lambda: not made.containers()["demo"]["State"]["Running"])
        containers = made.containers()
        assert exit_codes(containers, ["demo"]) == {"demo": 0}, made.said()
        assert not containers["kafka-2"]["State"]["Running"]
        said = made.compose("--profile", "demo", "logs", "--no-log-prefix", "--no-color", "demo")
        assert comparable(printed(said)) == embedded(new_folder(), *SOME), "nothing lost, nothing doubled"


def printed(said: str) -> dict[str, Any]:
    """The one JSON object among the lines of a container."""
    table: dict[str, Any] = json.loads(said[said.index("\n{\n") if not said.startswith("{\n") else 0 :])
    return table


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
