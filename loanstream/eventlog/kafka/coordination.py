"""What the coordination of a consumer's group met: aiokafka tries again only when a poll has taken the error.

Who never polls, or polls past it, must take it here, or one error keeps the member out of its group for good.

And a member that leads its group hands out the partitions that it knows of: one that has joined through a broker which has just
come back knows of none, and all would stand idle until somebody's metadata are too old. So nothing is handed out before all is
known.
"""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import UnknownTopicOrPartitionError


class WholeTopics(RoundRobinPartitionAssignor):  # type: ignore[misc]
    """Partitions in turn 轮流分配, and none of any topic while one of the topics is unknown."""

    @classmethod
    def assign(cls, cluster: ClusterMetadata, members: Mapping[str, Any]) -> Any:
        """What each member gets. Raises ``UnknownTopicOrPartitionError``: see :func:`heard`."""
        wanted = {name for member in members.values() for name in member.subscription}
        unknown = sorted(name for name in wanted if not cluster.partitions_for_topic(name))
        if unknown:
            raise UnknownTopicOrPartitionError(f"no broker has told of {', '.join(unknown)} yet")
        return super().assign(cluster, members)


def heard(consumer: AIOKafkaConsumer) -> Exception | None:
    """The error that the coordination waits with, taken, so that it goes on; ``None`` while nothing is wrong.

    It may come of what this member knows of the cluster: that is asked anew before it goes on.
    """
    coordinator: Any = consumer._coordinator
    if coordinator is None:
        return None  # it is being started
    try:
        coordinator.check_errors()
    except Exception as error:
        consumer._client.force_metadata_update()
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
