"""Topics that would lose or misplace records are refused, each with the command that repairs it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NodeNotReadyError

from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import NewRecord
from tests.kafka.rules import COMMANDS, EVENTS, INSTALLATION, OUTCOMES, Bench, definitions
from tests.support.kafka_cluster import NO_TOOL, can_run, local_cluster

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
        ("message.timestamp.type", "LogAppendTime", "CreateTime"),
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


@pytest.mark.parametrize("in_sync", ["2", "1"], ids=["never written", "lost with a broker"])
async def test_a_topic_that_takes_writes_on_too_many_or_too_few_copies_is_refused(cluster: Bench, in_sync: str) -> None:
    needs_two = replace(cluster.settings, in_sync=2) if in_sync == "1" else cluster.settings
    await alter(cluster, EVENTS.topic, {"min.insync.replicas": in_sync, "retention.ms": "-1"})
    [sentence] = [s for s in await told(cluster, needs_two) if EVENTS.topic in s]
    wanted = f"min.insync.replicas={needs_two.minimum_in_sync}"
    assert f"Topic {EVENTS.topic} has min.insync.replicas={in_sync} but should have {wanted}" in sentence
    assert f"--entity-name {EVENTS.topic} --add-config {wanted}`" in sentence


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


@pytest.mark.parametrize("before", [1, 2], ids=["the identity is gone", "all is gone"])
async def test_a_truncated_topic_is_refused_as_such_and_gets_no_new_identity(cluster: Bench, before: int) -> None:
    await cluster.log.send([NewRecord(EVENTS.topic, 0, "key", "type", {}, b"", datetime(2026, 1, 5, tzinfo=UTC))])
    [end] = (await cluster.log.ends([EVENTS])).values()
    async with cluster.admin() as admin:
        await admin.delete_records({EVENTS: RecordsToDelete(before if before == 1 else -1)})
    log = cluster.process()
    for sentences in (await log.check(definitions(), INSTALLATION), await log.apply(definitions(), INSTALLATION)):
        [sentence] = sentences
        assert re.search(
            rf"Topic {EVENTS.topic} partition 0 starts at offset \d+ instead of 0: it was truncated", sentence
        )
        assert "`loanstream topics position`" in sentence
    assert (await log.ends([EVENTS]))[EVENTS] == end


async def test_another_installations_topic_is_refused(cluster: Bench) -> None:
    log = cluster.process()
    sentences = await log.check(definitions(), "another")
    assert len(sentences) == 2
    assert all("installation 'rules'" in sentence and "installation 'another'" in sentence for sentence in sentences)


async def test_fewer_copies_than_asked_for_are_refused(cluster: Bench) -> None:
    sentences = await told(cluster, replace(cluster.settings, replication=3))
    assert len(sentences) == len(definitions())
    assert all("has 1 copies but should have 3" in s and "kafka-reassign-partitions.sh" in s for s in sentences)


class TwoBrokers(AIOKafkaAdminClient):
    """A cluster whose second broker makes topics by itself, or is away."""

    away = False

    async def describe_cluster(self) -> Any:
        """One more broker than there is."""
        found = await super().describe_cluster()
        return found | {"brokers": [*found["brokers"], {"node_id": 1_000}]}

    async def describe_configs(self, config_resources: Any, include_synonyms: bool = False) -> Any:
        """What the second one answers; the other one says what it does."""
        if config_resources[0].name != "1000":
            return await super().describe_configs(config_resources, include_synonyms)
        if self.away:
            raise NodeNotReadyError("away")
        return [SimpleNamespace(resources=[(0, None, 4, "1000", [("auto.create.topics.enable", "true")])])]


@pytest.mark.parametrize("away", [False, True])
async def test_every_broker_is_asked_and_one_that_is_away_holds_up_nobody(
    cluster: Bench, away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanstream.eventlog.kafka.topics.AIOKafkaAdminClient", TwoBrokers)
    monkeypatch.setattr(TwoBrokers, "away", away)
    sentences = await told(cluster)
    assert [sentence.partition(":")[0] for sentence in sentences] == (
        [] if away else ["Brokers create topics by themselves (node 1000)"]
    )


class SlowBroker(Cluster):
    """A cluster whose second broker, asked every other time, has not heard of new topics before it was asked thrice."""

    looks = 0
    told = 0

    async def nodes(self) -> list[int]:
        """One more broker than there is."""
        return [*await super().nodes(), 1_000]

    async def shown_by(self, node: int, topics: list[str]) -> bool:
        """What each of the two knows."""
        if node != 1_000:
            return await super().shown_by(node, topics)
        self.told += 1
        return self.told > 3

    async def topics(self) -> Mapping[str, int]:
        """Topics as one of the two shows them."""
        self.looks += 1
        known = await super().topics()
        return known if self.looks % 2 or self.told > 3 else {}


async def test_new_topics_get_their_identities_although_a_broker_has_not_heard_of_them_yet(
    cluster: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.delete(*(definition.name for definition in definitions()))
    monkeypatch.setattr("loanstream.eventlog.kafka.log.Cluster", SlowBroker)
    assert await cluster.process().apply(definitions(), INSTALLATION) == []


@pytest.mark.skipif(not can_run(), reason=NO_TOOL)
async def test_brokers_that_make_topics_by_themselves_are_refused() -> None:
    with local_cluster(properties="auto.create.topics.enable=true\n") as made:
        log = KafkaLog(ClusterSettings(servers=made.servers))
        try:
            sentences = await log.apply(definitions(), INSTALLATION)
        finally:
            await log.close()
    assert len(sentences) == 1
    assert "Set auto.create.topics.enable=false in their properties" in sentences[0]
