"""Faust apps as reactors need them: every setting in one place."""

import faust

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.faust_credentials import faust_credentials
from loanstream.runtime.faust_reactor.pinned import Begin, pin

_MOST_IN_REQUEST = 1_000_000
"""Bytes of a request: above the largest record of ours, below what brokers take by default."""


class _App(faust.App):
    def _create_directories(self) -> None:
        """Reactors keep nothing on disk."""


def reactor_app(name: str, cluster: ClusterSettings, begin: Begin | None = None) -> faust.App:
    """A pinned app whose group is ``name``. Must be called in the event loop that runs it; can be started once."""
    app = _App(
        name,
        broker=[f"kafka://{server.strip()}" for server in cluster.servers.split(",")],
        broker_credentials=faust_credentials(cluster),
        autodiscover=False,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_session_timeout=6,
        broker_heartbeat_interval=2,
        broker_rebalance_timeout=30,
        broker_request_timeout=15,
        broker_max_poll_records=500,
        broker_commit_interval=0.5,
        broker_commit_every=200,
        consumer_auto_offset_reset="earliest",  # never used: see the reactor's positions
        stream_wait_empty=True,
        producer_linger=0,
        producer_acks=-1,
        producer_request_timeout=15,
        producer_max_batch_size=_MOST_IN_REQUEST // 2,
        producer_max_request_size=_MOST_IN_REQUEST,
    )
    pin(app, begin)
    return app


def raw_topic(app: faust.App, *names: str) -> faust.TopicT:
    """Topics whose keys and values are handed over as they are: a codec would lose the records that it cannot read."""
    return app.topic(*names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
