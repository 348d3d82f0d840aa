"""What every adapter says when it refuses: one wording, one place."""

from loanstream.eventlog.port import LogError, TopicDefinition, TopicPartition


def check_trimmable(definition: TopicDefinition) -> None:
    """Raises :class:`LogError` for a topic that keeps its records for ever."""
    if definition.retention is None:
        raise LogError(
            f"topic {definition.name} keeps its records for ever: only topics with a retention can be trimmed"
        )


def out_of_range(place: TopicPartition, position: int, start: int) -> str:
    """Sentence of :class:`OffsetOutOfRange`."""
    return f"{place.topic} partition {place.partition} starts at {start}; position {position} is no longer kept"


def unknown_topic(topic: str) -> str:
    """Sentence of :class:`UnknownTopic`."""
    return f"topic {topic!r} does not exist: run `loanstream topics apply`"


def unknown_partition(definition: TopicDefinition, partition: int) -> str:
    """Sentence of :class:`UnknownTopic` for a partition that the topic does not have."""
    return f"topic {definition.name!r} has partitions 0 to {definition.partitions - 1}, not {partition}"


def taken_over(owner: str, partition: int) -> str:
    """Sentence of :class:`Fenced`."""
    return f"another writer of {owner} took partition {partition} over"


def writer_closed(owner: str, partition: int) -> str:
    """Sentence of :class:`Fenced` for a writer that was closed here."""
    return f"this writer of {owner} partition {partition} was closed: open another"
