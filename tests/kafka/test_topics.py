"""Topics that would lose or misplace records are refused, each with the command that repairs it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from tests.kafka.rules import COMMANDS, EVENTS, INSTALLATION, OUTCOMES, Bench, definitions
from tests.support.kafka_cluster import NO_TOOL, broker_tool, local_cluster

pytestmark = pytest.mark.kafka


async def alter(cluster: Bench, name: str, settings: Mapping[str, str]) -> None:
    """Change settings of a topic, as an administrator may."""
    async with cluster.admin() as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, dict(settings))])


async def told(cluster: Bench, settings: ClusterSettings | None = None) -> list[str]:
    """What a process that starts is told of the topics."""
    log = KafkaLog(settings or cluster.settings)
    try:
        return await log.check(definitions(), INSTALLATION)
    finally:
        await log.close()


async def test_topics_as_they_were_made_are_fine(cluster: Bench) -> None:
    assert await told(cluster) == []


@pytest.mark.parametrize("name", [EVENTS.topic, OUTCOMES.topic, COMMANDS.topic])
@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("retention.ms", "604800000", "-1"),
        ("retention.bytes", "1000000", "-1"),
        ("cleanup.policy", "compact", "delete"),
        ("cleanup.policy", "compact,delete", "delete"),
    ],
)
async def test_a_topic_that_forgets_is_refused_with_the_command_that_repairs_it(
    cluster: Bench, name: str, setting: str, value: str, wanted: str
) -> None:
    window = {"delete.retention.ms": "604800000"} if name == COMMANDS.topic else {}
    await alter(
        cluster, name, {setting: value, **window} | ({} if setting == "retention.ms" else {"retention.ms": "-1"})
    )
    sentences = await told(cluster)
    about = [sentence for sentence in sentences if f"{setting}={value}" in sentence]
    assert len(about) == 1
    assert f"Topic {name} has {setting}={value} but should have {setting}={wanted}" in about[0]
    assert (
        f"`kafka-configs.sh --bootstrap-server {cluster.settings.servers} --alter --entity-type topics"
        f" --entity-name {name} --add-config {setting}={wanted}`" in about[0]
    )


async def test_a_topic_that_is_not_there_is_refused_and_not_made(cluster: Bench) -> None:
    await cluster.delete(EVENTS.topic)
    assert await told(cluster) == [f"Topic {EVENTS.topic} does not exist: `loanstream topics apply`."]
    assert EVENTS.topic not in await cluster.process().describe()


async def remade(cluster: Bench, name: str, partitions: int) -> None:
    """The topic made by something else than ``topics apply``."""
    await cluster.delete(name)
    kept = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
    async with cluster.admin() as admin:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=kept)])


async def test_another_number_of_partitions_is_refused(cluster: Bench) -> None:
    await remade(cluster, COMMANDS.topic, 2)
    [sentence] = [s for s in await told(cluster) if "partition count" in s]
    assert sentence.startswith(f"Topic {COMMANDS.topic} has a partition count of 2 but should have 1")
    assert "set `partitions` back or move to a new topic version" in sentence


async def test_a_topic_without_identity_is_refused(cluster: Bench) -> None:
    await remade(cluster, EVENTS.topic, 1)
    [sentence] = await told(cluster)
    assert sentence.startswith(f"Topic {EVENTS.topic} has identity records: no but should have yes")


async def test_another_installations_topic_is_refused(cluster: Bench) -> None:
    log = cluster.process()
    sentences = await log.check(definitions(), "another")
    assert len(sentences) == 2
    assert all("installation 'rules'" in sentence and "installation 'another'" in sentence for sentence in sentences)


async def test_fewer_copies_than_asked_for_are_refused(cluster: Bench) -> None:
    sentences = await told(cluster, replace(cluster.settings, replication=3))
    assert len(sentences) == len(definitions())
    assert all("has 1 copies but should have 3" in s and "kafka-reassign-partitions.sh" in s for s in sentences)


@pytest.mark.skipif(broker_tool() is None, reason=NO_TOOL)
async def test_brokers_that_make_topics_by_themselves_are_refused() -> None:
    with local_cluster(properties="auto.create.topics.enable=true\n") as made:
        log = KafkaLog(ClusterSettings(servers=made.servers))
        try:
            sentences = await log.apply(definitions(), INSTALLATION)
        finally:
            await log.close()
    assert len(sentences) == 1
    assert "Set auto.create.topics.enable=false in their properties" in sentences[0]
