"""Which log a partition is: its first record names the installation, and was written once.

A topic that was remade has another one, also where it has as many events as the one before it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from loanstream_client.continuity import Remade
from loanstream_client.envelope import IDENTITY_TYPE, TYPE, Place, Record, record_of


class Identity(NamedTuple):
    """What the first record of a partition says."""

    installation: str
    timestamp: int
    """When it was written, milliseconds since 1970: another one in the same installation is a topic that was remade."""


def identity_of(record: Record) -> Identity | None:
    """The identity in a partition's first record; ``None`` for any other record."""
    if record.headers.get(TYPE) != IDENTITY_TYPE:
        return None
    try:
        stated = msgspec.json.decode(record.value, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
    return Identity(str(stated.get("installation")), record.timestamp)


def compare(stored: Mapping[Place, Identity], found: Mapping[Place, Identity | None]) -> None:
    """Raise :class:`~loanstream_client.continuity.Remade` for a partition that is another one than that of the positions.

    A partition that is not in ``found`` has lost its first record, or has none: that tells nothing.
    """
    for place in sorted(stored.keys() & found.keys()):
        was, now = stored[place], found[place]
        if was != now:
            raise Remade(
                f"{place.topic} partition {place.partition} is not the one that the stored positions are of: they are of"
                f" {_said(was)}, it {'is of ' + _said(now) if now else 'begins without an identity'}. Where the address is wrong,"
                " mend it; else the topic was remade or restored: ask who runs it. To read everything anew, remove the stored"
                " positions and what was made from them."
            )


async def read_identities(options: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, Identity | None]:
    """What the first records say, of the partitions that have one at offset 0. Raises what aiokafka does."""
    # uncommitted: the record at offset 0 comes in any case, also while a transaction is open there
    consumer = AIOKafkaConsumer(
        **options, group_id=None, isolation_level="read_uncommitted", enable_auto_commit=False, auto_offset_reset="none"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(*place) for place in places]
        starts, ends = await asyncio.gather(consumer.beginning_offsets(partitions), consumer.end_offsets(partitions))
        there = [partition for partition in partitions if starts[partition] == 0 < ends[partition]]
        consumer.assign(there)
        for partition in there:
            consumer.seek(partition, 0)
        first = {Place(*partition): await consumer.getone(partition) for partition in there}
        return {place: _identity_at_the_start(place, each) for place, each in first.items()}
    finally:
        await consumer.stop()


def _identity_at_the_start(place: Place, each: Any) -> Identity | None:
    record = record_of(*place, each.offset, each.timestamp, each.key, each.value, each.headers)
    return identity_of(record) if record.offset == 0 else None


def _said(identity: Identity) -> str:
    return f"installation {identity.installation!r}, made at {identity.timestamp} ms since 1970"
