"""Commands that no service can read, appended straight to the commands topics; where each stands is remembered."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import Role, topic
from tests.chaos.fleet import SERVICES

_BAD: tuple[tuple[bytes, list[tuple[str, bytes]]], ...] = (
    (b"\xff\xfe not json", []),
    (b"{}", [("ce_type", b"loanstream.servicing.NoSuchCommand.v1")]),
    (
        b'{"amount": {"amount": "not money"}}',
        [("ce_type", b"loanstream.servicing.ApplyPayment.v1"), ("ce_id", b"no uuid")],
    ),
    (b"[]", [("ce_type", b"loanstream.origination.SubmitApplication.v1"), ("ce_time", b"yesterday")]),
)


@dataclass
class Poison:
    """Sends one such command every ``every`` seconds."""

    servers: str
    chance: random.Random
    every: float
    sent: list[tuple[str, int, int]] = field(default_factory=list)
    """Topic, partition and offset of each that was acknowledged."""
    kinds: Counter[int] = field(default_factory=Counter)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.servers, enable_idempotence=True, request_timeout_ms=10_000
            )
            try:
                await producer.start()
                while True:
                    await self._send(producer)
                    await asyncio.sleep(self.every)
            except (KafkaError, OSError):
                await asyncio.sleep(1.0)
            finally:
                await producer.stop()

    async def _send(self, producer: AIOKafkaProducer) -> None:
        kind = self.chance.randrange(len(_BAD))
        value, headers = _BAD[kind]
        name = topic(self.chance.choice(SERVICES), Role.COMMANDS)
        done = await producer.send_and_wait(name, value, key=f"poison-{uuid4()}".encode(), headers=headers)
        self.sent.append((done.topic, done.partition, done.offset))
        self.kinds[kind] += 1
