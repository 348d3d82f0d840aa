"""The log on Kafka keeps the port's contract, on a real broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import EventLog
from tests.eventlog.contract import Connect, LogContract

pytestmark = pytest.mark.kafka


async def delete_topics(servers: str) -> None:
    """Leave the broker as it was."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        if names:
            await admin.delete_topics(names)
        while any(not name.startswith("__") for name in await admin.list_topics()):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
    finally:
        await admin.close()


class TestKafkaLog(LogContract):
    """The contract: each handle is a client of its own, as processes are."""

    @pytest.fixture
    async def connect(self, kafka: str) -> AsyncIterator[Connect]:
        """Handles on an empty cluster."""
        handles: list[KafkaLog] = []

        async def connect() -> EventLog:
            handles.append(KafkaLog(ClusterSettings(servers=kafka)))
            return handles[-1]

        yield connect
        for handle in handles:
            await handle.close()
        await delete_topics(kafka)
