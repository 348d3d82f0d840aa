"""How a Faust worker signs in to the cluster: the same settings that every aiokafka client has."""

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings


def faust_credentials(cluster: ClusterSettings) -> Credentials | None:
    """``broker_credentials`` of a Faust app; ``None`` for a cluster that asks for none.

    Raises :class:`~loanstream.eventlog.kafka.cluster_settings.ClusterSettingsRefused` for a TLS file that cannot be used.
    """
    context = cluster.ssl_context()
    if cluster.uses_sasl:
        return SASLCredentials(
            username=cluster.user, password=cluster.password, ssl_context=context, mechanism=cluster.mechanism
        )
    return SSLCredentials(context) if context else None
