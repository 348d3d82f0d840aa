"""What the coordination of a consumer's group met: aiokafka tries again only when a poll has taken the error.

Who never polls, or polls past it, must take it here, or one error keeps the member out of its group for good.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError


def heard(consumer: AIOKafkaConsumer) -> Exception | None:
    """The error that the coordination waits with, taken, so that it goes on; ``None`` while nothing is wrong."""
    coordinator: Any = consumer._coordinator
    if coordinator is None:
        return None  # it is being started
    try:
        coordinator.check_errors()
    except KafkaError as error:
        met: Exception = error
        return met
    return None


def has_ended(consumer: AIOKafkaConsumer) -> bool:
    """Whether the coordination will not go on by itself: the consumer is of no use any more."""
    return consumer._coordinator is not None and consumer._coordinator._coordination_task.done()
