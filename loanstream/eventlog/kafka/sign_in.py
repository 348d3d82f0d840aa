"""Why a cluster does not let a client in, as a sentence. aiokafka's clients only say that they could not bootstrap."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.port import LogUnavailable

_DEFAULT_PORT = 9092

_Reason = Callable[[ClusterSettings, Any], str]


class SignInRefused(LogUnavailable):
    """No server of the cluster lets this client in; the text says why, server by server, and which setting to look at."""


async def check_sign_in(settings: ClusterSettings, seconds: float = 10.0) -> None:
    """Connect as every client would, to one server after the other until one lets us in; each has ``seconds`` to answer.

    Raises :class:`SignInRefused`, and :class:`~loanstream.eventlog.kafka.cluster_settings.ClusterSettingsRefused`.
    """
    options = settings.client_options()
    reasons = []
    for server in options.pop("bootstrap_servers").split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            async with asyncio.timeout(seconds):
                connection = await create_conn(
                    host, int(port or _DEFAULT_PORT), request_timeout_ms=round(seconds * 1000), **options
                )
        except (OSError, KafkaError, TimeoutError) as error:
            reasons.append(f"Kafka at {server.strip()}: {_reason(settings, error)}")
        else:
            connection.close()
            return
    raise SignInRefused("; ".join(reasons))


def _reason(settings: ClusterSettings, error: BaseException) -> str:
    found = next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)
    return found(settings, error) if found else f"{type(error).__name__}: {error}"


def _untrusted(_settings: ClusterSettings, error: ssl.SSLCertVerificationError) -> str:
    return (
        f"its certificate is not trusted ({error.verify_message}): LOANSTREAM_KAFKA_CA_FILE names the authority that signed it,"
        " and LOANSTREAM_KAFKA_SERVERS the names that it is made for"
    )


def _refused(settings: ClusterSettings, _error: Exception) -> str:
    return f"it does not know user {settings.user!r} with this password: check LOANSTREAM_KAFKA_USER and LOANSTREAM_KAFKA_PASSWORD"


def _other_mechanism(settings: ClusterSettings, _error: Exception) -> str:
    return f"it does not offer {settings.mechanism}: check LOANSTREAM_KAFKA_MECHANISM"


def _other_protocol(settings: ClusterSettings, _error: Exception) -> str:
    return (
        f"it closes the connection without a word: it expects something else than {settings.protocol}"
        " (LOANSTREAM_KAFKA_PROTOCOL), or a client certificate (LOANSTREAM_KAFKA_CERTIFICATE_FILE)"
    )


def _silent(_settings: ClusterSettings, _error: Exception) -> str:
    return "it does not answer in time: check LOANSTREAM_KAFKA_SERVERS and the way there"


def _unreachable(_settings: ClusterSettings, error: OSError) -> str:
    return f"it cannot be reached ({error.strerror or error}): check LOANSTREAM_KAFKA_SERVERS"


_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], _Reason], ...] = (
    (ssl.SSLCertVerificationError, _untrusted),
    (SaslAuthenticationFailed, _refused),
    (UnsupportedSaslMechanismError, _other_mechanism),
    ((KafkaConnectionError, ConnectionResetError, BrokenPipeError, ssl.SSLError), _other_protocol),
    (TimeoutError, _silent),
    (OSError, _unreachable),
)
"""The first that fits is told."""
