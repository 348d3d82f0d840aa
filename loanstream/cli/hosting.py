"""Which hosts a process runs for its services, and running them until it is told to stop."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from loanstream.cli.installation import Installation
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import Service
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.projector import Projector
from loanstream.runtime.reaction_host import ReactionHost


class Role(StrEnum):
    """What a process does for a service."""

    API = "api"
    DECIDER = "decider"
    ROUTER = "router"
    PROJECTOR = "projector"
    SENDER = "sender"
    ALL = "all"


class Host(Protocol):
    """What every host is."""

    name: str

    async def open(self) -> None:
        """Start."""
        ...

    async def step(self) -> bool:
        """One unit of work, and whether there was any."""
        ...

    async def close(self) -> None:
        """Stop in order."""
        ...

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """Positions at which new work will show."""
        ...


def make_hosts(installation: Installation, role: Role = Role.ALL) -> list[Host]:
    """The hosts of the installation's services, deciders first."""
    hosts: list[Host] = []
    for service in installation.services:
        hosts += _deciders(installation, service) if role in (Role.ALL, Role.DECIDER) else ()
    for service in installation.services:
        if role in (Role.ALL, Role.ROUTER):
            hosts.append(ReactionHost(service, installation.log, installation.store, installation.clock))
        handlers = service.effects(installation.kits[service.name])
        if handlers and role in (Role.ALL, Role.SENDER):
            hosts.append(EffectsHost(service, handlers, installation.log, installation.store, installation.clock))
        if role in (Role.ALL, Role.PROJECTOR):
            hosts.append(Projector(service, installation.log, installation.pool, installation.clock))
    return hosts


def _deciders(installation: Installation, service: Service) -> Iterable[Host]:
    for partition in range(installation.settings.partitions):
        yield DeciderHost(service, partition, installation.log, installation.clock, installation.store)
