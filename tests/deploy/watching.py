"""What stands in a topic of the containers, read from this machine as a client of the brokers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import TopicPartition
from schemas.topics import Role, topic
from tests.deploy.next_release import FIELD

_EVENTS = topic("servicing", Role.EVENTS)
_TYPE = "loanstream.servicing.MoneyReceived.v1"
_AT_ONCE = 1_000


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
