"""Which hosts a process runs for its services, and running them until it is told to stop."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from loanstream.cli.installation import Installation
from loanstream.cli.role import Role
from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.consuming import Ownership
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.definitions import Service
from loanstream.runtime.effects_host import EffectsHost, SendingRules
from loanstream.runtime.postgres_store import PostgresStore
from loanstream.runtime.projector import Projector
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.scheduler import PostgresLeadership, Scheduler, days_of_read_models
from loanstream.runtime.tracing import Tracer
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


class NothingToRun(Exception):
    """A role for which none of the services has a host; the text says which role it has instead."""


def make_hosts(installation: Installation, role: Role = Role.ALL, tracer: Tracer | None = None) -> list[Host]:
    """The hosts that a role has for the installation's services, deciders first; ``tracer`` makes their spans.

    Raises :class:`NothingToRun`.
    """
    if role is Role.API:
        return []
    roles = _HOSTS if role is Role.ALL else (role,)
    hosts = [
        host
        for each in roles
        for service in installation.services
        for host in _HOSTS[each](installation, service, tracer)
    ]
    if not hosts:
        names = " and ".join(service.name for service in installation.services)
        raise NothingToRun(f"--role {role} has nothing to do for {names}: {_INSTEAD[role]}")
    return hosts


def _deciders(installation: Installation, service: Service, tracer: Tracer | None) -> Iterable[Host]:
    log, clock, partitions = installation.log, installation.clock, installation.settings.partitions
    ownership = Ownership(
        log.membership(f"{service.name}.decider", topic(service.name, TopicRole.COMMANDS)), partitions
    )
    for partition in range(partitions):
        yield OwnedDecider(
            DeciderHost(service, partition, log, clock, installation.store, tracer=tracer), ownership, clock
        )
    yield Trimmer(service.name, log, clock)


def _router(installation: Installation, service: Service, tracer: Tracer | None) -> Iterable[Host]:
    if not service.is_reactor:
        yield _reactions(installation, service, tracer)


def _reactor(installation: Installation, service: Service, tracer: Tracer | None) -> Iterable[Host]:
    """On Kafka under Faust, the same reactions as in the embedded host elsewhere."""
    cluster = installation.settings.kafka
    if service.is_reactor and cluster is None:
        yield _reactions(installation, service, tracer)
    elif service.is_reactor and cluster is not None:
        # imported here: only a process that runs one pays for the framework
        from loanstream.runtime.faust_reactor.guard import HURRIED_LOCK_SECONDS, LOCK_SECONDS
        from loanstream.runtime.faust_reactor.host import ReactorHost
        from loanstream.runtime.faust_reactor.reactor import Reactor

        store, hurried = (PostgresStore(installation.pool, wait) for wait in (LOCK_SECONDS, HURRIED_LOCK_SECONDS))
        yield ReactorHost(
            Reactor(service, cluster, store, installation.clock, hurried=hurried, name=service.consumer, tracer=tracer)
        )


def _reactions(installation: Installation, service: Service, tracer: Tracer | None) -> Host:
    membership = installation.log.membership(service.consumer, topic(service.name, TopicRole.EVENTS))
    return ReactionHost(
        service, installation.log, installation.store, installation.clock, membership=membership, tracer=tracer
    )


def _sender(installation: Installation, service: Service, tracer: Tracer | None) -> Iterable[Host]:
    handlers = service.effects(installation.kits[service.name])
    if handlers:
        lease = installation.settings.effect_lease_seconds
        rules = SendingRules(lease=timedelta(seconds=lease), timeout=min(SendingRules().timeout, lease / 2))
        yield EffectsHost(
            service, handlers, installation.log, installation.store, installation.clock, rules=rules, tracer=tracer
        )


def _projector(installation: Installation, service: Service, _tracer: Tracer | None) -> Iterable[Host]:
    membership = installation.log.membership(f"{service.name}.projector", topic(service.name, TopicRole.EVENTS))
    yield Projector(service, installation.log, installation.pool, installation.clock, membership=membership)


def _scheduler(installation: Installation, service: Service, _tracer: Tracer | None) -> Iterable[Host]:
    settings = installation.settings
    if settings.business_day == "clock" and not service.follows_days:
        yield Scheduler(
            installation.log,
            installation.clock,
            days_of_read_models(installation.pool),
            PostgresLeadership(installation.pool),
            calendar=settings.calendar,
            zone=settings.zone,
        )


_HOSTS: Mapping[Role, Callable[[Installation, Service, Tracer | None], Iterable[Host]]] = {
    Role.DECIDER: _deciders,
    Role.ROUTER: _router,
    Role.REACTOR: _reactor,
    Role.SENDER: _sender,
    Role.PROJECTOR: _projector,
    Role.SCHEDULER: _scheduler,
}

_INSTEAD: Mapping[Role, str] = {
    Role.ROUTER: "a reactor handles its events, take --role reactor",
    Role.REACTOR: "a router handles its events, take --role router",
    Role.SENDER: "it sends nothing to the outside",
    Role.SCHEDULER: "servicing opens the business days, and only with LOANSTREAM_BUSINESS_DAY=clock",
}
"""Why a role can have no host, and what to do."""
