"""What the coordination of a consumer's group met: aiokafka tries again only when a poll has taken the error.

Who never polls, or polls past it, must take it here, or one error keeps the member out of its group for good.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer


def heard(consumer: AIOKafkaConsumer) -> Exception | None:
    """The error that the coordination waits with, taken, so that it goes on; ``None`` while nothing is wrong."""
    coordinator: Any = consumer._coordinator
    if coordinator is None:
        return None  # it is being started
    try:
        coordinator.check_errors()
    except Exception as error:
        return error
    return None


def has_ended(consumer: AIOKafkaConsumer) -> bool:
    """Whether the coordination will not go on by itself: the consumer is of no use any more.

    Its heartbeat, once it has failed, is begun anew at the next rebalance only, and nothing asks for one.
    """
    coordinator: Any = consumer._coordinator
    if coordinator is None:
        return False
    heartbeat = coordinator._heartbeat_task
    failed = heartbeat is not None and heartbeat.done() and not heartbeat.cancelled() and heartbeat.exception()
    return bool(failed) or coordinator._coordination_task.done()
