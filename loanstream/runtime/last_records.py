"""The last record of a partition, and where the last outcome says that its decider stands: looked up, not folded."""

from loanstream.eventlog.port import EventLog, Record, TopicPartition
from loanstream.runtime.messages import is_identity
from schemas.outcomes import decode_outcome
from schemas.topics import Role, topic

_MARKERS = 3
"""How many offsets below the end the last record may stand: transaction markers take some on Kafka."""


async def last_record(log: EventLog, place: TopicPartition) -> Record | None:
    """The newest record of a partition; ``None`` when it holds none."""
    end = (await log.ends([place]))[place]
    last, position = None, max(0, end - _MARKERS)
    while position < end and (records := await log.read({place: position}, _MARKERS)):
        last, position = records[-1], records[-1].offset + 1
    return last


async def told_position(log: EventLog, service: str, partition: int) -> int | None:
    """Offset of the command that a decider takes next, by its last outcome; ``None`` where no outcome tells."""
    last = await last_record(log, TopicPartition(topic(service, Role.OUTCOMES), partition))
    return None if last is None or is_identity(last) else decode_outcome(last.value).position + 1
