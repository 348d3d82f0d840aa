"""One fetch: the committed records of some partitions from some positions on, as one node has them.

Reading is ours and not aiokafka's consumer's because a consumer asks for the partitions it has emptied only when its long poll
for the others has ended: every busy partition would wait for the idle ones. What aborted transactions and control records are
is aiokafka's part (``PartitionRecords``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from loanstream.eventlog.kafka.cluster import Cluster
from loanstream.eventlog.kafka.wire import record_of, salvaged
from loanstream.eventlog.port import Record, TopicPartition

PARTITION_BYTES = 1_048_576
_MOST_BYTES = 16 * 1_048_576


class Fetched(NamedTuple):
    """What a fetch found in one partition."""

    records: list[Record]
    reached: int
    """Where to go on: there is no committed record below it that was not given."""


class OutOfRange(NamedTuple):
    """The position lies outside what the partition holds."""

    position: int


async def fetch(
    cluster: Cluster,
    node: int,
    positions: Mapping[TopicPartition, int],
    *,
    wait_ms: int,
    group: Hashable,
    most: int = PARTITION_BYTES,
    isolation: int = READ_COMMITTED,
) -> dict[TopicPartition, Fetched | OutOfRange]:
    """Ask ``node`` for what stands at the positions; it waits up to ``wait_ms`` for something to come.

    ``most`` bounds the bytes of each partition. Partitions without news are missing from the answer. Raises aiokafka's
    errors, e.g. when another node leads by now.
    """
    topics: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for (topic, partition), position in positions.items():
        topics[topic].append((partition, position, most))
    request = FetchRequest(wait_ms, 1, _MOST_BYTES, isolation, list(topics.items()))
    response = await cluster.send(node, request, group)
    found: dict[TopicPartition, Fetched | OutOfRange] = {}
    for topic, partitions in response.topics:
        for partition, error, _highwater, *rest in partitions:
            place = TopicPartition(topic, partition)
            if error == OffsetOutOfRangeError.errno:
                found[place] = OutOfRange(positions[place])
            elif error:
                raise for_code(error)(f"{topic} partition {partition}")
            elif rest[-1]:
                # versions of the answer differ in what stands between; the last and the aborted transactions do not
                aborted = rest[2] if response.API_VERSION >= 11 else rest[-2]
                found[place] = _unpacked(place, positions[place], aborted, rest[-1], isolation)
    return found


class _Unpacking(PartitionRecords):  # type: ignore[misc]
    """Gives our records where aiokafka makes its own, which would be thrown away."""

    def _consumer_record(self, place: TopicPartition, one: Any) -> Record:
        given = place.topic, place.partition, one.offset, one.timestamp, one.key, one.value, one.headers
        try:
            return record_of(*given)
        except (ValueError, OverflowError):
            # one that is none of ours must be seen by whoever reads on, and keep nobody from reading on
            return salvaged(*given)


def _unpacked(
    place: TopicPartition, position: int, aborted: list[tuple[int, int]] | None, data: bytes, isolation: int
) -> Fetched:
    unpacking = _Unpacking(
        place, MemoryRecords(data), aborted, position, None, None, check_crcs=True, isolation_level=isolation
    )
    records = list(unpacking)
    return Fetched(records, unpacking.next_fetch_offset)


async def fetch_now(
    cluster: Cluster, positions: Mapping[TopicPartition, int], group: Hashable, most: int = PARTITION_BYTES
) -> dict[TopicPartition, Fetched | OutOfRange]:
    """Ask every node that leads one of the partitions for what stands there now."""

    async def ask() -> dict[TopicPartition, Fetched | OutOfRange]:
        led = await cluster.by_leader(positions)
        answers = await asyncio.gather(
            *(
                fetch(cluster, node, {place: positions[place] for place in places}, wait_ms=0, group=group, most=most)
                for node, places in led.items()
            )
        )
        return {place: found for answer in answers for place, found in answer.items()}

    return await cluster.retry(ask)
