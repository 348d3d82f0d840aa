"""Kafka's nodes as containers of the machine's Docker, which tests may kill and start again.

They share the machine's network: what a test says of listeners and ports on loopback holds for a container as for a process. They
see the folder of temporary files, too: keys and data lie where the test put them, and belong to who runs the test.
"""

import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

_CLUSTER = "5L6g3nShT-eMCtK--X86sw"
_JVM = "java -cp '/opt/kafka/libs/*'"
_START_SECONDS = 90.0
_SECONDS_BETWEEN_LOOKS = 0.1

_PROPERTIES = """node.id={node}
process.roles=broker,controller
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.voters={voters}
default.replication.factor={nodes}
min.insync.replicas={majority}
offsets.topic.replication.factor={nodes}
transaction.state.log.replication.factor={nodes}
transaction.state.log.min.isr={majority}
share.coordinator.state.topic.replication.factor={nodes}
share.coordinator.state.topic.min.isr={majority}
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.dirs={folder}/data
{more}
"""


class KafkaNode(DockerContainer):
    """A node of a KRaft cluster, broker and controller; its data stay in ``folder`` when it is killed."""

    def __init__(self, image: str, folder: Path, port: int, format_arguments: str, java: str) -> None:
        # nothing but the image itself is asked for: its own end, and not another container, removes it
        testcontainers_config.ryuk_disabled = True
        settings = folder / "server.properties"
        format_ = (
            f"{_JVM} kafka.tools.StorageTool format --ignore-formatted -t {_CLUSTER} -c {settings} {format_arguments}"
        )
        super().__init__(
            image,
            entrypoint=["bash", "-c", f"{format_} && exec {_JVM} {java} -Xmx512m kafka.Kafka {settings}"],
            network_mode="host",
            user=f"{os.getuid()}:{os.getgid()}",
        )
        self.with_volume_mapping(tempfile.gettempdir(), tempfile.gettempdir(), "rw")
        self.port = port

    def kill(self) -> None:
        """kill -9."""
        self.get_wrapped_container().kill(signal="SIGKILL")
        self.get_wrapped_container().wait()

    def again(self) -> None:
        """Start a killed one on its data."""
        self.get_wrapped_container().start()

    def wait(self) -> None:
        """Return when it answers. Raises ``RuntimeError`` with its last lines when it ended, or does not within 90 s."""
        until = time.monotonic() + _START_SECONDS
        while not _answers(self.port):
            container = self.get_wrapped_container()
            container.reload()
            if container.status == "exited" or time.monotonic() > until:
                said = container.logs(tail=20).decode(errors="replace")
                raise RuntimeError(
                    f"Kafka's container on port {self.port} does not answer ({container.status}): {said}"
                )
            time.sleep(_SECONDS_BETWEEN_LOOKS)


@dataclass(frozen=True, slots=True)
class ContainerCluster:
    """Nodes that Docker runs; see ``LocalCluster``."""

    nodes: Sequence[KafkaNode]

    @property
    def port(self) -> int:
        """The first node's port."""
        return self.nodes[0].port

    @property
    def servers(self) -> str:
        """Bootstrap addresses."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    @property
    def jvm(self) -> str:
        """What runs a class of Kafka's jars, in the first node's container."""
        return f"docker exec -i {self.nodes[0].get_wrapped_container().id} {_JVM}"

    def kill(self, node: int) -> None:
        """kill -9 of a node, numbered from 1."""
        self.nodes[node - 1].kill()

    def up(self, node: int) -> None:
        """Start a killed node again on its data; returns when it answers."""
        self.nodes[node - 1].again()
        self.nodes[node - 1].wait()


@contextmanager
def container_cluster(
    image: str, home: Path, ports: Sequence[int], properties: str, format_arguments: str, java: str
) -> Iterator[ContainerCluster]:
    """A node for each port, which formats its own data below ``home``; a controller listens on the port above each."""
    with ExitStack() as stack:
        nodes = []
        for number, port in enumerate(ports, 1):
            folder = home / f"node-{number}"
            folder.mkdir()
            (folder / "server.properties").write_text(_properties(number, ports, folder, properties))
            nodes.append(stack.enter_context(KafkaNode(image, folder, port, format_arguments, java)))
        for node in nodes:
            node.wait()
        yield ContainerCluster(nodes)


def _properties(number: int, ports: Sequence[int], folder: Path, more: str) -> str:
    return _PROPERTIES.format(
        node=number,
        port=ports[number - 1],
        controller=ports[number - 1] + 1,
        voters=",".join(f"{node}@127.0.0.1:{port + 1}" for node, port in enumerate(ports, 1)),
        nodes=len(ports),
        majority=(len(ports) + 1) // 2,
        folder=folder,
        more=more,
    )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
