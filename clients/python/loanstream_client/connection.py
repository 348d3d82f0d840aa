"""How to reach the cluster: addresses, TLS, user and password."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


class ConnectionRefused(ValueError):
    """The settings do not fit together, or name a file that cannot be used; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Addresses and credentials.

    ``servers`` are bootstrap addresses, ``host:port`` separated by commas. The three files are PEM; without ``ca_file`` the
    system's certificate authorities are trusted. ``certificate_file`` and ``key_file`` sign in with protocol ``SSL``, user and
    password with the SASL protocols.
    """

    servers: str
    protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ConnectionRefused(f"protocol {self.protocol!r}: one of {', '.join(PROTOCOLS)}")
        if self._signs_in and self.mechanism not in MECHANISMS:
            raise ConnectionRefused(f"mechanism {self.mechanism!r}: one of {', '.join(MECHANISMS)}")
        if self._signs_in and not (self.user and self.password):
            raise ConnectionRefused(f"protocol {self.protocol} needs a user and a password")

    @property
    def _signs_in(self) -> bool:
        return self.protocol.startswith("SASL_")

    def options(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients. Raises :class:`ConnectionRefused` for a file that cannot be used."""
        options: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.protocol}
        if self.protocol.endswith("SSL"):
            options["ssl_context"] = self._tls()
        if self._signs_in:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password
        return options

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
            if self.certificate_file:
                context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise ConnectionRefused(f"TLS files cannot be used: {error}") from error
        return context


VARIABLES = {
    "LOANSTREAM_KAFKA_SERVERS": "servers",
    "LOANSTREAM_KAFKA_PROTOCOL": "protocol",
    "LOANSTREAM_KAFKA_MECHANISM": "mechanism",
    "LOANSTREAM_KAFKA_USER": "user",
    "LOANSTREAM_KAFKA_PASSWORD": "password",
    "LOANSTREAM_KAFKA_CA_FILE": "ca_file",
    "LOANSTREAM_KAFKA_CERTIFICATE_FILE": "certificate_file",
    "LOANSTREAM_KAFKA_KEY_FILE": "key_file",
}
"""Environment variables of a connection; each ``NAME`` can be given as ``NAME_FILE``, the path of a file with the value."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection that the environment names; 127.0.0.1:9092 without any. Raises :class:`ConnectionRefused`."""
    found: dict[str, Any] = {"servers": "127.0.0.1:9092"}
    for variable, name in VARIABLES.items():
        value = environment.get(variable) or _from_file(variable, environment.get(f"{variable}_FILE"))
        if value:
            found[name] = Path(value) if name.endswith("_file") else value
    return Connection(**found)


def _from_file(variable: str, path: str | None) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        raise ConnectionRefused(f"{variable}_FILE: {error}") from error
