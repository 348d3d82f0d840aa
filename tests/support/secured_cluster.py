"""A real Kafka node as an installation would secure it: TLS, SCRAM, client certificates, and the rights of every service.

Its plaintext listener on loopback, which its start waits for, stands for the cluster's administrator.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.access import Access, as_script
from tests.support.certificates import Authority, authority
from tests.support.kafka_cluster import LocalCluster, local_cluster

_PROPERTIES = """
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SASL_SSL://127.0.0.1:{signed},SSL://127.0.0.1:{certified}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{signed},SSL://127.0.0.1:{certified}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""

_TOOL = """#!/bin/sh
# the first call leaves its loaded classes to the others: each starts in half the time
if [ -f '{archive}' ]; then classes=SharedArchiveFile; else classes=ArchiveClassesAtExit; fi
exec {jvm} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable -XX:$classes='{archive}' \\
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn org.apache.kafka.tools.AclCommand "$@"
"""

_GRANT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class SecuredCluster:
    """A node whose clients sign in; every principal's password is ``<principal>-secret``."""

    local: LocalCluster
    authority: Authority
    folder: Path

    @property
    def signed(self) -> str:
        """Address of the listener with TLS and SCRAM."""
        return f"127.0.0.1:{self.local.port + 2}"

    @property
    def certified(self) -> str:
        """Address of the listener that knows clients by their certificates."""
        return f"127.0.0.1:{self.local.port + 3}"

    def of(self, principal: str) -> ClusterSettings:
        """The settings with which a principal signs in by password."""
        return ClusterSettings(
            servers=self.signed,
            protocol="SASL_SSL",
            user=principal,
            password=password(principal),
            ca_file=self.authority.file,
        )

    def by_certificate(self, principal: str) -> ClusterSettings:
        """The settings with which a principal signs in by a certificate of its own."""
        certificate, key = self.authority.sign(principal, self.folder)
        return ClusterSettings(
            servers=self.certified,
            protocol="SSL",
            ca_file=self.authority.file,
            certificate_file=certificate,
            key_file=key,
        )

    def grant(self, rights: Access) -> None:
        """Run the script of the rights with Kafka's own tool."""
        tool = self.folder / "kafka-acls.sh"
        tool.write_text(_TOOL.format(jvm=self.local.jvm, archive=self.folder / "classes.jsa"))
        tool.chmod(0o700)
        subprocess.run(
            ["sh", "-s", "--", "--bootstrap-server", self.local.servers],
            input=as_script(rights),
            env={**os.environ, "KAFKA_ACLS": str(tool)},
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=_GRANT_SECONDS,
        )


def password(principal: str) -> str:
    """The password of a principal."""
    return f"{principal}-secret"


@contextmanager
def secured_cluster(rights: Access) -> Iterator[SecuredCluster]:
    """A fresh node whose principals are those of ``rights``, with these rights and no others."""
    with tempfile.TemporaryDirectory(prefix="loanstream-kafka-keys-") as name:
        folder = Path(name)
        trusted = authority("test-authority", folder)
        certificate, key = trusted.sign("broker", folder, address="127.0.0.1")
        keystore = folder / "keystore.pem"
        keystore.write_bytes(key.read_bytes() + certificate.read_bytes())

        def properties(port: int) -> str:
            return _PROPERTIES.format(
                port=port,
                controller=port + 1,
                signed=port + 2,
                certified=port + 3,
                keystore=keystore,
                truststore=trusted.file,
            )

        users = " ".join(f"--add-scram 'SCRAM-SHA-512=[name={each},password={password(each)}]'" for each in rights)
        with local_cluster(properties=properties, format_arguments=users) as local:
            secured = SecuredCluster(local, trusted, folder)
            secured.grant(rights)
            yield secured
