"""Plain clients of a cluster, made from its settings as all of ours are, for tests of what it lets them do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.faust_credentials import faust_credentials

SOON = 10.0
"""Seconds in which a cluster must have answered, or refused."""


async def writable(settings: ClusterSettings, names: Iterable[str]) -> set[str]:
    """The topics to which a record can be sent; of the others the cluster says that it is not allowed."""
    good = set()
    async with producer(settings) as client:
        for name in names:
            try:
                await soon(client.send_and_wait(name, b"tried", partition=0))
            except TopicAuthorizationFailedError:
                continue
            good.add(name)
    return good


async def readable(settings: ClusterSettings, names: Iterable[str]) -> set[str]:
    """The topics that one fetch gives; of the others the cluster says that it is not allowed."""
    client = AIOKafkaClient(**settings.client_options())
    try:
        await soon(client.bootstrap())
        node = client.get_random_node()
        places = [(name, [(0, 0, 1_000)]) for name in names]
        response = await soon(client.send(node, FetchRequest(100, 1, 1_000_000, 1, places)))
    finally:
        await client.close()
    errors = {name: partition[1] for name, partitions in response.topics for partition in partitions}
    assert set(errors.values()) <= {0, TopicAuthorizationFailedError.errno}
    return {name for name, error in errors.items() if error == 0}


async def soon(call: Awaitable[Any]) -> Any:
    """The call, which must come back in time, whatever it comes to."""
    async with asyncio.timeout(SOON):
        return await call


@asynccontextmanager
async def producer(settings: ClusterSettings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as ours are made."""
    made = AIOKafkaProducer(**settings.client_options(), retry_backoff_ms=5, **options)
    try:
        await soon(made.start())
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def admin(settings: ClusterSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client."""
    made = AIOKafkaAdminClient(**settings.client_options())
    try:
        await soon(made.start())
        yield made
    finally:
        await made.close()


async def created(settings: ClusterSettings, name: str) -> int:
    """The cluster's answer to making a topic: 0, or a code."""
    async with admin(settings) as client:
        response = await client.create_topics([NewTopic(name, 1, 1)])
    return int(response.topic_errors[0][1])


async def values(settings: ClusterSettings, name: str, group: str | None = None) -> list[bytes]:
    """What a committed reader finds in the topic, from its start."""
    made = AIOKafkaConsumer(
        **settings.client_options(),
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        retry_backoff_ms=5,
    )
    try:
        await soon(made.start())
        if group is None:
            made.assign([TopicPartition(name, 0)])
        else:
            made.subscribe([name])
        found: list[bytes] = []
        while batch := await made.getmany(timeout_ms=500 if found else 5_000):
            found += [record.value for records in batch.values() for record in records]
        return found
    finally:
        await made.stop()


async def read_by_faust(settings: ClusterSettings, name: str, until: bytes) -> list[bytes]:
    """What a Faust agent gets from a topic, up to the value that it waits for."""
    app = faust.App(
        f"{settings.user}.reactor",
        broker=f"kafka://{settings.servers}",
        broker_credentials=faust_credentials(settings),
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        loop=asyncio.get_running_loop(),
    )
    found: list[bytes] = []
    there = asyncio.Event()

    @app.agent(app.topic(name, value_serializer="raw"))
    async def take(stream: Any) -> None:
        async for value in stream:
            found.append(value)
            if value == until:
                there.set()

    try:
        async with asyncio.timeout(2 * SOON):
            await app.start()
            await there.wait()
            return found
    finally:
        await app.stop()
