"""The OpenAPI 3.1 document of each service, and of the whole application."""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.settings import Settings
from loanstream.vault.memory import MemoryVault
from schemas.topics import CONTEXTS
from services.registry import load


def document(services: Iterable[str] = CONTEXTS) -> dict[str, Any]:
    """The document of an application with these services, as one that runs answers it at ``/api/openapi.json``."""
    with tempfile.TemporaryDirectory() as folder:
        return application(services, Path(folder)).openapi()


def documents() -> Mapping[str, dict[str, Any]]:
    """A document a service, by its name."""
    return {name: document((name,)) for name in CONTEXTS}


def application(names: Iterable[str], folder: Path) -> FastAPI:
    """An application with the routes of some services on an empty log in memory; keys are made in ``folder``."""
    log, clock, settings = MemoryLog(), SystemClock(), Settings(data_dir=folder)
    services, issuer = load(names), LocalIssuer.open(folder)
    authenticator = Authenticator(issuer.verifier(), lambda: clock.now().timestamp())
    waiter = OutcomeWaiter(log, [service.name for service in services])
    kits = [
        HttpServiceKit(
            service.name,
            log=log,
            store=MemoryStore(),
            clock=clock,
            vault=MemoryVault(),
            waiter=waiter,
            authenticator=authenticator,
            settings=settings,
        )
        for service in services
    ]
    pairs = list(zip(services, kits, strict=True))
    return build_app(pairs, settings, authenticator, issuer=issuer, under_way=_nothing)


async def _nothing(_services: Collection[str]) -> Mapping[str, int]:
    return {}
