"""Which hosts a process runs for a service and a role."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from loanstream.cli.hosting import NothingToRun, make_hosts
from loanstream.cli.role import Role
from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.settings import Settings
from schemas.topics import CONTEXTS
from services.registry import load


def hosts(names: Sequence[str], role: Role, **settings: Any) -> Iterator[str]:
    """Names of the hosts; nothing of them runs."""
    services = load(names)
    kit = SimpleNamespace(ports=dict.fromkeys(("smtp", "webhook", "bank")), vault=None, clock=None)
    installation: Any = SimpleNamespace(
        settings=replace(Settings(partitions=2), **settings),
        log=MemoryLog(),
        clock=SystemClock(),
        pool=None,
        store=MemoryStore(),
        services=services,
        kits=dict.fromkeys(names, kit),
    )
    return (host.name for host in make_hosts(installation, role))


def test_every_role_of_a_service_together_is_all_of_it() -> None:
    alone = set()
    for role in set(Role) - {Role.ALL}:
        alone |= set(hosts(CONTEXTS, role, business_day="clock"))
    assert alone == set(hosts(CONTEXTS, Role.ALL, business_day="clock"))


@pytest.mark.parametrize(
    ("service", "role", "expected"),
    [
        ("servicing", Role.DECIDER, ["servicing.decider.0", "servicing.decider.1", "servicing.trimmer"]),
        ("servicing", Role.ROUTER, ["servicing.router"]),
        ("risk", Role.REACTOR, ["risk.reactor"]),
        ("notify", Role.REACTOR, ["notify.reactor"]),
        ("notify", Role.SENDER, ["notify.effects"]),
        ("origination", Role.PROJECTOR, ["origination.projector"]),
        ("servicing", Role.SCHEDULER, ["scheduler"]),
        ("servicing", Role.API, []),
    ],
)
def test_a_role_runs_its_hosts_and_nothing_else(service: str, role: Role, expected: list[str]) -> None:
    assert list(hosts([service], role, business_day="clock")) == expected


@pytest.mark.parametrize(
    ("service", "role", "why"),
    [
        ("risk", Role.ROUTER, "risk: a reactor handles its events, take --role reactor"),
        ("funding", Role.REACTOR, "take --role router"),
        ("servicing", Role.SENDER, "sends nothing"),
        ("risk", Role.SCHEDULER, "servicing opens the business days"),
    ],
)
def test_a_role_that_a_service_does_not_have_is_refused_and_the_right_one_named(
    service: str, role: Role, why: str
) -> None:
    with pytest.raises(NothingToRun, match=why):
        hosts([service], role, business_day="clock")


def test_without_the_clock_no_scheduler_runs() -> None:
    assert "scheduler" not in hosts(CONTEXTS, Role.ALL, business_day="manual")
    with pytest.raises(NothingToRun, match="LOANSTREAM_BUSINESS_DAY=clock"):
        hosts(["servicing"], Role.SCHEDULER, business_day="manual")
