"""Topics on Kafka: made as they must be, and told in a sentence where they are not.

Every topic keeps its records for ever as far as Kafka is concerned: commands are dropped by the trimmer, which never drops one
that is not decided. How long decided ones stay is written where Kafka takes no notice of it without compaction,
``delete.retention.ms``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from loanstream.eventlog.identity import all_differences, identity_record
from loanstream.eventlog.kafka.cluster import BROKEN, Cluster
from loanstream.eventlog.kafka.fetching import Fetched, fetch_now
from loanstream.eventlog.port import (
    Fenced,
    LogError,
    NewRecord,
    Record,
    TopicDefinition,
    TopicPartition,
    TopicState,
    Writer,
)

WINDOW = "delete.retention.ms"
_KEPT = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    # else a record says when it arrived: neither the dedupe window nor what is trimmed is about that
    "message.timestamp.type": "CreateTime",
}
_IN_SYNC = "min.insync.replicas"
_AUTO_CREATION = "auto.create.topics.enable"
_NO_WINDOW = "86400000"
"""Kafka's default: the topic keeps its records for ever for us too."""
_OWNER = "loanstream-topics"
_ROUNDS = 20
_PAUSE_SECONDS = 0.1
_LOOKS = 300
_ANSWER_SECONDS = 5.0
_GROUP = "topics"
_IDENTITY_BYTES = 2_000
"""An identity record's batch is a tenth of that; what follows it is not wanted here."""

OpenWriter = Callable[[str, int], Awaitable[Writer]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A topic as the cluster has it."""

    partitions: int
    replicas: int
    configs: Mapping[str, str]

    def definition(self, name: str, identity: bool) -> TopicDefinition:
        window = self.configs.get(WINDOW, _NO_WINDOW)
        retention = None if window == _NO_WINDOW else timedelta(milliseconds=int(window))
        return TopicDefinition(name, self.partitions, retention, identity)


class Topics:
    """Makes, describes and compares topics."""

    def __init__(self, cluster: Cluster, writer: OpenWriter, clock: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._writer = writer
        self._clock = clock

    async def apply(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """Create what is missing, with identity records; a sentence for each difference, which stays as it is."""
        wanted = list(topics)
        known = await self._cluster.topics()
        missing = [topic for topic in wanted if topic.name not in known]
        if missing:
            await self._create(missing)
        await self._identify(wanted, installation)
        return await self.check(wanted, installation)

    async def check(self, topics: Iterable[TopicDefinition], installation: str) -> list[str]:
        """A sentence for each topic that is missing or differs, and for brokers that make topics by themselves."""
        wanted = list(topics)
        known = await self._cluster.topics()
        found = await self._found([topic.name for topic in wanted if topic.name in known])
        settings = [
            s for topic in wanted if topic.name in found for s in self._settings_differences(topic, found[topic.name])
        ]
        states = await self._states(found)
        return [*await self._auto_creation(), *settings, *all_differences(wanted, states, installation)]

    async def describe(self) -> Mapping[str, TopicState]:
        """The topics that exist, by name, with the first record of each partition of those that have identities."""
        names = [name for name in await self._cluster.topics() if not name.startswith("__")]
        return await self._states(await self._found(names))

    async def _states(self, found: Mapping[str, _Found]) -> dict[str, TopicState]:
        places = [TopicPartition(name, n) for name, one in found.items() for n in range(one.partitions)]
        starts = await self._cluster.starts(places)
        first = await self._first(starts)
        states = {}
        for name, one in found.items():
            identities = {
                place.partition: record
                for place, record in first.items()
                if place.topic == name and record is not None and record.key == "identity"
            }
            truncated = {place.partition: start for place, start in starts.items() if place.topic == name and start}
            states[name] = TopicState(one.definition(name, bool(identities)), identities, truncated)
        return states

    async def definition(self, name: str) -> TopicDefinition:
        """One topic as it is, but for its identity."""
        return (await self._found([name]))[name].definition(name, identity=False)

    async def drop(self, place: TopicPartition, before: int) -> None:
        """Drop a partition's records below an offset."""
        async with _Admin(self._cluster) as admin:
            await admin.delete_records({place: RecordsToDelete(before)})

    # -- making ------------------------------------------------------------------------------------------------------

    async def _create(self, topics: Iterable[TopicDefinition]) -> None:
        wanted = list(topics)
        settings = self._cluster.settings
        new = [
            NewTopic(
                topic.name,
                topic.partitions,
                settings.replication,
                topic_configs=_KEPT | {WINDOW: _window(topic), _IN_SYNC: str(settings.minimum_in_sync)},
            )
            for topic in wanted
        ]
        async with _Admin(self._cluster) as admin:
            response = await admin.create_topics(new)
        for name, code, message in response.topic_errors:
            if code and code != TopicAlreadyExistsError.errno:
                raise LogError(f"topic {name} cannot be made: {for_code(code).__name__}: {message}")
        names = sorted(topic.name for topic in wanted)
        for _ in range(_LOOKS):
            # what follows may ask any broker: one that has not heard of them would leave them without identities
            if await self._cluster.shown_by_all(names):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise LogError(f"topics were made but not every broker shows them: {', '.join(names)}")

    async def _identify(self, wanted: Iterable[TopicDefinition], installation: str) -> None:
        """Write the identity of each empty partition; a process that does so at the same time fences this one, or is fenced.

        Only partitions without any record get one: a topic that somebody else made and wrote to does not become ours.
        """
        places = {
            TopicPartition(topic.name, n): topic for topic in wanted if topic.identity for n in range(topic.partitions)
        }
        if not places:
            return
        known = await self._cluster.topics()
        places = {place: topic for place, topic in places.items() if place.partition < known.get(place.topic, 0)}
        for _ in range(_ROUNDS):
            if not await self._empty(places):
                return
            writer = await self._writer(_OWNER, 0)
            try:
                now = self._clock()
                opening: list[NewRecord] = [
                    identity_record(places[place], place.partition, installation, now)
                    for place in sorted(await self._empty(places))
                ]
                if opening:
                    await writer.commit(opening)
                return
            except Fenced:
                await asyncio.sleep(_PAUSE_SECONDS)
            finally:
                await writer.close()
        raise LogError("identity records could not be written: other processes apply topics all the time")

    async def _empty(self, places: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Partitions that never had a committed record; one that was fenced may have left records that do not count."""
        starts = await self._cluster.starts(places)
        first = await self._first(starts)
        return [place for place, start in starts.items() if place not in first and not start]

    # -- looking -----------------------------------------------------------------------------------------------------

    async def _found(self, names: list[str]) -> dict[str, _Found]:
        if not names:
            return {}
        async with _Admin(self._cluster) as admin:
            described = await admin.describe_topics(names)
            answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
        configs: dict[str, dict[str, str]] = {}
        for answer in answers:
            for _code, _message, _kind, name, entries in answer.resources:
                configs[name] = {entry[0]: entry[1] for entry in entries}
        return {
            topic["topic"]: _Found(
                len(topic["partitions"]),
                min((len(partition["replicas"]) for partition in topic["partitions"]), default=0),
                configs.get(topic["topic"], {}),
            )
            for topic in described
            if topic["topic"] in configs
        }

    async def _first(self, starts: Mapping[TopicPartition, int]) -> dict[TopicPartition, Record | None]:
        """The first committed record of each partition that has one; ``None`` for one too large to be an identity."""
        ends = await self._cluster.stable_ends(starts)
        left = {place: start for place, start in starts.items() if start < ends[place]}
        first: dict[TopicPartition, Record | None] = {}
        while left:
            for place, found in (await fetch_now(self._cluster, left, _GROUP, _IDENTITY_BYTES)).items():
                assert isinstance(found, Fetched)
                if found.records or found.reached == left[place]:
                    first[place] = found.records[0] if found.records else None
                if place in first or found.reached >= ends[place]:
                    del left[place]
                else:
                    left[place] = found.reached
        return first

    async def _auto_creation(self) -> list[str]:
        async with _Admin(self._cluster) as admin:
            cluster = await admin.describe_cluster()
            nodes = sorted(broker["node_id"] for broker in cluster["brokers"])
            found = await asyncio.gather(*(_creates_topics(admin, node) for node in nodes))
        creating = [str(node) for node, creates in zip(nodes, found, strict=True) if creates]
        if not creating:
            return []
        return [
            f"Brokers create topics by themselves (node {', '.join(creating)}): a misspelt name would become a topic that"
            " forgets after a week. Set auto.create.topics.enable=false in their properties (KAFKA_AUTO_CREATE_TOPICS_ENABLE of"
            " the apache/kafka image) and restart them."
        ]

    def _settings_differences(self, wanted: TopicDefinition, found: _Found) -> list[str]:
        settings = self._cluster.settings
        alter = f"kafka-configs.sh --bootstrap-server {settings.servers} --alter --entity-type topics --entity-name {wanted.name}"
        sentences = [
            f"Topic {wanted.name} has {name}={found.configs.get(name)} but should have {name}={value}:"
            f" `{alter} --add-config {name}={value}`."
            for name, value in _KEPT.items()
            if found.configs.get(name) != value
        ]
        if found.replicas < settings.replication:
            sentences.append(
                f"Topic {wanted.name} has {found.replicas} copies but should have {settings.replication}: give it more with"
                " `kafka-reassign-partitions.sh`, or set LOANSTREAM_KAFKA_REPLICATION to what the cluster has."
            )
        elif not settings.minimum_in_sync <= int(found.configs[_IN_SYNC]) <= found.replicas:
            # between the two is the administrator's choice: fewer lose what was decided, more can never be written
            sentences.append(
                f"Topic {wanted.name} has {_IN_SYNC}={found.configs[_IN_SYNC]} but should have"
                f" {_IN_SYNC}={settings.minimum_in_sync}: `{alter} --add-config {_IN_SYNC}={settings.minimum_in_sync}`."
            )
        return sentences


async def _creates_topics(admin: AIOKafkaAdminClient, node: int) -> bool:
    """Whether a broker makes a topic when somebody asks for one that is not there.

    One that does not answer counts as not: a start must not wait for all brokers, and the next one asks again.
    """
    wanted = ConfigResource(ConfigResourceType.BROKER, str(node), {_AUTO_CREATION: ""})
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            answers = await admin.describe_configs([wanted])
    except BROKEN:
        return False
    return any(
        entry[0] == _AUTO_CREATION and entry[1] == "true"
        for answer in answers
        for _code, _message, _kind, _name, entries in answer.resources
        for entry in entries
    )


class _Admin:
    """An admin client for the length of a block."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._client: AIOKafkaAdminClient | None = None

    async def __aenter__(self) -> AIOKafkaAdminClient:
        async def start() -> AIOKafkaAdminClient:
            client = AIOKafkaAdminClient(**self._cluster.settings.client_options(), client_id="loanstream-topics")
            await client.start()
            return client

        self._client = await self._cluster.retry(start)
        return self._client

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()


def _window(topic: TopicDefinition) -> str:
    return _NO_WINDOW if topic.retention is None else str(topic.retention // timedelta(milliseconds=1))
