"""How far a service's hosts are behind, in records and in seconds, as the log and the stores show it."""

from dataclasses import dataclass
from datetime import datetime

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.last_records import told_position
from loanstream.runtime.stores import HostStore
from schemas.topics import Role, topic


@dataclass(frozen=True, slots=True)
class Lag:
    """What one consumer has still to do on one partition."""

    consumer: str
    topic: str
    partition: int
    records: int
    seconds: float
    """Age of the oldest record that waits; 0 when none does."""
    error: str = ""
    """Why it stopped; empty while it runs."""


async def decider_lag(log: EventLog, service: str, now: datetime) -> list[Lag]:
    """Commands that wait for a decision: end of the commands topic less the position in the last outcome."""
    lags = []
    for number in range(await log.partitions(topic(service, Role.COMMANDS))):
        commands = TopicPartition(topic(service, Role.COMMANDS), number)
        position = await told_position(log, service, number) or 0
        lags.append(await _lag(log, f"{service}.decider", commands, position, now))
    return lags


async def consumer_lag(log: EventLog, store: HostStore, consumer: str, now: datetime) -> list[Lag]:
    """Events that wait for a router or reactor."""
    positions = await store.positions(consumer)
    return [await _lag(log, consumer, place, position, now) for place, position in sorted(positions.items())]


async def _lag(log: EventLog, consumer: str, place: TopicPartition, position: int, now: datetime) -> Lag:
    end = (await log.ends([place]))[place]
    behind = max(0, end - position)
    oldest = await log.read({place: max(position, await log.start(place))}, 1) if behind else []
    seconds = max(0.0, (now - oldest[0].time).total_seconds()) if oldest else 0.0
    return Lag(consumer, place.topic, place.partition, behind if oldest else 0, round(seconds, 3))
