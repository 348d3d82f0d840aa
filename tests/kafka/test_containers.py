"""Kafka as containers, for where the local broker tool is not: a killed node comes back with what it had acknowledged."""

import shutil
import subprocess

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.deploy.compose_file import services
from tests.support import kafka_cluster
from tests.support.ports import is_free

IMAGE: str = services()["kafka"]["image"]
TOPIC = "kept"


def _missing() -> str | None:
    """What is not here; never pulls."""
    docker = shutil.which("docker")
    if docker is None:
        return "needs Docker: there is no command `docker`"
    asked = subprocess.run([docker, "image", "inspect", IMAGE], capture_output=True, text=True, check=False)
    return f"needs Docker with the image {IMAGE}" if asked.returncode else None


pytestmark = [pytest.mark.kafka, pytest.mark.skipif(_missing() is not None, reason=str(_missing()))]


@pytest.fixture(autouse=True)
def by_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has Docker and nothing else."""
    monkeypatch.delenv(kafka_cluster.ADDRESS, raising=False)
    monkeypatch.delenv(kafka_cluster.TOOL, raising=False)
    monkeypatch.setenv(kafka_cluster.CONTAINER, IMAGE)


async def test_a_killed_container_comes_back_with_its_records() -> None:
    with kafka_cluster.local_cluster(properties="auto.create.topics.enable=true\n") as cluster:
        async with AIOKafkaProducer(bootstrap_servers=cluster.servers, acks="all") as producer:
            await producer.send_and_wait(TOPIC, b"acknowledged")
        cluster.kill(1)
        assert not _answers(cluster.port), "killed, and only then started again"
        cluster.up(1)
        consumer = AIOKafkaConsumer(bootstrap_servers=cluster.servers, auto_offset_reset="earliest")
        async with consumer:
            consumer.assign([TopicPartition(TOPIC, 0)])
            record = await consumer.getone()
    assert record.value == b"acknowledged"
    assert not _answers(cluster.port), "nothing stays"


def test_the_address_of_the_session_comes_from_it_too() -> None:
    with kafka_cluster.kafka_servers() as servers:
        assert servers is not None
        assert _answers(int(servers.rpartition(":")[2]))


def _answers(port: int) -> bool:
    return not is_free(port)
