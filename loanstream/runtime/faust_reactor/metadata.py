"""What a cluster says of its topics, asked once before a reactor starts."""

from collections.abc import Iterable, Mapping

from aiokafka.client import AIOKafkaClient

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.port import UnknownTopic
from loanstream.eventlog.refusals import unknown_topic


async def topic_sizes(cluster: ClusterSettings) -> Mapping[str, int]:
    """The number of partitions of every topic. Raises aiokafka's errors when no broker answers."""
    client = AIOKafkaClient(**cluster.client_options(), client_id="loanstream-reactor")
    try:
        await client.bootstrap()
        found = await client.fetch_all_metadata()
        return {name: len(found.partitions_for_topic(name) or ()) for name in found.topics()}
    finally:
        await client.close()


def check_exist(sizes: Mapping[str, int], topics: Iterable[str]) -> None:
    """Raise :class:`UnknownTopic` for the first that does not exist: Faust would wait for it without a word."""
    for topic in topics:
        if topic not in sizes:
            raise UnknownTopic(unknown_topic(topic))
