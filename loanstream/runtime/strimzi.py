"""The rights on the cluster as ``KafkaUser`` resources of Strimzi, whose operator makes the users, their passwords and rights.

Source of the fields: Strimzi's API reference, ``kafka.strimzi.io/v1`` (Strimzi 0.49 and newer). Topics are not among them: they
are made by ``loanstream topics apply``, which also writes who they belong to, and an operator that knows no ``KafkaTopic`` of a
name leaves that topic alone.
"""

import json
from collections.abc import Iterable
from typing import Any

from loanstream.runtime.access import Access, Kind, Pattern, Right

API_VERSION = "kafka.strimzi.io/v1"
_KINDS = {
    Kind.TOPIC: "topic",
    Kind.GROUP: "group",
    Kind.TRANSACTIONAL_ID: "transactionalId",
    Kind.CLUSTER: "cluster",
}
_PATTERNS = {Pattern.LITERAL: "literal", Pattern.PREFIXED: "prefix"}


def as_manifests(given: Access, cluster: str, principal_prefix: str = "") -> str:
    """A JSON list of resources for ``kubectl apply``, one user with its rights for each principal, who signs in by SCRAM.

    ``cluster`` is the name of the ``Kafka`` resource. The operator makes a Secret of each user's name, with its ``password``.
    """
    users = [_user(f"{principal_prefix}{name}", cluster, rights) for name, rights in given.items()]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": users}, indent=2) + "\n"


def _user(name: str, cluster: str, rights: Iterable[Right]) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": {"strimzi.io/cluster": cluster}},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": [_rule(right) for right in rights]},
        },
    }


def _rule(right: Right) -> dict[str, Any]:
    # the cluster is one: a rule for it has no name
    named = {"name": right.name, "patternType": _PATTERNS[right.pattern]} if right.kind is not Kind.CLUSTER else {}
    return {
        "resource": {"type": _KINDS[right.kind], **named},
        "operations": [operation.value for operation in right.operations],
    }
