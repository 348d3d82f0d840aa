"""The routes of every shipped service: none is open, what changes something needs more than a permission to read."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.openapi import routes_of
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.roles import roles
from loanstream.runtime.settings import Settings
from loanstream.vault.memory import MemoryVault
from services.registry import load

BY_BODY = {"/api/origination/contracts/{contract_id}/signatures"}
"""Routes whose permission depends on the body: which side signs. Origination's own tests hold them."""

QUESTIONS = {"/api/servicing/quotes", "/api/servicing/simulations"}
"""Questions with a body: nothing is stored."""

READS = ("read", "read-events", "read-lag", "read-dead-letters", "read-personal-data")


@pytest.fixture(scope="module")
def app(data_dir: Path) -> FastAPI:
    """The application with every service."""
    log, clock, settings = MemoryLog(), SystemClock(), Settings(data_dir=data_dir)
    services = load()
    issuer = LocalIssuer.open(data_dir)
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
    return build_app(list(zip(services, kits, strict=True)), settings, authenticator, issuer=issuer)


def test_no_route_of_a_service_is_open(app: FastAPI) -> None:
    routes = [(m, p, asked) for m, p, asked in routes_of(app) if p.startswith("/api/") and "/auth/" not in p]
    assert len(routes) > 50
    for method, path, asked in routes:
        if path == app.openapi_url:
            continue
        assert asked is not None, f"{method} {path}"
        assert asked.permission is not None, f"{method} {path} is public"
        assert asked.permission or path.endswith("/outcomes/{command_id}"), f"{method} {path}"


def test_what_changes_something_needs_more_than_a_permission_to_read(app: FastAPI) -> None:
    for method, path, asked in routes_of(app):
        if method not in ("GET", "HEAD") and path not in BY_BODY | QUESTIONS and asked is not None and asked.permission:
            assert asked.permission.split(":")[1] not in READS, f"{method} {path} needs only {asked.permission}"


def test_every_permission_to_change_is_asked_for_somewhere(app: FastAPI) -> None:
    """But for the two that a body decides about, and the one that is an alternative to the platform's."""
    asked = {permission.permission for _, _, permission in routes_of(app) if permission is not None}
    unused = {p for p in roles().permissions if p not in asked and p.split(":")[1] not in READS}
    tiers = {"servicing:waive-large", "servicing:waive-any"}  # how much one route lets whom waive
    assert unused - tiers == {"origination:sign-as-borrower", "origination:sign-as-lender", "servicing:release-hold"}


def test_the_document_of_all_services_can_be_made(app: FastAPI) -> None:
    document = app.openapi()
    assert len(document["paths"]) > 50
    identifiers = [o["operationId"] for operations in document["paths"].values() for o in operations.values()]
    assert len(identifiers) == len(set(identifiers))
