"""Which hosts a process runs for its services, and running them until it is told to stop."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from loanstream.cli.installation import Installation
from loanstream.cli.role import Role
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.definitions import EffectHandler, Service
from loanstream.runtime.effects_host import EffectsHost, SendingRules
from loanstream.runtime.projector import Projector
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.scheduler import PostgresLeadership, Scheduler, days_of_read_models
from loanstream.runtime.trimming import Trimmer
from schemas.topics import Role as TopicRole
from schemas.topics import topic


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
        if role in (Role.ALL, Role.DECIDER):
            hosts += _deciders(installation, service)
            hosts.append(Trimmer(service.name, installation.log, installation.clock))
    for service in installation.services:
        if role in (Role.ALL, Role.ROUTER):
            hosts.append(_router(installation, service))
        handlers = service.effects(installation.kits[service.name])
        if handlers and role in (Role.ALL, Role.SENDER):
            hosts.append(_sender(installation, service, handlers))
        if role in (Role.ALL, Role.PROJECTOR):
            hosts.append(_projector(installation, service))
    if role is Role.ALL and installation.settings.business_day == "clock" and _leads_days(installation):
        hosts.append(_scheduler(installation))
    return hosts


def _sender(installation: Installation, service: Service, handlers: Mapping[str, EffectHandler]) -> Host:
    lease = installation.settings.effect_lease_seconds
    rules = SendingRules(lease=timedelta(seconds=lease), timeout=min(SendingRules().timeout, lease / 2))
    return EffectsHost(service, handlers, installation.log, installation.store, installation.clock, rules=rules)


def _deciders(installation: Installation, service: Service) -> Iterable[Host]:
    log, clock, partitions = installation.log, installation.clock, installation.settings.partitions
    ownership = Ownership(
        log.membership(f"{service.name}.decider", topic(service.name, TopicRole.COMMANDS)), partitions
    )
    for partition in range(partitions):
        yield OwnedDecider(DeciderHost(service, partition, log, clock, installation.store), ownership, clock)


def _router(installation: Installation, service: Service) -> Host:
    membership = installation.log.membership(f"{service.name}.router", topic(service.name, TopicRole.EVENTS))
    return ReactionHost(service, installation.log, installation.store, installation.clock, membership=membership)


def _projector(installation: Installation, service: Service) -> Host:
    membership = installation.log.membership(f"{service.name}.projector", topic(service.name, TopicRole.EVENTS))
    return Projector(service, installation.log, installation.pool, installation.clock, membership=membership)


def _leads_days(installation: Installation) -> bool:
    return any(not service.follows_days for service in installation.services)


def _scheduler(installation: Installation) -> Host:
    settings = installation.settings
    return Scheduler(
        installation.log,
        installation.clock,
        days_of_read_models(installation.pool),
        PostgresLeadership(installation.pool),
        calendar=settings.calendar,
        zone=settings.zone,
    )
