"""A real Kafka for tests: the address of ``LOANSTREAM_TEST_KAFKA``, the local broker tool, or containers.

``LOANSTREAM_KAFKA_TOOL`` names a script that runs Kafka's jars (``start [1|3]``, ``stop``, ``kill N``, ``up N``);
``LOANSTREAM_KAFKA_CONTAINER`` names the image (``apache/kafka:4.1.1``) which Docker on this machine runs instead. Tests that kill
nodes, or need other properties, need one of these two. Without any of the three, tests say why they are skipped.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.ports import is_free

ADDRESS = "LOANSTREAM_TEST_KAFKA"
TOOL = "LOANSTREAM_KAFKA_TOOL"
CONTAINER = "LOANSTREAM_KAFKA_CONTAINER"
NO_KAFKA = (
    f"needs Kafka: set {ADDRESS} to an empty one's address, {TOOL} to a script that runs it, or {CONTAINER} to the image"
    " that Docker shall run"
)
NO_TOOL = (
    f"needs a Kafka whose nodes it may kill and configure: set {TOOL} to a script that runs it, or {CONTAINER} to the image"
    " that Docker shall run"
)

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of a Java that lives for minutes: it compiles once and at once, and so leaves the processor to what is tested."""
FAST = ""
"""Options of a Java that is measured: it compiles again what runs often."""

_PORTS_APART = 10
_PORTS_OF_A_NODE = 4
_START_SECONDS = 180


class LocalCluster(Protocol):
    """One to three nodes on loopback, with data and ports of their own."""

    @property
    def port(self) -> int:
        """The first node's port; the three above it are its own as well."""

    @property
    def servers(self) -> str:
        """Bootstrap addresses."""

    @property
    def jvm(self) -> str:
        """Words of a shell that run a class of Kafka's jars; options of Java follow them."""

    def kill(self, node: int) -> None:
        """kill -9 of a node, numbered from 1."""

    def up(self, node: int) -> None:
        """Start a killed node again on its data; returns when it answers."""


@dataclass(frozen=True, slots=True)
class ToolCluster:
    """Nodes that the tool runs as processes."""

    tool: Path
    home: Path
    port: int
    servers: str
    java: str = QUICK

    @property
    def jvm(self) -> str:
        """See :class:`LocalCluster`."""
        return f"java -cp '{next(self.home.glob('libs-*'))}/*'"

    def kill(self, node: int) -> None:
        """See :class:`LocalCluster`."""
        self._run("kill", str(node))

    def up(self, node: int) -> None:
        """See :class:`LocalCluster`."""
        self._run("up", str(node))

    def stop(self) -> None:
        """Stop all nodes and remove their data."""
        self._run("stop")

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [self.tool, *arguments], env=_environment(self.home, self.port, self.java), check=True, timeout=120
        )


def broker_tool() -> Path | None:
    """The script that runs Kafka here, if there is one."""
    named = os.environ.get(TOOL)
    return Path(named) if named else None


def can_run() -> bool:
    """Whether clusters of one's own can be had here."""
    return broker_tool() is not None or bool(os.environ.get(CONTAINER))


@contextmanager
def local_cluster(
    nodes: int = 1, *, properties: str | Callable[[int], str] = "", format_arguments: str = "", java: str = QUICK
) -> Iterator[LocalCluster]:
    """A fresh cluster; ``properties`` are lines added to each node's, ``format_arguments`` go to the storage tool's format, and
    ``java`` are options of the machine that runs it.

    Properties that name listeners are made from the first node's port; the three ports above it are its own as well, the first
    of them its controller's.
    """
    tool = broker_tool()
    home = Path(tempfile.mkdtemp(prefix="loanstream-kafka-"))
    port = _free_port(nodes)
    lines = properties if isinstance(properties, str) else properties(port)
    made = _by_tool(tool, home, port, nodes, lines, format_arguments, java) if tool else None
    try:
        with made or _by_docker(home, port, nodes, lines, format_arguments, java) as cluster:
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _by_tool(
    tool: Path, home: Path, port: int, nodes: int, properties: str, format_arguments: str, java: str
) -> Iterator[LocalCluster]:
    jars = _jars()
    for folder in jars.glob("libs-*"):
        (home / folder.name).symlink_to(folder)
    extra = {}
    if properties:
        (home / "extra.properties").write_text(properties)
        extra["KAFKA_EXTRA_PROPERTIES"] = str(home / "extra.properties")
    if format_arguments:
        extra["KAFKA_FORMAT_ARGS"] = format_arguments
    environment = _environment(home, port, java) | extra
    with (home / "tool.log").open("w") as said:
        # not a pipe: the nodes keep what they inherit, and a reader of it would wait for their end
        subprocess.run([tool, "start", str(nodes)], env=environment, check=True, stdout=said, timeout=_START_SECONDS)
    servers = (home / "tool.log").read_text().strip().splitlines()[-1]
    cluster = ToolCluster(tool, home, port, servers, java)
    try:
        yield cluster
    finally:
        cluster.stop()
        for folder in home.glob("libs-*"):
            if not folder.is_symlink() and not (jars / folder.name).exists():
                shutil.copytree(folder, jars / folder.name)


def _by_docker(
    home: Path, port: int, nodes: int, properties: str, format_arguments: str, java: str
) -> AbstractContextManager[LocalCluster]:
    # here, not above: what talks to Docker is imported where it is used only
    from tests.support.kafka_containers import container_cluster

    image = os.environ.get(CONTAINER)
    assert image, NO_TOOL
    ports = [port + node * _PORTS_APART for node in range(nodes)]
    return container_cluster(image, home, ports, properties, format_arguments, java)


@contextmanager
def kafka_servers() -> Iterator[str | None]:
    """Bootstrap addresses of a Kafka; ``None`` where there is none."""
    given = os.environ.get(ADDRESS)
    if given:
        yield given
    elif can_run():
        with local_cluster() as cluster:
            yield cluster.servers
    else:
        yield None


def _jars() -> Path:
    """Where Kafka's jars stay between runs."""
    folder = Path(tempfile.gettempdir()) / f"loanstream-kafka-jars-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _environment(home: Path, port: int, java: str) -> dict[str, str]:
    return os.environ | {"KAFKA_HOME": str(home), "KAFKA_PORT": str(port), "JAVA_TOOL_OPTIONS": java}


def _free_port(nodes: int) -> int:
    """A port such that those of all nodes are free, with those of their controllers and of two more listeners."""
    # below what the system gives to outgoing connections (from 32,768): one of those may hold any port there
    for base in range(20_000 + os.getpid() % 250 * 40, 32_000, 40):
        if all(is_free(base + n * _PORTS_APART + of) for n in range(nodes) for of in range(_PORTS_OF_A_NODE)):
            return base
    raise RuntimeError("no free ports for Kafka")
