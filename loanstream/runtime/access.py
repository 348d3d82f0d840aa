"""Who may do what on a Kafka cluster: the access rights of every service, derived from what it hosts.

A service writes its own topics only and reads, besides them, the events of the contexts that its reactions and projections
name; of other topics it does not even learn that they exist. A process signs in as the service that it runs, or as ``api``
where it answers HTTP for all of them and runs none. Rights are additive: what stands here is allowed, everything else is
refused (the cluster needs an authorizer, and ``allow.everyone.if.no.acl.found=false``, which is the default).
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from loanstream.runtime.definitions import Service
from loanstream.runtime.projecting import Projecting
from loanstream.runtime.reacting import plan
from schemas.topics import CONTEXTS, Role, topic

API_PRINCIPAL = "api"
"""Who runs ``loanstream serve … --role api`` for every service: sends commands, reads the rest, decides nothing."""

TOPICS_PRINCIPAL = "topics"
"""Who runs ``loanstream topics apply``."""

AUDIT_PRINCIPAL = "audit"
"""Who runs ``loanstream audit verify``: reads everything, writes nothing."""

ALL_TOPICS = "loanstream."
"""What the names of all our topics begin with."""

IDENTITIES = "loanstream-topics-"
"""What the transactional ids begin with under which identities are written."""


class Kind(StrEnum):
    """What a right is about."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """What it allows; names are Kafka's. ``Read`` and ``Write`` imply ``Describe``."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DELETE = "Delete"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


class Pattern(StrEnum):
    """How the name of a right is meant."""

    LITERAL = "literal"
    PREFIXED = "prefixed"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a principal may do, and what for."""

    kind: Kind
    name: str
    pattern: Pattern
    operations: tuple[Operation, ...]
    why: str


Access = Mapping[str, tuple[Right, ...]]
"""Rights by the name of the principal, without the prefix that an installation may give to all its principals."""

_READ = (Operation.READ, Operation.DESCRIBE_CONFIGS)
"""A start checks what it reads: identity, retention."""
_READ_WRITE = (Operation.READ, Operation.WRITE, Operation.DESCRIBE_CONFIGS)
_OWN_TOPICS = {
    Role.COMMANDS: (
        (*_READ_WRITE, Operation.DELETE),
        "API, routers, senders and the scheduler send; deciders read, continue a business day, and drop what is decided and old",
    ),
    Role.EVENTS: (_READ_WRITE, "deciders write and fold; routers, projectors and the API read"),
    Role.OUTCOMES: (_READ_WRITE, "deciders write and find their place; projectors and the API read"),
    Role.DEADLETTERS: (_READ_WRITE, "deciders and reactors write; projectors read"),
}


def access(services: Iterable[Service]) -> Access:
    """The rights of each service, of an API for all of them, of who makes the topics, and of auditors."""
    return {
        **{service.name: tuple(_of_service(service)) for service in services},
        API_PRINCIPAL: tuple(_of_api()),
        TOPICS_PRINCIPAL: tuple(_of_topics()),
        AUDIT_PRINCIPAL: tuple(_of_audit()),
    }


def transactional_prefix(service: str) -> str:
    """What the transactional ids of a service's producers begin with."""
    return f"{service}-"


def group_prefix(service: str) -> str:
    """What the names of a service's consumer groups begin with."""
    return f"{service}."


def topics_of(service: Service) -> tuple[str, ...]:
    """The topics that a service knows of: its own, and those of other services whose events it reads."""
    return tuple(right.name for right in _of_service(service) if right.kind is Kind.TOPIC)


def as_json(given: Access) -> str:
    """The rights as data, for review and for other tools: a line each, so that a difference shows what changed."""
    parts = (
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(asdict(right))}" for right in rights) + "\n  ]"
        for name, rights in given.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def as_script(given: Access, principal_prefix: str = "") -> str:
    """A shell script that grants the rights with Kafka's own tool; its arguments say where the cluster is.

    Granting twice changes nothing. Nothing is ever taken away: a right that a release no longer needs stays until it is removed.
    """
    lines = [
        "#!/bin/sh",
        "# Grants every service its rights. Arguments go to kafka-acls.sh as they are:",
        "#   --bootstrap-server HOST:PORT --command-config ADMIN.properties",
        "set -eu",
        "",
    ]
    for name, rights in given.items():
        lines += [_command(f"User:{principal_prefix}{name}", *group) for group in _alike(rights).items()]
    return "\n".join(lines) + "\n"


def _of_service(service: Service) -> Iterator[Right]:
    own = {topic(service.name, role): given for role, given in _OWN_TOPICS.items()}
    for name, (operations, why) in own.items():
        yield Right(Kind.TOPIC, name, Pattern.LITERAL, operations, why)
    reacted, projected = set(plan(service, 1).topics), set(Projecting(service).topics)
    for name in sorted((reacted | projected) - own.keys()):
        readers = " and ".join(
            reader for reader, topics in (("reactions", reacted), ("read models", projected)) if name in topics
        )
        yield Right(Kind.TOPIC, name, Pattern.LITERAL, _READ, f"{readers} name its events")
    yield _transactions(transactional_prefix(service.name), "the fenced commits of deciders")
    yield Right(
        Kind.GROUP,
        group_prefix(service.name),
        Pattern.PREFIXED,
        (Operation.READ,),
        "who owns which partition",
    )


def _of_api() -> Iterator[Right]:
    for context in CONTEXTS:
        yield Right(
            Kind.TOPIC, topic(context, Role.COMMANDS), Pattern.LITERAL, _READ_WRITE, "sends commands, shows lag"
        )
        for role, why in (
            (Role.EVENTS, "shows and streams events"),
            (Role.OUTCOMES, "waits for what became of a command"),
            (Role.DEADLETTERS, "shows how far read models are behind"),
        ):
            yield Right(Kind.TOPIC, topic(context, role), Pattern.LITERAL, _READ, why)


def _of_topics() -> Iterator[Right]:
    making = (Operation.CREATE, *_READ)
    yield Right(Kind.TOPIC, ALL_TOPICS, Pattern.PREFIXED, making, "makes topics, and checks what is there")
    for context in CONTEXTS:
        for role in (Role.EVENTS, Role.OUTCOMES):
            why = "writes the identity at the start of each partition"
            yield Right(Kind.TOPIC, topic(context, role), Pattern.LITERAL, (Operation.WRITE,), why)
    yield _transactions(IDENTITIES, "writes identities all or none")
    checks = "checks that brokers do not create topics by themselves"
    yield Right(Kind.CLUSTER, "kafka-cluster", Pattern.LITERAL, (Operation.DESCRIBE_CONFIGS,), checks)


def _of_audit() -> Iterator[Right]:
    yield Right(Kind.TOPIC, ALL_TOPICS, Pattern.PREFIXED, _READ, "verifies what is kept, from the start")


def _transactions(prefix: str, why: str) -> Right:
    operations = (Operation.WRITE, Operation.DESCRIBE)
    return Right(Kind.TRANSACTIONAL_ID, prefix, Pattern.PREFIXED, operations, why)


def _alike(rights: Iterable[Right]) -> dict[tuple[Kind, Pattern, tuple[Operation, ...]], list[str]]:
    """Names of the rights that one call of the tool can grant."""
    groups: dict[tuple[Kind, Pattern, tuple[Operation, ...]], list[str]] = {}
    for right in rights:
        groups.setdefault((right.kind, right.pattern, right.operations), []).append(right.name)
    return groups


def _command(principal: str, alike: tuple[Kind, Pattern, tuple[Operation, ...]], names: Iterable[str]) -> str:
    kind, pattern, operations = alike
    words = ["--add", "--allow-principal", principal, "--resource-pattern-type", pattern.value]
    for operation in operations:
        words += ["--operation", operation.value]
    for name in names:
        words += [f"--{kind.value}"] if kind is Kind.CLUSTER else [f"--{kind.value}", name]
    return f'"${{KAFKA_ACLS:-kafka-acls.sh}}" "$@" {shlex.join(words)}'
