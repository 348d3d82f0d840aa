"""One client of the cluster: which topics there are, who leads what, where partitions start and end, and raw requests.

Everything that reads goes over connections of its own (``group``), because a broker answers the requests of one connection in
turn: a question must never wait behind somebody's long poll.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaError, StaleMetadata, for_code
from aiokafka.protocol.api import Request
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.port import LogUnavailable, TopicDefinition, TopicPartition, UnknownTopic
from loanstream.eventlog.refusals import unknown_partition, unknown_topic

T = TypeVar("T")

BROKEN = (KafkaError, OSError, TimeoutError)
"""What aiokafka raises when a broker or the way to it is gone, or when it refuses."""

READ_COMMITTED = 1
_LATEST = -1
_EARLIEST = -2

_NOBODY = -1
_LOOK_SECONDS = 5.0

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25
_METADATA_AGE_MS = 60_000
_REQUEST_TIMEOUT_MS = 15_000


class Cluster:
    """The client of one process. ``patience`` is for how many seconds what fails is tried again before it counts as failed."""

    def __init__(self, settings: ClusterSettings, patience: float) -> None:
        self.settings = settings
        self.patience = patience
        self._client: AIOKafkaClient | None = None
        self._opening = asyncio.Lock()
        self._counts: dict[str, int] = {}
        self._closed = False

    # -- topics ------------------------------------------------------------------------------------------------------

    async def count(self, topic: str) -> int:
        """Number of partitions. Raises :class:`UnknownTopic`."""
        if topic not in self._counts:
            await self.retry(self._look)
        try:
            return self._counts[topic]
        except KeyError:
            raise UnknownTopic(unknown_topic(topic)) from None

    async def check(self, places: Iterable[TopicPartition]) -> None:
        """Raise :class:`UnknownTopic` for a topic or partition that does not exist; nothing is asked for what is known."""
        for topic, partition in places:
            if not 0 <= partition < self._counts.get(topic, 0) and not 0 <= partition < await self.count(topic):
                raise UnknownTopic(unknown_partition(TopicDefinition(topic, self._counts[topic]), partition))

    async def topics(self) -> Mapping[str, int]:
        """Every topic that exists now, with its number of partitions."""
        await self.retry(self._look)
        return dict(self._counts)

    async def shown_by_all(self, topics: Iterable[str]) -> bool:
        """Whether every broker that answers knows these topics: one learns of a new topic before the others do."""
        names, nodes = list(topics), await self.nodes()
        return all(await asyncio.gather(*(self.shown_by(node, names) for node in nodes)))

    async def nodes(self) -> list[int]:
        """The brokers there are."""
        client = await self._opened()
        return sorted(broker.nodeId for broker in client.cluster.brokers())

    async def shown_by(self, node: int, topics: list[str]) -> bool:
        """Whether a broker knows these topics, with a leader for each partition; one that does not answer asks for no wait."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                answer = await self.send(node, MetadataRequest(topics, allow_auto_topic_creation=False))
        except BROKEN:
            return True
        return all(
            not error and partitions and all(leader != _NOBODY for _, _, leader, *_ in partitions)
            for error, _topic, _internal, partitions in answer.topics
        )

    async def _look(self) -> None:
        client = await self._opened()
        found = await client.fetch_all_metadata()
        # a topic that is being made shows without partitions for a moment: it does not exist yet
        self._counts = {name: len(parts) for name in found.topics() if (parts := found.partitions_for_topic(name))}
        client.set_topics(self._counts)

    # -- positions ---------------------------------------------------------------------------------------------------

    async def stable_ends(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable offset of each partition: everything below it is committed or aborted for good."""
        return await self.offsets(dict.fromkeys(places, _LATEST))

    async def starts(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset kept of each partition."""
        return await self.offsets(dict.fromkeys(places, _EARLIEST))

    async def offsets(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Per partition the offset of the first record at or after a time in milliseconds, -1 for none; or its end, or start."""
        if not times:
            return {}
        await self.check(times)
        return await self.retry(lambda: self._offsets(times))

    async def _offsets(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        found: dict[TopicPartition, int] = {}
        by_leader = await self.by_leader(times)
        answers = await asyncio.gather(*(self._ask(node, times, of) for node, of in by_leader.items()))
        for answer in answers:
            found.update(answer)
        return found

    async def _ask(
        self, node: int, times: Mapping[TopicPartition, int], places: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        topics: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place in places:
            topics[place.topic].append((place.partition, times[place]))
        response = await self.send(node, OffsetRequest(-1, READ_COMMITTED, list(topics.items())))
        found = {}
        for topic, partitions in response.topics:
            for partition, error, _, offset in partitions:
                if error:
                    raise for_code(error)(f"{topic} partition {partition}")
                found[TopicPartition(topic, partition)] = offset
        return found

    # -- requests ----------------------------------------------------------------------------------------------------

    async def by_leader(self, places: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        """The places, by the node that leads them. Raises ``StaleMetadata`` while one has no leader."""
        client = await self._opened()
        led: dict[int, list[TopicPartition]] = defaultdict(list)
        for place in places:
            node = client.cluster.leader_for_partition(place)
            if node is None or node == _NOBODY:
                raise StaleMetadata(f"{place.topic} partition {place.partition} has no leader")
            led[node].append(place)
        return led

    async def send(self, node: int, request: Request[Any], group: Hashable = ConnectionGroup.DEFAULT) -> Any:
        """Send a request to a node and wait for its answer."""
        return await (await self._opened()).send(node, request, group=group)

    def hang_up(self, group: Hashable) -> None:
        """Close the connections of a group."""
        if self._client is None:
            return
        connections = self._client._conns
        for key in [key for key in connections if key[1] == group]:
            connections.pop(key).close()

    async def stale(self) -> None:
        """Look anew who leads what. Raises ``TimeoutError`` when nobody tells for as long as ``patience``."""
        client = await self._opened()
        async with asyncio.timeout(self.patience):
            await client.force_metadata_update()

    async def retry(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again while what fails may pass. Raises :class:`LogUnavailable` when ``patience`` has run out."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self.patience, _FIRST_PAUSE
        while True:
            try:
                return await ask()
            except BROKEN as error:
                passing = not isinstance(error, KafkaError) or error.retriable or error.invalid_metadata
                if not passing or loop.time() > until:
                    raise LogUnavailable(f"Kafka at {self.settings.servers}: {error!r}") from error
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                if getattr(error, "invalid_metadata", False) and self._client is not None:
                    await self.stale()

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _opened(self) -> AIOKafkaClient:
        if self._client is not None:
            return self._client
        async with self._opening:
            if self._closed:
                raise LogUnavailable("this log is closed")
            if self._client is None:
                client = AIOKafkaClient(
                    **self.settings.client_options(),
                    client_id="loanstream",
                    metadata_max_age_ms=_METADATA_AGE_MS,
                    request_timeout_ms=_REQUEST_TIMEOUT_MS,
                )
                try:
                    await client.bootstrap()
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client
