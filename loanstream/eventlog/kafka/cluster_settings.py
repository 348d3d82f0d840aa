"""How to reach a Kafka cluster: addresses, TLS and SASL, as every client of ours takes them."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


class ClusterSettingsRefused(ValueError):
    """The settings do not fit together, or name a file that cannot be used; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Where a cluster is and how a client signs in.

    ``servers`` are bootstrap addresses, ``host:port`` separated by commas. ``ca_file``, ``certificate_file`` and ``key_file``
    are PEM; without ``ca_file`` the system's certificate authorities are trusted. ``replication`` is the number of copies of
    topics that ``topics apply`` makes, ``in_sync`` how many of them must have a record before a write counts (0: one less
    than the copies, at least 1).
    """

    servers: str
    protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    check_hostname: bool = True
    replication: int = 1
    in_sync: int = 0

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ClusterSettingsRefused(f"protocol {self.protocol!r}: one of {', '.join(PROTOCOLS)}")
        if self.uses_sasl and self.mechanism not in MECHANISMS:
            raise ClusterSettingsRefused(f"SASL mechanism {self.mechanism!r}: one of {', '.join(MECHANISMS)}")
        if self.uses_sasl and not (self.user and self.password):
            raise ClusterSettingsRefused(f"protocol {self.protocol} needs a user and a password")

    @property
    def uses_sasl(self) -> bool:
        """Whether clients sign in with user and password."""
        return self.protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.protocol.endswith("SSL")

    @property
    def minimum_in_sync(self) -> int:
        """Copies that must have a record before a write counts."""
        return self.in_sync or max(1, self.replication - 1)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The context of encrypted connections. Raises :class:`ClusterSettingsRefused` for a file that cannot be used."""
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
            if self.certificate_file:
                context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise ClusterSettingsRefused(f"TLS files cannot be used: {error}") from None
        context.check_hostname = self.check_hostname
        return context

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments of every aiokafka client."""
        options: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.protocol}
        context = self.ssl_context()
        if context is not None:
            options["ssl_context"] = context
        if self.uses_sasl:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password
        return options
