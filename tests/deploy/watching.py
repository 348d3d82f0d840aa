"""What the brokers of the containers hold, read from this machine as a client of theirs."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import TopicPartition
from schemas.topics import Role, topic
from tests.deploy.next_release import FIELD

_EVENTS = topic("servicing", Role.EVENTS)
_TYPE = "loanstream.servicing.MoneyReceived.v1"
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """How safely a topic is kept."""

    copies: int
    """Of the partition that has fewest."""
    needed: int
    """In sync for a write to be acknowledged."""


def kept(servers: str) -> dict[str, Kept]:
    """Our topics, as the brokers describe them."""
    return asyncio.run(_kept(servers))


async def _kept(servers: str) -> dict[str, Kept]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith("loanstream.")]
        described = await admin.describe_topics(names)
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    finally:
        await admin.close()
    settings = {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _code, _message, _kind, name, entries in answer.resources
    }
    return {
        one["topic"]: Kept(
            min(len(partition["replicas"]) for partition in one["partitions"]),
            int(settings[one["topic"]]["min.insync.replicas"]),
        )
        for one in described
    }


class Receipts:
    """The events of money that came in, as they are stored."""

    def __init__(self, servers: str) -> None:
        self._servers = servers

    def count(self, with_field: bool | None = None) -> int:
        """How many there are: all, or those with or without the next release's field."""
        values = asyncio.run(self._values())
        return sum(with_field is None or (FIELD in value) is with_field for value in values)

    async def _values(self) -> list[Mapping[str, Any]]:
        log = KafkaLog(ClusterSettings(servers=self._servers))
        try:
            return [value async for value in _received(log)]
        finally:
            await log.close()


async def _received(log: KafkaLog) -> AsyncIterator[Mapping[str, Any]]:
    places = [TopicPartition(_EVENTS, number) for number in range(await log.partitions(_EVENTS))]
    positions = {place: await log.start(place) for place in places}
    ends = await log.ends(places)
    while behind := {place: at for place, at in positions.items() if at < ends[place]}:
        for record in await log.read(behind, _AT_ONCE):
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            if record.type == _TYPE:
                yield json.loads(record.value)
