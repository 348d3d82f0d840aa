"""The Kafka that rows are measured on: one of the environment, or one that the local tool starts; always an empty one."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.admin import AIOKafkaAdminClient

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from tests.support import kafka_cluster

SERVERS = "LOANSTREAM_KAFKA_SERVERS"
MISSING = (
    f"no Kafka here: set {SERVERS} to the address of one without topics of Loanstream, or {kafka_cluster.TOOL} to a script that"
    " runs one (tests/support/kafka_cluster.py)"
)
_OURS = "loanstream."
_GONE_SECONDS = 30.0


class NotEmpty(RuntimeError):
    """The cluster has topics of an installation: rows make topics and delete them, so they must not be measured there."""


@contextmanager
def cluster() -> Iterator[ClusterSettings | None]:
    """An empty cluster; ``None`` where there is none. Raises :class:`NotEmpty`."""
    given = os.environ.get(SERVERS)
    if given:
        settings = ClusterSettings(servers=given)
        if asyncio.run(_names(settings)):
            raise NotEmpty(f"{given} holds topics of an installation: rows are measured on an empty cluster only")
        yield settings
    elif kafka_cluster.can_run():
        with kafka_cluster.local_cluster(java=kafka_cluster.FAST) as local:
            yield ClusterSettings(servers=local.servers)
    else:
        yield None


async def clear(settings: ClusterSettings) -> None:
    """Delete what a row has left."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        found = await _found(admin)
        if found:
            await admin.delete_topics(found)
        async with asyncio.timeout(_GONE_SECONDS):
            while await _found(admin):  # noqa: ASYNC110 - a broker tells nobody that a topic has gone
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def _names(settings: ClusterSettings) -> list[str]:
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        return await _found(admin)
    finally:
        await admin.close()


async def _found(admin: AIOKafkaAdminClient) -> list[str]:
    return [name for name in await admin.list_topics() if name.startswith(_OURS)]
